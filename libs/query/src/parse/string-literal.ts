import { FilterError, lineAndColumn } from "../filter-error.ts";

const BACKSLASH = 0x5c;

/** The end (exclusive) of the string whose opening quote is at `start`, or -1 when it is not closed on its line. */
export function stringEnd(text: string, start: number): number {
  const quote = text.charCodeAt(start);
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) return at + 1;
    if (code === 0x0a || code === 0x0d) return -1;
    // A backslash takes the next character with it, a line break too (and both halves of CR LF).
    if (code === BACKSLASH && text.charCodeAt(++at) === 0x0d && text.charCodeAt(at + 1) === 0x0a) at++;
  }
  return -1;
}

const simpleEscapes: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
  "\\": BACKSLASH,
  "'": 0x27,
  '"': 0x22,
};

/**
 * The value of a quoted string (`start` at its quote, `end` behind the closing one). Escapes are Go's, as `strconv.Unquote`
 * reads them: `\xHH` and `\ooo` are bytes, which together must be UTF-8.
 */
export function decodeString(text: string, start: number, end: number): string {
  const body = text.slice(start + 1, end - 1);
  if (!body.includes("\\")) return body;
  // No escape stands for more bytes than it has characters.
  const bytes = Buffer.allocUnsafe(Buffer.byteLength(body));
  let length = 0;
  for (let at = 0; at < body.length; ) {
    const slash = body.indexOf("\\", at);
    length += bytes.write(slash < 0 ? body.slice(at) : body.slice(at, slash), length);
    if (slash < 0) break;
    const escaped = readEscape(body, slash, (problem) => invalidEscape(text, start + 1 + slash, problem));
    if (escaped.isByte) bytes[length++] = escaped.value;
    else length += bytes.write(String.fromCodePoint(escaped.value), length);
    at = escaped.end;
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes.subarray(0, length));
  } catch (cause) {
    const error = new FilterError(`${lineAndColumn(text, start)} string is not valid UTF-8`);
    error.cause = cause;
    throw error;
  }
}

/** A pattern behind `=~` and `!~`: two backslashes are one, and one before the quote goes; every other escape is the pattern's own. */
export function decodePattern(text: string, start: number, end: number): string {
  const quote = text[start];
  const whole = (pair: string) => (pair[1] === "\\" || pair[1] === quote ? pair[1] : pair);
  return text.slice(start + 1, end - 1).replace(/\\[\s\S]/g, whole);
}

interface Escape {
  /** A byte of UTF-8, or a code point. */
  readonly value: number;
  readonly isByte: boolean;
  /** Behind it. */
  readonly end: number;
}

/** What the escape at `slash` stands for. */
function readEscape(body: string, slash: number, fail: (escaped: string) => never): Escape {
  const letter = body[slash + 1];
  const simple = simpleEscapes[letter];
  if (simple !== undefined) return { value: simple, isByte: true, end: slash + 2 };
  const byte = /^(?:x([0-9a-fA-F]{2})|([0-7]{3}))/.exec(body.slice(slash + 1, slash + 4));
  if (byte) {
    const value = byte[1] ? Number.parseInt(byte[1], 16) : Number.parseInt(byte[2], 8);
    if (value > 255) fail(`\\${byte[0]}`);
    return { value, isByte: true, end: slash + 1 + byte[0].length };
  }
  const point = /^(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/.exec(body.slice(slash + 1, slash + 10));
  if (!point) return fail(body.slice(slash, slash + 2));
  const value = Number.parseInt(point[1] ?? point[2], 16);
  if (value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) fail(`\\${point[0]}`);
  return { value, isByte: false, end: slash + 1 + point[0].length };
}

function invalidEscape(text: string, offset: number, escaped: string): never {
  const place = lineAndColumn(text, offset);
  throw new FilterError(`${place} invalid escape ${escaped} in string; write \\${escaped} or a raw string r"..."`);
}

/** A key of a path: only `\uXXXX` is decoded, every other escape stays as written. */
export function decodePathKey(body: string): string {
  if (!body.includes("\\")) return body;
  return body
    .replace(/\\(?:u([0-9a-fA-F]{4})|[\s\S])/g, (escaped, hex) =>
      hex === undefined ? escaped : String.fromCharCode(Number.parseInt(hex, 16)),
    )
    .toWellFormed();
}
