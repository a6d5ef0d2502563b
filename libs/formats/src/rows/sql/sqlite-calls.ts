import type { TextOut } from "../../text-out.ts";

// sqlite3 writes texts with line breaks as calls: replace('a\nb','\n',char(10)), once in another, and since 3.50 unistr('a\u000ab').

const MAX_REST = 256;
const REPLACEMENT = /,'((?:[^']|'')*)',char\((\d{1,3})\)\)/g;

/** What a bracket that closes may end: a code, or a replacement, behind others; or the call itself. */
const MAY_GO_ON = /^\)$|^(,'(?:[^']|'')*',char\(\d{1,3}\)\))*(,'(?:[^']|'')*',char\(\d{1,3}\))?$/;

/** Whether a text stands in such a call. @param prefix what stood before the text */
export function isCall(prefix: string): boolean {
  return /^((replace\()+|unistr\()$/i.test(prefix);
}

/**
 * Takes what stands behind the text of a call so far; whether the call has ended, so that the text is what it gives.
 * @throws {RangeError} where it goes on otherwise
 */
export function endsCall(prefix: string, rest: string, text: TextOut): boolean {
  if (rest.length > MAX_REST || !MAY_GO_ON.test(rest)) throw otherwise(prefix);
  const value = Buffer.from(text.bytes.subarray(0, text.length)).toString("latin1");
  if (/^unistr/i.test(prefix)) {
    if (rest !== ")") throw otherwise(prefix);
    set(text, Buffer.from(unescaped(value), "utf8"));
    return true;
  }
  const found = [...rest.matchAll(REPLACEMENT)];
  const isWhole = found.map(([whole]) => whole).join("") === rest && found.length === prefix.length / "replace(".length;
  if (!isWhole) return false;
  const replaced = found.reduce(
    (old, [, mark, code]) => old.replaceAll(mark, String.fromCharCode(Number(code))),
    value,
  );
  set(text, Buffer.from(replaced, "latin1"));
  return true;
}

function otherwise(prefix: string): RangeError {
  return new RangeError(`'${prefix}' is called otherwise than sqlite3 does, and values of a dump are literals`);
}

/** @param value bytes as latin1 */
function unescaped(value: string): string {
  const text = Buffer.from(value, "latin1").toString("utf8");
  return text.replace(/\\(?:\\|u([0-9a-f]{4})|\+([0-9a-f]{6}))/gi, (_, four?: string, six?: string) =>
    four || six ? String.fromCodePoint(Number.parseInt(four ?? six ?? "", 16)) : "\\",
  );
}

function set(text: TextOut, bytes: Uint8Array): void {
  text.clear();
  text.copy(bytes, 0, bytes.length);
}
