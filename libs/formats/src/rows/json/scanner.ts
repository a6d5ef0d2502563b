import { isUtf8 } from "node:buffer";
import { excerptOfBytes, ImportError } from "@sluice/errors";
import type { NumberScan } from "@sluice/kernels";
import {
  HALF_CHARACTER,
  isReadableNumber,
  MAX_NUMBER_BYTES,
  MAX_OBJECT_KEYS,
  numberProblem,
  surrogateAt,
} from "@sluice/values";
import { NEEDS_MORE } from "../file-windows.ts";
import { ScanPlace } from "./scan-place.ts";

/** Deepest nesting in a value. */
const MAX_DEPTH = 512;
const SPACE = 0x20;
const LINE_FEED = 0x0a;

/** Reads JSON in a window; every position is an index into it. */
export class Scanner extends ScanPlace {
  /** The blank that ends lines; where one object stands on a line, none may be inside of it, and this is no blank. */
  readonly #lineFeed: number;
  readonly number: NumberScan = { end: 0 };
  readonly integer = { end: 0, lo: 0, hi: 0 };
  readonly #isObject = new Uint8Array(MAX_DEPTH);
  /** Keys of each open object so far. */
  readonly #keys = new Uint32Array(MAX_DEPTH);

  constructor(path: string, isOneLine = false) {
    super(path);
    this.#lineFeed = isOneLine ? SPACE : LINE_FEED;
  }

  /** The next byte that is not blank. */
  blanks(p: number): number {
    const bytes = this.bytes;
    const lineFeed = this.#lineFeed;
    let at = p;
    while (bytes[at] === SPACE || bytes[at] === lineFeed || bytes[at] === 0x0d || bytes[at] === 0x09) at++;
    return at;
  }

  /** Behind the string that begins at `p` with its quote. `hasEscapes` tells whether a backslash was met. */
  string(p: number): number {
    const bytes = this.bytes;
    let at = p + 1;
    this.hasEscapes = false;
    for (;;) {
      const byte = bytes[at];
      if (byte === 0x22) break;
      if (byte === 0x5c) {
        this.hasEscapes = true;
        at = this.#escape(at + 1);
      } else if (byte < 0x20) this.syntax(at, "a character of a string");
      else at++;
    }
    if (!this.window.isUtf8) this.#checkUtf8(p + 1, at);
    return at + 1;
  }
  hasEscapes = false;

  /** Behind the escape whose letter is at `p`. */
  #escape(p: number): number {
    const letter = this.bytes[p];
    if (letter !== 0x75) {
      if (
        letter === 0x22 ||
        letter === 0x5c ||
        letter === 0x2f ||
        letter === 0x62 ||
        letter === 0x66 ||
        letter === 0x6e ||
        letter === 0x72 ||
        letter === 0x74
      )
        return p + 1;
      return this.syntax(p, "an escape");
    }
    for (let i = 1; i <= 4; i++) if (hexDigit(this.bytes[p + i]) < 0) this.syntax(p + i, "a hexadecimal digit");
    return (this.bytes[p + 1] | 0x20) === 0x64 ? this.#pair(p) : p + 5;
  }

  /** Behind the character, or the pair of halves that make one, whose `u` is at `p`. */
  #pair(p: number): number {
    const half = surrogateAt(this.bytes, p - 1);
    if (half === undefined) return p + 5;
    if (half === "high" && p + 11 > this.end && !this.window.isLast) throw NEEDS_MORE;
    if (half === "low" || surrogateAt(this.bytes, p + 5) !== "low") this.invalid(p - 1, HALF_CHARACTER);
    for (let i = 9; i <= 10; i++) if (hexDigit(this.bytes[p + i]) < 0) this.syntax(p + i, "a hexadecimal digit");
    return p + 11;
  }

  #checkUtf8(start: number, end: number): void {
    if (isUtf8(this.bytes.subarray(start, end))) return;
    let bad = start;
    while (bad < end && isUtf8(this.bytes.subarray(start, bad + 1))) bad++;
    while (bad > start && (this.bytes[bad] & 0xc0) === 0x80 && !isUtf8(this.bytes.subarray(start, bad))) bad--;
    const what = this.field === undefined ? "a key" : `field '${this.field}'`;
    const value = excerptOfBytes(this.bytes.subarray(start, end));
    this.invalid(start, `${what} contains invalid UTF-8 data, value=${JSON.stringify(value)}`);
  }

  /** The string between the quotes at `p` and `end - 1`, as UTF-8. */
  unescaped(p: number, end: number): Uint8Array {
    return Buffer.from(JSON.parse(this.text(p, end)) as string, "utf8");
  }

  /** `true`, `false` or `null`: behind the word. */
  word(p: number, word: string): number {
    for (let i = 1; i < word.length; i++) if (this.bytes[p + i] !== word.charCodeAt(i)) this.syntax(p + i, `"${word}"`);
    return p + word.length;
  }

  /** Behind any valid value that begins at `p`. No recursion: depth is a counter. */
  skipValue(p: number): number {
    let depth = 0;
    let at = p;
    for (;;) {
      const byte = this.bytes[at];
      if (byte === 0x7b || byte === 0x5b) {
        const opened = this.#openContainer(at, depth);
        at = opened;
        if (this.#wasOpened) {
          depth++;
          continue;
        }
      } else at = this.#skipScalar(at);
      // Behind a value: close containers until one goes on with another value.
      for (;;) {
        if (depth === 0) return at;
        at = this.blanks(at);
        const isObject = this.#isObject[depth - 1] === 1;
        if (this.bytes[at] === 0x2c) {
          at = this.blanks(at + 1);
          if (isObject) {
            if (++this.#keys[depth - 1] > MAX_OBJECT_KEYS)
              this.invalid(at, `an object has more than ${MAX_OBJECT_KEYS} keys`);
            at = this.#skipKey(at);
          }
          break;
        }
        if (this.bytes[at] !== (isObject ? 0x7d : 0x5d)) this.syntax(at, isObject ? '"," or "}"' : '"," or "]"');
        at++;
        depth--;
      }
    }
  }

  /** Counts the values of the list at `p`. */
  listLength(p: number): number {
    let at = this.blanks(p + 1);
    if (this.bytes[at] === 0x5d) return 0;
    for (let count = 1; ; count++) {
      at = this.blanks(this.skipValue(at));
      if (this.bytes[at] !== 0x2c) return this.bytes[at] === 0x5d ? count : this.syntax(at, '"," or "]"');
      at = this.blanks(at + 1);
    }
  }

  #wasOpened = false;

  /** Behind the opening of a container, at its first value; behind the whole of an empty one. */
  #openContainer(p: number, depth: number): number {
    const isObject = this.bytes[p] === 0x7b;
    let at = this.blanks(p + 1);
    this.#wasOpened = this.bytes[at] !== (isObject ? 0x7d : 0x5d);
    if (!this.#wasOpened) return at + 1;
    if (depth === MAX_DEPTH)
      throw new ImportError(
        "malformed_file",
        `failed to decode row, error: more than ${MAX_DEPTH} nested levels`,
        this.at(p),
      );
    this.#isObject[depth] = isObject ? 1 : 0;
    this.#keys[depth] = 1;
    if (isObject) at = this.#skipKey(at);
    return at;
  }

  #skipKey(p: number): number {
    return this.colon(this.keyEnd(p));
  }

  /** Behind the key at `p`. */
  keyEnd(p: number): number {
    return this.bytes[p] === 0x22 ? this.string(p) : this.syntax(p, "a key in double quotes");
  }

  /** From behind a key to its value. */
  colon(p: number): number {
    const colon = this.blanks(p);
    if (this.bytes[colon] !== 0x3a) this.syntax(colon, '":"');
    return this.blanks(colon + 1);
  }

  /** The string between the quotes at `p` and `end - 1`, decoded. */
  textOf(p: number, end: number): string {
    return Buffer.from(this.unescaped(p, end)).toString("utf8");
  }

  #skipScalar(p: number): number {
    const byte = this.bytes[p];
    if (byte === 0x22) return this.string(p);
    if (byte === 0x74) return this.word(p, "true");
    if (byte === 0x66) return this.word(p, "false");
    if (byte === 0x6e) return this.word(p, "null");
    const end = this.skipNumber(p);
    if (!isReadableNumber(this.bytes, p, end)) this.invalid(p, numberProblem(this.bytes, p, end));
    return end;
  }

  /** Behind the number at `p`, by the grammar of JSON. */
  skipNumber(p: number): number {
    const bytes = this.bytes;
    let at = bytes[p] === 0x2d ? p + 1 : p;
    if (bytes[at] === 0x30) at++;
    else at = this.#digits(at, "a value");
    if (bytes[at] === 0x2e) at = this.#digits(at + 1, "a digit");
    if ((bytes[at] | 0x20) === 0x65) {
      at++;
      if (bytes[at] === 0x2b || bytes[at] === 0x2d) at++;
      at = this.#digits(at, "a digit");
    }
    // At the end of a window the number may go on in the next one.
    if (at >= this.end && !this.window.isLast) throw NEEDS_MORE;
    if (at - p > MAX_NUMBER_BYTES) this.invalid(p, numberProblem(bytes, p, at));
    return at;
  }

  #digits(p: number, expected: string): number {
    let at = p;
    while ((this.bytes[at] - 48) >>> 0 <= 9) at++;
    if (at === p) this.syntax(p, expected);
    return at;
  }
}

function hexDigit(byte: number): number {
  if ((byte - 0x30) >>> 0 <= 9) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
