import type { JsonPath, JsonStep } from "./json-path.ts";

/**
 * Finding one's way in JSON text without parsing it. All positions are byte offsets; the text is valid JSON in UTF-8 (the
 * import checks that), and broken text leads to some answer but never beyond `end`, to an exception or an endless loop.
 */

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** What a value begins like; `invalid` begins none. */
export type JsonKind = "null" | "bool" | "number" | "string" | "list" | "object" | "invalid";

/** By its first byte. */
export function jsonKindAt(data: Uint8Array, at: number): JsonKind {
  const byte = data[at];
  if (byte === QUOTE) return "string";
  if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) return "number";
  if (byte === OPEN_LIST) return "list";
  if (byte === OPEN_OBJECT) return "object";
  if (byte === 0x74 || byte === 0x66) return "bool";
  return byte === 0x6e ? "null" : "invalid";
}

/** The first byte at or behind `at` that is no blank of JSON; `end` where there is none. */
export function skipBlanks(data: Uint8Array, at: number, end: number): number {
  while (at < end) {
    const byte = data[at];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
    at++;
  }
  return at;
}

/** The closing quote of the string whose content starts at `at`, or `end`. */
export function closingQuote(data: Uint8Array, at: number, end: number): number {
  while (at < end) {
    const byte = data[at];
    if (byte === QUOTE) return at;
    at += byte === BACKSLASH ? 2 : 1;
  }
  return end;
}

/** Behind the value that starts at `at`. */
export function skipValue(data: Uint8Array, at: number, end: number): number {
  const byte = data[at];
  if (byte === QUOTE) return Math.min(closingQuote(data, at + 1, end) + 1, end);
  if (byte === OPEN_LIST || byte === OPEN_OBJECT) return skipContainer(data, at, end);
  return skipScalar(data, at, end);
}

function skipScalar(data: Uint8Array, at: number, end: number): number {
  while (at < end) {
    const byte = data[at];
    if (byte === COMMA || byte === CLOSE_LIST || byte === CLOSE_OBJECT || byte <= 0x20) break;
    at++;
  }
  return at;
}

function skipContainer(data: Uint8Array, at: number, end: number): number {
  let depth = 0;
  while (at < end) {
    const byte = data[at++];
    if (byte === QUOTE) at = closingQuote(data, at, end) + 1;
    else if (byte === OPEN_LIST || byte === OPEN_OBJECT) depth++;
    else if ((byte === CLOSE_LIST || byte === CLOSE_OBJECT) && --depth === 0) return at;
  }
  return end;
}

/** Where the value at the path starts, or -1 when there is none. Of a repeated key the first counts. */
export function findPath(data: Uint8Array, start: number, end: number, path: JsonPath): number {
  let at = skipBlanks(data, start, end);
  for (let i = 0; i < path.length && at >= 0; i++) {
    if (data[at] === OPEN_OBJECT) at = findKey(data, at, end, path[i]);
    else if (data[at] === OPEN_LIST && path[i].index >= 0) at = findIndex(data, at, end, path[i].index);
    else return -1;
  }
  return at < end ? at : -1;
}

/** The value of a key in the object that opens at `at`, or -1. */
function findKey(data: Uint8Array, at: number, end: number, step: JsonStep): number {
  at = skipBlanks(data, at + 1, end);
  while (at < end && data[at] === QUOTE) {
    const keyStart = at + 1;
    const keyEnd = closingQuote(data, keyStart, end);
    at = valueAfterKey(data, keyEnd, end);
    if (at < end && isKey(data, keyStart, keyEnd, step)) return at;
    at = nextMember(data, at, end);
  }
  return -1;
}

/** The value behind the key whose closing quote is at `keyEnd`. */
export function valueAfterKey(data: Uint8Array, keyEnd: number, end: number): number {
  const colon = skipBlanks(data, keyEnd + 1, end);
  return data[colon] === COLON ? skipBlanks(data, colon + 1, end) : end;
}

/** Behind the value at `at` and its comma: the next key or element, or `end` when none follows. */
export function nextMember(data: Uint8Array, at: number, end: number): number {
  const comma = skipBlanks(data, skipValue(data, at, end), end);
  return comma < end && data[comma] === COMMA ? skipBlanks(data, comma + 1, end) : end;
}

/** The first element of the list (or first key of the object) that opens at `at`, or `end` when it is empty. */
export function firstMember(data: Uint8Array, at: number, end: number): number {
  const first = skipBlanks(data, at + 1, end);
  return data[first] === CLOSE_LIST || data[first] === CLOSE_OBJECT ? end : first;
}

function findIndex(data: Uint8Array, at: number, end: number, index: number): number {
  let element = firstMember(data, at, end);
  for (let i = 0; i < index && element < end; i++) element = nextMember(data, element, end);
  return element < end ? element : -1;
}

/** Is the key between the quotes the step's? Keys with escapes are decoded, which is rare. */
export function isKey(data: Uint8Array, start: number, end: number, step: JsonStep): boolean {
  const { bytes } = step;
  const { length } = bytes;
  if (end - start === length) {
    let i = 0;
    while (i < length && data[start + i] === bytes[i]) i++;
    // Equal bytes with a backslash among them are an escape, and mean something else.
    if (i === length) return bytes.indexOf(BACKSLASH) < 0;
  }
  return end - start > length && hasEscape(data, start, end) && decodeText(data, start, end) === step.key;
}

/** Whether a text must be unescaped before it is what it means. */
export function hasEscape(data: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (data[at] === BACKSLASH) return true;
  return false;
}

/** The text between the quotes, decoded. Unpaired surrogates become U+FFFD, as UTF-8 has no form for them. */
export function decodeText(data: Uint8Array, start: number, end: number): string {
  const raw = Buffer.from(data.buffer, data.byteOffset + start, end - start).toString("utf8");
  return raw.replace(/\\(?:u([0-9a-fA-F]{4})|([\s\S]))/g, unescaped).toWellFormed();
}

const escapes: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

function unescaped(_all: string, hex: string | undefined, letter: string): string {
  return hex === undefined ? (escapes[letter] ?? letter) : String.fromCharCode(Number.parseInt(hex, 16));
}

/**
 * Does the value at `at` hold anything? JSON null does not, nor `{}`, `[]` and containers with nothing but such in them;
 * `0`, `false` and `""` do.
 */
export function holdsSomething(data: Uint8Array, at: number, end: number): boolean {
  const stop = skipValue(data, at, end);
  while (at < stop) {
    const byte = data[at];
    if (byte === QUOTE) {
      const behind = skipBlanks(data, closingQuote(data, at + 1, stop) + 1, stop);
      // A string before a colon is a key; any other is a value.
      if (behind >= stop || data[behind] !== COLON) return true;
      at = behind + 1;
    } else if (byte === 0x6e) at += "null".length;
    else if (byte === 0x74 || byte === 0x66 || byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) return true;
    else at++;
  }
  return false;
}

/** Elements of the list that opens at `at`. */
export function listLength(data: Uint8Array, at: number, end: number): number {
  let count = 0;
  for (let element = firstMember(data, at, end); element < end; element = nextMember(data, element, end)) count++;
  return count;
}
