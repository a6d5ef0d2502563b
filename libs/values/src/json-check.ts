import { excerptOfBytes } from "@sluice/errors";
import { isReadableNumber, numberProblem } from "./readable-number.ts";

/** Nesting that a JSON value may have. Deeper ones are refused: readers of stored JSON recurse. */
const JSON_DEPTH_LIMIT = 512;
/** Keys of one object, repeated ones counted: readers keep them all at once. */
export const MAX_OBJECT_KEYS = 262_144;

const [QUOTE, BACKSLASH, COMMA, COLON, MINUS, PLUS, POINT] = [0x22, 0x5c, 0x2c, 0x3a, 0x2d, 0x2b, 0x2e];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const [ZERO, NINE] = [0x30, 0x39];

const literals = new Map<number, readonly number[]>(
  ["true", "false", "null"].map((word) => [word.charCodeAt(0), [...Buffer.from(word)]]),
);
/** Bytes that may follow a backslash, `u` aside. */
const escapes = new Uint8Array(256);
for (const byte of Buffer.from('"\\/bfnrt')) escapes[byte] = 1;
const hexDigits = new Uint8Array(256);
for (const byte of Buffer.from("0123456789abcdefABCDEF")) hexDigits[byte] = 1;

/** Open brackets, innermost last. The walk is synchronous, so one stack serves all. */
const stack = new Uint8Array(JSON_DEPTH_LIMIT);
/** Keys of each open object so far. */
const keyCounts = new Uint32Array(JSON_DEPTH_LIMIT);
/** A token ends here (>= 0), or has an error at `~offset` (< 0). */
type TokenEnd = number;

/**
 * -1 when `bytes[start, end)` is one JSON text (RFC 8259; blanks around it pass), else the offset of the first byte that no
 * valid JSON could have there: `end` when the text is cut short. Also refused is what would not come back as it went in: the
 * bracket that opens level 513, the key 262 145 of an object, a number beyond the greatest double, half of an escaped surrogate pair. That strings are
 * valid UTF-8 is the caller's check.
 */
export function findJsonError(bytes: Uint8Array, start = 0, end = bytes.length): number {
  let depth = 0;
  let at = skipBlanks(bytes, start, end);
  for (;;) {
    // A value stands at `at`.
    if (at >= end) return end;
    const byte = bytes[at];
    if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
      if (depth === JSON_DEPTH_LIMIT) return at;
      stack[depth++] = byte;
      at = skipBlanks(bytes, at + 1, end);
      if (at >= end) return end;
      if (bytes[at] === byte + 2) depth--;
      else if (byte === OPEN_LIST) continue;
      else {
        keyCounts[depth - 1] = 1;
        at = scanKey(bytes, at, end);
        if (at < 0) return ~at;
        continue;
      }
      at++;
    } else {
      at = scanScalar(bytes, at, end);
      if (at < 0) return ~at;
    }
    // A value has ended at `at`: close what closes, up to the next value.
    for (;;) {
      at = skipBlanks(bytes, at, end);
      if (depth === 0) return at === end ? -1 : at;
      if (at >= end) return end;
      const open = stack[depth - 1];
      const next = bytes[at];
      if (next === COMMA) {
        at = skipBlanks(bytes, at + 1, end);
        if (open === OPEN_OBJECT && ++keyCounts[depth - 1] > MAX_OBJECT_KEYS) return at;
        if (open === OPEN_OBJECT) at = scanKey(bytes, at, end);
        if (at < 0) return ~at;
        break;
      }
      if (next !== (open === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_LIST)) return at;
      depth--;
      at++;
    }
  }
}

/** What the first byte at or behind `start`, blanks skipped, begins. Tells nothing of the validity of the rest. */
export function jsonTypeAt(
  bytes: Uint8Array,
  start: number,
): "object" | "array" | "string" | "number" | "bool" | "null" | "invalid" {
  const byte = bytes[skipBlanks(bytes, start, bytes.length)];
  if (byte === OPEN_OBJECT) return "object";
  if (byte === OPEN_LIST) return "array";
  if (byte === QUOTE) return "string";
  if (byte === MINUS || (byte >= ZERO && byte <= NINE)) return "number";
  if (byte === 0x74 || byte === 0x66) return "bool";
  return byte === 0x6e ? "null" : "invalid";
}

/** Offset of the first byte from `at` on that is no JSON blank. */
function skipBlanks(bytes: Uint8Array, at: number, end: number): number {
  while (at < end) {
    const byte = bytes[at];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
    at++;
  }
  return at;
}

/** A key and its colon; ends at the value. */
function scanKey(bytes: Uint8Array, at: number, end: number): TokenEnd {
  if (at >= end) return ~end;
  if (bytes[at] !== QUOTE) return ~at;
  at = scanString(bytes, at, end);
  if (at < 0) return at;
  at = skipBlanks(bytes, at, end);
  if (at >= end || bytes[at] !== COLON) return ~at;
  return skipBlanks(bytes, at + 1, end);
}

function scanScalar(bytes: Uint8Array, at: number, end: number): TokenEnd {
  const byte = bytes[at];
  if (byte === QUOTE) return scanString(bytes, at, end);
  if (byte === MINUS || (byte >= ZERO && byte <= NINE)) return scanNumber(bytes, at, end);
  const word = literals.get(byte);
  if (!word) return ~at;
  for (const expected of word) {
    if (at >= end || bytes[at] !== expected) return ~at;
    at++;
  }
  return at;
}

/** A string from its quote on. Every byte from 0x80 on passes. */
function scanString(bytes: Uint8Array, at: number, end: number): TokenEnd {
  at++;
  for (;;) {
    if (at >= end) return ~end;
    const byte = bytes[at];
    if (byte === QUOTE) return at + 1;
    if (byte < 0x20) return ~at;
    at++;
    if (byte !== BACKSLASH) continue;
    if (at >= end) return ~end;
    if (bytes[at] === 0x75) {
      for (let digit = 1; digit <= 4; digit++)
        if (at + digit >= end || hexDigits[bytes[at + digit]] === 0) return ~(at + digit);
      at = (bytes[at + 1] | 0x20) === 0x64 ? pairEnd(bytes, at - 1, end) : at + 5;
      if (at < 0) return at;
    } else if (escapes[bytes[at]] === 1) at++;
    else return ~at;
  }
}

/** A number from its sign or first digit on; one that no client could read back is an error at its start. */
function scanNumber(bytes: Uint8Array, at: number, end: number): TokenEnd {
  const stop = scanDecimal(bytes, at, end);
  return stop < 0 || isReadableNumber(bytes, at, stop) ? stop : ~at;
}

/** A number, whatever its size. */
function scanDecimal(bytes: Uint8Array, at: number, end: number): TokenEnd {
  if (bytes[at] === MINUS) at++;
  if (at < end && bytes[at] === ZERO) at++;
  else if ((at = scanDigits(bytes, at, end)) < 0) return at;
  if (at < end && bytes[at] === POINT && (at = scanDigits(bytes, at + 1, end)) < 0) return at;
  if (at >= end || (bytes[at] | 0x20) !== 0x65) return at;
  at++;
  if (at < end && (bytes[at] === PLUS || bytes[at] === MINUS)) at++;
  return scanDigits(bytes, at, end);
}

/** At least one digit. */
function scanDigits(bytes: Uint8Array, at: number, end: number): TokenEnd {
  const start = at;
  while (at < end && bytes[at] >= ZERO && bytes[at] <= NINE) at++;
  return at === start ? ~at : at;
}

/** Which half of a pair is escaped at `at`, if any. */
export function surrogateAt(bytes: Uint8Array, at: number): "high" | "low" | undefined {
  if (bytes[at] !== BACKSLASH || bytes[at + 1] !== 0x75 || (bytes[at + 2] | 0x20) !== 0x64) return undefined;
  const second = bytes[at + 3] | 0x20;
  if (second >= 0x63 && second <= 0x66) return "low";
  return (second >= 0x38 && second <= 0x39) || second === 0x61 || second === 0x62 ? "high" : undefined;
}

/** Behind the escaped character at `at`, which may be a pair; `~at` for half of one. */
function pairEnd(bytes: Uint8Array, at: number, end: number): TokenEnd {
  const half = surrogateAt(bytes, at);
  if (half === undefined) return at + 6;
  if (half === "low" || at + 8 > end || surrogateAt(bytes, at + 6) !== "low") return ~at;
  for (let digit = at + 10; digit < at + 12; digit++) if (digit >= end || hexDigits[bytes[digit]] === 0) return ~digit;
  return at + 12;
}

/**
 * What is wrong at the offset that `findJsonError` gave, in words: beside what is no JSON at all, what is and cannot be kept.
 */
export function describeJsonError(bytes: Uint8Array, offset: number, end = bytes.length): string {
  if (offset >= end) return "it is cut short";
  const byte = bytes[offset];
  if (surrogateAt(bytes, offset)) return HALF_CHARACTER;
  if (byte === OPEN_OBJECT || byte === OPEN_LIST) return `it is nested deeper than ${JSON_DEPTH_LIMIT} levels`;
  // A key that is one, where a key may stand, is one too many.
  if (byte === QUOTE && scanKey(bytes, offset, end) >= 0) return `an object has more than ${MAX_OBJECT_KEYS} keys`;
  const isNumber = byte === MINUS || (byte >= ZERO && byte <= NINE);
  const stop = isNumber ? scanDecimal(bytes, offset, end) : -1;
  if (stop >= 0 && !isReadableNumber(bytes, offset, stop)) return numberProblem(bytes, offset, stop);
  return `unexpected ${JSON.stringify(excerptOfBytes(bytes.subarray(offset, end), 12))}`;
}

/** UTF-8 has no form for it, Python cannot send it on, and Milvus would make U+FFFD of it without a word. */
export const HALF_CHARACTER = "half of a surrogate pair is escaped without the other half, which is no character";
