import { isUtf8 } from "node:buffer";
import { NEEDS_MORE, SENTINEL_BYTES } from "../file-windows.ts";
import type { RowScanner } from "../row-text.ts";
import { CellPlace } from "./cell-place.ts";
import { bareQuoteText, type Dialect } from "./dialect.ts";
import { unescapeText } from "./escapes.ts";

/** Ends a record, with or without `CARRIAGE_RETURN` before it. */
export const LINE_FEED = 0x0a;
/** Belongs to the line end where `LINE_FEED` or the end of the file follows. */
export const CARRIAGE_RETURN = 0x0d;
const BACKSLASH = 0x5c;
/** Behind a backslash it stands for NUL. */
const ZERO = 0x30;
/** A closing quote is looked for byte by byte so far; then the call of a search pays. */
const NEAR_BYTES = 48;

/**
 * Finds the cells of records in a window. Positions are indexes into it. The content of the last cell that was found is
 * `data[start, stop)`: the window itself, or memory of its own where quotes or escapes had to be taken out.
 * Source: RFC 4180, with what Go's reader and thus Milvus allows: blank lines, line ends of one or two bytes.
 */
export class CsvScanner extends CellPlace implements RowScanner {
  readonly dialect: Dialect;
  readonly #separator: number;
  readonly #quote: number;
  /** Bytes that may end a cell without quotes, or may not stand in one. */
  readonly #marks = new Uint8Array(256);
  #isNull = false;
  #scratch = new Uint8Array(0);

  constructor(path: string, dialect: Dialect) {
    super(path);
    this.dialect = dialect;
    this.#separator = dialect.separator[0];
    this.#quote = dialect.quote;
    for (const mark of [0, LINE_FEED, this.#separator]) this.#marks[mark] = 1;
    if (this.#quote >= 0) this.#marks[this.#quote] = 1;
    if (dialect.hasEscapes) this.#marks[BACKSLASH] = 1;
  }

  /** Length of the separator at `p`, or 0. */
  separatorAt(p: number): number {
    const { separator } = this.dialect;
    if (this.bytes[p] !== this.#separator) return 0;
    for (let i = 1; i < separator.length; i++) if (this.bytes[p + i] !== separator[i]) return 0;
    // A separator of NUL is refused, so this is none of the zeros behind the window.
    return separator.length;
  }

  /** Position of the line feed, or of the end of the file, that ends the line at `p`; -1 where the line goes on. */
  lineEnd(p: number): number {
    const byte = this.bytes[p];
    if (byte === LINE_FEED) return p;
    if (byte === CARRIAGE_RETURN) {
      if (this.bytes[p + 1] === LINE_FEED) return p + 1;
      return p + 1 >= this.end ? this.#endOfFile() : -1;
    }
    return byte === 0 && p >= this.end ? this.#endOfFile() : -1;
  }

  #endOfFile(): number {
    if (!this.window.isLast) throw NEEDS_MORE;
    return this.end;
  }

  /** Finds the cell at `p`; answers the position of the separator, line feed or end of the file behind it. */
  cell(p: number): number {
    this.cellAt = p;
    const behind = this.bytes[p] === this.#quote ? this.#quotedCell(p) : this.#bareCell(p);
    if (!this.window.isUtf8 && !this.#isLenient && !isUtf8(this.data.subarray(this.start, this.stop))) this.notUtf8();
    return behind;
  }

  /** Whether the last cell is the null key. */
  isNull(): boolean {
    const { nullKey, hasEscapes } = this.dialect;
    // Of escapes, those of the null key are none.
    if (hasEscapes) return this.#isNull;
    if (this.stop - this.start !== nullKey.length) return false;
    for (let i = 0; i < nullKey.length; i++) if (this.data[this.start + i] !== nullKey[i]) return false;
    return true;
  }

  #bareCell(p: number): number {
    const { bytes } = this;
    const marks = this.#marks;
    let hasEscape = false;
    let at = p;
    for (;;) {
      while (marks[bytes[at]] === 0) at++;
      const byte = bytes[at];
      if (byte === LINE_FEED || (byte === this.#separator && this.separatorAt(at) > 0)) break;
      if (byte === 0 && at >= this.end) {
        this.#endOfFile();
        break;
      }
      if (byte === this.#quote) this.bareQuote(at);
      if (byte === BACKSLASH && this.dialect.hasEscapes) {
        hasEscape = true;
        at = this.#escape(at);
      }
      at++;
    }
    this.data = bytes;
    this.start = p;
    // A carriage return belongs to the line end, and before the end of the file, too.
    const isEnd = at >= this.end || bytes[at] === LINE_FEED;
    this.stop = isEnd && at > p && bytes[at - 1] === CARRIAGE_RETURN ? at - 1 : at;
    if (this.dialect.hasEscapes) this.#unescape(hasEscape);
    return at;
  }

  /** At the byte behind the backslash at `p`, also a line feed, before which MySQL writes one. */
  #escape(p: number): number {
    if (p + 1 < this.end) return p + 1;
    if (!this.window.isLast) throw NEEDS_MORE;
    return this.malformed(p, "a backslash stands at the end of the file: write \\\\ for a backslash");
  }

  #unescape(hasEscape: boolean): void {
    const { nullKey } = this.dialect;
    const { bytes, start, stop } = this;
    this.#isNull = stop - start === nullKey.length && nullKey.every((byte, i) => bytes[start + i] === byte);
    if (!hasEscape) return;
    this.#reserve(stop - start);
    this.start = 0;
    this.stop = unescapeText(bytes, start, stop, this.#scratch);
    this.#own();
  }

  #quotedCell(p: number): number {
    const close = this.#closingQuote(p + 1);
    this.data = this.bytes;
    this.start = p + 1;
    this.stop = close;
    if (this.#hasDoubled) this.#takeOutDoubled();
    return this.#behindQuote(p, close + 1);
  }
  #hasDoubled = false;

  #closingQuote(p: number): number {
    const { bytes } = this;
    this.#hasDoubled = false;
    if (this.dialect.escapesQuotes) return this.#closingEscaped(p);
    for (let at = p; ; ) {
      at = this.#nextQuote(at);
      if (at < 0) {
        if (!this.window.isLast) throw NEEDS_MORE;
        return this.malformed(p - 1, "a quote is opened and never closed");
      }
      if (bytes[at + 1] !== this.#quote) return at;
      this.#hasDoubled = true;
      at += 2;
    }
  }

  /** The same where a backslash says that a quote closes nothing. */
  #closingEscaped(p: number): number {
    const { bytes } = this;
    for (let at = p; ; ) {
      if (at >= this.end) {
        if (!this.window.isLast) throw NEEDS_MORE;
        return this.malformed(p - 1, "a quote is opened and never closed");
      }
      if (bytes[at] === this.#quote) return at;
      if (bytes[at] === BACKSLASH && at + 1 >= this.end && !this.window.isLast) throw NEEDS_MORE;
      const isEscape = this.#isEscape(at);
      if (isEscape) this.#hasDoubled = true;
      at += isEscape ? 2 : 1;
    }
  }

  /** Before quotes and backslashes as Spark has them, and before line ends and for NUL as MySQL does; any other stands for itself. */
  #isEscape(p: number): boolean {
    const { bytes } = this;
    if (bytes[p] !== BACKSLASH) return false;
    const next = bytes[p + 1];
    return (
      next === BACKSLASH || next === this.#quote || next === LINE_FEED || next === CARRIAGE_RETURN || next === ZERO
    );
  }

  #nextQuote(p: number): number {
    const { bytes } = this;
    const near = Math.min(p + NEAR_BYTES, this.end);
    for (let at = p; at < near; at++) if (bytes[at] === this.#quote) return at;
    return near < this.end ? bytes.indexOf(this.#quote, near) : -1;
  }

  /** From behind the closing quote of the cell at `cell`. */
  #behindQuote(cell: number, p: number): number {
    if (this.separatorAt(p) > 0) return p;
    const end = this.lineEnd(p);
    if (end >= 0) return end;
    // A separator of several bytes may be cut.
    if (p + this.dialect.separator.length > this.end && !this.window.isLast) throw NEEDS_MORE;
    const rule = this.dialect.escapesQuotes ? "escaped" : "doubled";
    const isEscaped = rule === "doubled" && this.bytes[p - 2] === BACKSLASH;
    const todo = isEscaped
      ? " (where a backslash stands before it, as Spark writes it, name the options 'escape' and 'quote')"
      : "";
    const reason = `text stands behind a closing quote, found ${this.shown(p)}; a quote inside of quotes is ${rule}${todo}`;
    return this.malformed(p, reason, cell);
  }

  #takeOutDoubled(): void {
    const { bytes, start, stop } = this;
    this.#reserve(stop - start);
    let to = 0;
    const { escapesQuotes } = this.dialect;
    for (let at = start; at < stop; at++) {
      const isEscaped = escapesQuotes && this.#isEscape(at);
      if (isEscaped) at++;
      const byte = isEscaped && bytes[at] === ZERO ? 0 : bytes[at];
      this.#scratch[to++] = byte;
      if (byte === this.#quote && !escapesQuotes) at++;
    }
    this.start = 0;
    this.stop = to;
    this.#own();
  }

  #reserve(length: number): void {
    const needed = length + SENTINEL_BYTES;
    if (needed > this.#scratch.length) this.#scratch = new Uint8Array(2 * needed);
  }

  /** The content lies in the scratch memory, with zeros behind it. */
  #own(): void {
    this.#scratch.fill(0, this.stop, this.stop + SENTINEL_BYTES);
    this.data = this.#scratch;
  }

  /** A quote inside of a cell without quotes. */
  bareQuote(p: number): void {
    if (this.#isLenient) return;
    this.malformed(p, bareQuoteText(this.dialect));
  }

  /**
   * The record that begins at `p`, whatever its cells hold: how many they are, and the position of the line feed or end of
   * the file behind it. @throws {ImportError} where quotes leave that open
   */
  record(p: number): { readonly cells: number; readonly end: number } {
    this.#isLenient = true;
    try {
      let at = this.cell(p);
      let cells = 1;
      for (let step = this.separatorAt(at); step > 0; step = this.separatorAt(at), cells++) at = this.cell(at + step);
      return { cells, end: at };
    } finally {
      this.#isLenient = false;
    }
  }
  #isLenient = false;
}
