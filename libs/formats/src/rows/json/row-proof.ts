import { MAX_ROW_BYTES } from "../../format.ts";
import type { FileWindow } from "../file-windows.ts";

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST, CLOSE_LIST] = [0x7b, 0x7d, 0x5b, 0x5d];

/**
 * Proves that an object in the middle of a text is a row of its list and not something in a row, window by window, by brackets
 * and strings alone.
 *
 * The object stands in a list when what follows is no key of an object. That list is the one of the rows when it does not end
 * within the size of a row, since a list in a row ends with its row; or when behind its end only the objects end that the rows
 * lie in, and with them the file.
 */
export class RowProof {
  readonly #start: number;
  /** Closing braces that have to follow the list. */
  #closing: number;
  #depth = 0;
  #isInString = false;
  #phase: "first" | "text" | "list" | "end" = "first";

  /** @param start offset of the object @param closing objects that the rows lie in */
  constructor(start: number, closing: number) {
    this.#start = start;
    this.#closing = closing;
  }

  /**
   * Goes on at `from` of the window, and answers the verdict as soon as there is one.
   * @returns `row`, or the position from which on another row may begin; undefined: in the next window, from `resume` on
   */
  pass(window: FileWindow, from: number): "row" | number | undefined {
    const { bytes, base } = window;
    const limit = this.#start + MAX_ROW_BYTES - base;
    const end = Math.min(window.end, limit);
    let i = from;
    for (; i < end; i++) {
      const byte = bytes[i];
      if (this.#isInString) {
        if (byte === BACKSLASH) i++;
        else if (byte === QUOTE) this.#isInString = false;
        continue;
      }
      if (byte <= 0x20) continue;
      if (this.#depth > 0 ? this.#inside(byte) : this.#beside(byte)) continue;
      return i;
    }
    this.resume = i - window.end;
    if (i >= limit || (window.isLast && i >= window.end)) return this.#isRefuted ? i : "row";
    return undefined;
  }
  /** Bytes of the next window that are passed over already. */
  resume = 0;

  /** The file has ended where objects are still open. */
  get #isRefuted(): boolean {
    return this.#phase === "end" && this.#closing > 0;
  }

  #inside(byte: number): true {
    if (byte === QUOTE) this.#isInString = true;
    else if (byte === OPEN_OBJECT || byte === OPEN_LIST) this.#depth++;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) this.#depth--;
    return true;
  }

  /** Beside the object, where its list goes on: false when it is none, or none of rows. */
  #beside(byte: number): boolean {
    if (this.#phase === "end") return byte === CLOSE_OBJECT && this.#closing-- > 0;
    if (byte === CLOSE_OBJECT || (byte === COLON && this.#phase === "text")) return false;
    if (byte === CLOSE_LIST) this.#phase = "end";
    else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
      // The first one is the object itself.
      if (this.#hasBegun) this.#phase = "list";
      this.#hasBegun = true;
      this.#depth++;
    } else if (byte === QUOTE) {
      if (this.#phase === "first") this.#phase = "text";
      this.#isInString = true;
    } else if (byte !== COMMA || this.#phase === "text") this.#phase = "list";
    return true;
  }
  #hasBegun = false;
}
