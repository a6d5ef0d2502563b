import type { FileWindow } from "../../file-windows.ts";

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Passes over one list or object, window by window, without looking at its values: brackets and strings alone. What is passed
 * over here is parsed, and so checked, when its values are read.
 */
export class Skim {
  /** Values at the first level. */
  count = 0;
  /** Bytes of the longest of them, with its label and the blanks around it. */
  maxBytes = 0;
  readonly #isVectors: boolean;
  #depth = 0;
  #isInString = false;
  #isEmpty = true;
  /** Offset in the file where the present value begins. */
  #valueStart = 0;

  /** @param isVectors the values are lists of numbers, or whoever reads them refuses them */
  constructor(isVectors: boolean) {
    this.#isVectors = isVectors;
  }

  /**
   * Goes on at `from`, first at the opening bracket. Answers the position behind the closing one, negative when the window ends
   * before: its complement is where to go on in the next window, counted from the end of this one.
   */
  pass({ bytes, end, base }: FileWindow, from: number): number {
    let i = from;
    for (; i < end; i++) {
      const byte = bytes[i];
      if (this.#isInString) {
        if (byte === BACKSLASH) i++;
        else if (byte === QUOTE) this.#isInString = false;
        continue;
      }
      if (byte <= 0x20) continue;
      if (byte === COMMA) {
        if (this.#depth === 1) this.#value(base + i);
      } else if (byte === QUOTE) {
        this.#isInString = true;
        this.#isEmpty = false;
      } else if (byte === OPEN_LIST || byte === OPEN_OBJECT) i = this.#open(bytes, end, base, i);
      else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) {
        if (--this.#depth > 0) continue;
        if (!this.#isEmpty) this.#value(base + i);
        return i + 1;
      } else this.#isEmpty = false;
    }
    return ~(i - end);
  }

  #value(offset: number): void {
    this.count++;
    this.maxBytes = Math.max(this.maxBytes, offset - this.#valueStart);
    this.#valueStart = offset + 1;
  }

  /** Of a vector all numbers are passed over at once, where its end is in the window. */
  #open(bytes: Uint8Array, end: number, base: number, p: number): number {
    if (this.#depth === 0) this.#valueStart = base + p + 1;
    else this.#isEmpty = false;
    if (this.#isVectors && this.#depth === 1 && bytes[p] === OPEN_LIST) {
      const close = bytes.indexOf(CLOSE_LIST, p + 1);
      if (close >= 0 && close < end) return close;
    }
    this.#depth++;
    return p;
  }
}
