const [QUOTE, BACKSLASH, DOLLAR, COLON, BLANK] = [0x22, 0x5c, 0x24, 0x3a, 0x20];
const [OPEN, CLOSE] = [0x7b, 0x7d];

type Wrapper = "number" | "text" | "date";

/** Objects of one key that stand for a value. Source: MongoDB Extended JSON v2, canonical and relaxed. */
const wrappers: readonly (readonly [key: Uint8Array, is: Wrapper])[] = (
  [
    ["$numberDouble", "number"],
    ["$numberLong", "number"],
    ["$numberInt", "number"],
    ["$numberDecimal", "number"],
    ["$oid", "text"],
    ["$date", "date"],
    ["$uuid", "text"],
    ["$symbol", "text"],
  ] as const
).map(([key, is]) => [Buffer.from(JSON.stringify(key)), is]);

/** NaN and the infinities, which are no JSON, stay wrapped. */
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
const NOT_FINITE = /^\{\s*"\$number(Double|Decimal)"\s*:\s*"(NaN|-?Infinity)"\s*\}$/;
/** Room for the longest of these, and some blanks. */
const MAX_WRAPPED_BYTES = 100;
const MILLISECONDS = /^-?\d{1,15}$/;
const YEAR_0_MS = Date.parse("0000-01-01T00:00:00Z");
const YEAR_10000_MS = Date.parse("9999-12-31T23:59:59.999Z") + 1;

/**
 * Makes plain JSON of MongoDB's: `{"$numberLong":"5"}` becomes `5`, `{"$date":…}` and `{"$oid":…}` their texts, wherever they stand
 * in a row. It happens in place, with blanks around, so that positions of errors stay those of the file; what has no plain form
 * (`$binary`, NaN) is left as it is.
 */
export class ExtendedJson {
  #row: { readonly start: number; readonly bytes: Uint8Array } | undefined;

  /** The row at `start` as it stands in the file, where that is not what stands in memory. */
  originalAt(start: number): Uint8Array | undefined {
    return this.#row?.start === start ? this.#row.bytes : undefined;
  }

  /** @param start of a row; one that goes on behind `end`, or is no object, is left alone */
  unwrap(bytes: Uint8Array, start: number, end: number): void {
    this.#row = undefined;
    const rowEnd = endOfObject(bytes, start, end);
    for (let p = start; p < rowEnd; ) {
      if (bytes[p] === QUOTE) p = behindString(bytes, p, rowEnd);
      else p = (bytes[p] === OPEN && this.#unwrapped(bytes, p, start, rowEnd)) || p + 1;
    }
  }

  /** Behind the object at `open`, which is plain now; 0 where it stands for nothing else. */
  #unwrapped(bytes: Uint8Array, open: number, row: number, end: number): number {
    const key = behindBlanks(bytes, open + 1);
    if (bytes[key] !== QUOTE || bytes[key + 1] !== DOLLAR) return 0;
    const wrapper = wrappers.find(([name]) => isAt(bytes, key, name));
    if (!wrapper) return 0;
    const colon = behindBlanks(bytes, key + wrapper[0].length);
    if (bytes[colon] !== COLON) return 0;
    let value = behindBlanks(bytes, colon + 1);
    if (wrapper[1] === "date" && bytes[value] === OPEN) {
      if (this.#unwrapped(bytes, value, row, end) === 0) return 0;
      value = behindBlanks(bytes, value);
    }
    const valueEnd = bytes[value] === QUOTE ? behindString(bytes, value, end) : behindNumber(bytes, value);
    const close = behindBlanks(bytes, valueEnd);
    const plain = bytes[close] === CLOSE ? plainOf(bytes, value, valueEnd, wrapper[1], close + 1 - open) : undefined;
    if (!plain) return 0;
    this.#row ??= { start: row, bytes: bytes.slice(row, end) };
    bytes.fill(BLANK, open, close + 1);
    bytes.set(plain, open);
    return close + 1;
  }
}

/** Whether a value is a number that has no plain form, and no JSON. */
export function isWrappedNotFinite(bytes: Uint8Array, start: number, end: number): boolean {
  if (bytes[start] !== OPEN || end - start > MAX_WRAPPED_BYTES) return false;
  return NOT_FINITE.test(Buffer.from(bytes.subarray(start, end)).toString("latin1"));
}

/** Undefined where it has no plain form, or none of at most `room` bytes. */
function plainOf(
  bytes: Uint8Array,
  value: number,
  valueEnd: number,
  wrapper: Wrapper,
  room: number,
): Uint8Array | undefined {
  const isText = bytes[value] === QUOTE;
  const text = Buffer.from(bytes.subarray(value, valueEnd));
  if (isText) return wrapper !== "number" ? text : numberOf(text.subarray(1, -1));
  return wrapper === "date" ? timeOf(text.toString("latin1"), room) : undefined;
}

function numberOf(text: Buffer): Uint8Array | undefined {
  return NUMBER.test(text.toString("latin1")) ? text : undefined;
}

/** Milliseconds of Unix time as a text of RFC 3339, which has years of four digits. */
function timeOf(milliseconds: string, room: number): Uint8Array | undefined {
  const value = Number(milliseconds);
  if (!MILLISECONDS.test(milliseconds) || value < YEAR_0_MS || value >= YEAR_10000_MS) return undefined;
  const text = Buffer.from(JSON.stringify(new Date(value)));
  return text.length <= room ? text : undefined;
}

/** Behind the object at `start`; `start` itself where it does not end before `end`. */
function endOfObject(bytes: Uint8Array, start: number, end: number): number {
  let depth = 0;
  for (let p = start; p < end; ) {
    const byte = bytes[p];
    if (byte === QUOTE) {
      p = behindString(bytes, p, end);
      continue;
    }
    if (byte === OPEN) depth++;
    else if (byte === CLOSE && --depth === 0) return p + 1;
    if (depth === 0) return start;
    p++;
  }
  return start;
}

function behindString(bytes: Uint8Array, quote: number, end: number): number {
  let p = quote + 1;
  while (p < end && bytes[p] !== QUOTE) p += bytes[p] === BACKSLASH ? 2 : 1;
  return p + 1;
}

function behindBlanks(bytes: Uint8Array, p: number): number {
  let at = p;
  while (bytes[at] === BLANK || bytes[at] === 0x09 || bytes[at] === 0x0a || bytes[at] === 0x0d) at++;
  return at;
}

function behindNumber(bytes: Uint8Array, p: number): number {
  let at = bytes[p] === 0x2d ? p + 1 : p;
  while ((bytes[at] - 48) >>> 0 <= 9) at++;
  return at;
}

function isAt(bytes: Uint8Array, p: number, text: Uint8Array): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[p + i] !== text[i]) return false;
  return true;
}
