import type { ByteWriter } from "../byte-writer.ts";

/** What JSON has a short escape for. Source: RFC 8259 §7. */
const shortEscapes: Readonly<Record<number, string>> = {
  8: "\\b",
  9: "\\t",
  10: "\\n",
  12: "\\f",
  13: "\\r",
  34: '\\"',
  92: "\\\\",
};

/** UTF-8 as a JSON text in quotes: runs of bytes that need no escape are copied whole. */
export function writeJsonText(data: Uint8Array, start: number, end: number, out: ByteWriter): void {
  out.byte(0x22);
  let from = start;
  for (let at = start; at < end; at++) {
    const byte = data[at];
    if (byte >= 0x20 && byte !== 0x22 && byte !== 0x5c) continue;
    out.bytes(data, from, at);
    out.ascii(shortEscapes[byte] ?? `\\u${byte.toString(16).padStart(4, "0")}`);
    from = at + 1;
  }
  out.bytes(data, from, end);
  out.byte(0x22);
}
