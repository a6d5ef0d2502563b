import type { TextOut } from "../../text-out.ts";

const BACKSLASH = 0x5c;
/** Letters behind a backslash in the text form of COPY. */
const letters = new Map([
  [0x09, 0x74],
  [0x0a, 0x6e],
  [0x0d, 0x72],
  [BACKSLASH, BACKSLASH],
]);

/** Types of MySQL and SQLite whose values are bytes, which a dump may have as text all the same. */
const BYTES = /^(tiny|medium|long)?blob|^(var)?binary|^bit\b|^vector|^(point|geometry|linestring|polygon|multi)/;

/** Whether values of a column are bytes. */
export function isOfBytes(type: string): boolean {
  return BYTES.test(type);
}

/**
 * Appends a text as a cell of COPY's text form. Bytes become hexadecimal digits, as PostgreSQL prints them.
 * @param prefix of the text: `x`, `b`, `_binary`, `E`, or none; @param isOfBytes the column is one of bytes
 */
export function writeText(
  out: TextOut,
  text: TextOut,
  { prefix, isOfBytes }: { readonly prefix: string; readonly isOfBytes: boolean },
): void {
  const bytes = text.bytes.subarray(0, text.length);
  if (!/^([xben]?|_\w+)$/i.test(prefix)) throw new RangeError(`'${prefix}' is no literal, which values of a dump are`);
  if (/^x$/i.test(prefix)) writeHex(out, Buffer.from(bytes).toString("latin1"));
  else if (/^b$/i.test(prefix)) out.copy(bytes, 0, bytes.length);
  else if (isOfBytes || /^_binary$/i.test(prefix)) writeHex(out, Buffer.from(bytes).toString("hex"));
  else writeEscaped(out, bytes);
}

function writeEscaped(out: TextOut, bytes: Uint8Array): void {
  for (const byte of bytes) {
    const letter = letters.get(byte);
    if (letter !== undefined) out.byte(BACKSLASH);
    out.byte(letter ?? byte);
  }
}

function writeHex(out: TextOut, digits: string): void {
  out.ascii(`\\\\x${digits.toLowerCase()}`);
}

/** Appends a value that stands without quotes. @throws {RangeError} */
export function writeWord(out: TextOut, word: string): void {
  const upper = word.toUpperCase();
  if (upper === "NULL") out.ascii("\\N");
  else if (upper === "TRUE" || upper === "FALSE") out.ascii(word.toLowerCase());
  else if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(word)) out.ascii(word);
  else if (/^0x[0-9a-f]*$/i.test(word)) writeHex(out, word.slice(2));
  else throw new RangeError(`'${word.slice(0, 40)}' is no literal, which values of a dump are`);
}
