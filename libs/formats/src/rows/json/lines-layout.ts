import { ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { foreignToText } from "../../foreign-content.ts";
import type { SourceRange } from "../../format.ts";
import { NEEDS_MORE, skipMark } from "../file-windows.ts";
import type { JsonLayout } from "./json-layout.ts";
import type { Scanner } from "./scanner.ts";

const COMMA = 0x2c;
const LINE_FEED = 0x0a;

/** One row a line; blank lines and a comma behind an object pass, as in Milvus. Source: jsonlines.org. */
export class LinesLayout implements JsonLayout {
  readonly start: number;
  readonly isOneLine = true;
  readonly #source: SourceFile;
  readonly #range: SourceRange;
  readonly #head: Uint8Array;
  /** Offset of the first row; 0 where no line says something else before. */
  readonly #dataStart: number;
  /** Whether only blanks stand from `start` to the first line end, behind which this range's lines begin. */
  #isRestBlank = true;

  /**
   * A range owns the lines that start in it: it begins behind the first line end at or after the byte before it.
   * @param head the first bytes of the file: what they are instead, where they are no JSON
   * @param dataStart offset of the first row
   */
  constructor(source: SourceFile, range: SourceRange | undefined, head: Uint8Array = new Uint8Array(0), dataStart = 0) {
    this.#source = source;
    this.#head = head;
    this.#dataStart = dataStart;
    const { begin, end } = range ?? { begin: 0, end: Number.POSITIVE_INFINITY };
    this.#range = { begin: Math.max(begin, dataStart), end };
    this.start = Math.max(0, this.#range.begin - 1);
  }

  begin(scanner: Scanner, p: number): number {
    if (this.#range.begin === 0) return this.#firstRow(scanner, skipMark(scanner.window, p));
    const at = scanner.bytes.indexOf(LINE_FEED, p);
    if (at >= 0 && at < scanner.end) {
      this.#isRestBlank = inLineBlanks(scanner, p) === at;
      return this.#row(scanner, at + 1);
    }
    if (!scanner.window.isLast) throw NEEDS_MORE;
    return -1;
  }

  #firstRow(scanner: Scanner, p: number): number {
    const at = this.#row(scanner, p);
    const hint = foreignToText(this.#head);
    if (hint === "" || at < 0) return at;
    const reason = `invalid JSON format, each line should be a key-value map, found ${scanner.shown(at)}${hint}`;
    throw new ImportError("malformed_file", reason, scanner.at(at));
  }

  next(scanner: Scanner, p: number): number {
    const at = this.#lineEnd(scanner, p);
    return at < scanner.end ? this.#row(scanner, at + 1) : -1;
  }

  /** The end of the line, or of the file, behind the object and a comma. */
  #lineEnd(scanner: Scanner, p: number): number {
    let at = inLineBlanks(scanner, p);
    if (scanner.bytes[at] === COMMA) at = inLineBlanks(scanner, at + 1);
    if (scanner.bytes[at] === LINE_FEED) return at;
    if (at < scanner.end) scanner.syntax(at, "the end of the line behind the object");
    if (!scanner.window.isLast) throw NEEDS_MORE;
    return at;
  }

  checkBehind(scanner: Scanner, p: number): void {
    this.#lineEnd(scanner, p);
  }

  /** A row is its line, whatever stands in it: no value holds a raw line end. */
  endOfBadRow(scanner: Scanner, p: number): number {
    const at = scanner.bytes.indexOf(LINE_FEED, p);
    if (at >= 0 && at < scanner.end) return at;
    if (!scanner.window.isLast) throw NEEDS_MORE;
    return scanner.end;
  }

  /** The row of the first line at or behind `p` that is not blank and starts in the range. */
  #row(scanner: Scanner, p: number): number {
    let line = p;
    for (;;) {
      const at = inLineBlanks(scanner, line);
      if (at >= scanner.end) {
        if (!scanner.window.isLast) throw NEEDS_MORE;
        return -1;
      }
      if (scanner.window.base + line >= this.#range.end) return -1;
      if (scanner.bytes[at] !== LINE_FEED) return at;
      line = at + 1;
    }
  }

  /** Lines with something in them before the range. */
  async rowsBefore(signal: AbortSignal): Promise<number> {
    let rows = 0;
    let isBlank = true;
    if (this.#range.begin <= this.#dataStart) return 0;
    for await (const chunk of this.#source.read({ start: this.#dataStart, end: this.start }, signal)) {
      for (const byte of chunk) {
        if (byte === LINE_FEED) {
          if (!isBlank) rows++;
          isBlank = true;
        } else if (byte > 0x20) isBlank = false;
      }
    }
    // The line that goes on at `start`, or begins right there, belongs to the range before: it is a row of that one, wherever
    // in it the first byte that is not blank stands.
    return isBlank && this.#isRestBlank ? rows : rows + 1;
  }
}

/** Blanks within a line. */
function inLineBlanks(scanner: Scanner, p: number): number {
  let at = p;
  while (scanner.bytes[at] === 0x20 || scanner.bytes[at] === 0x09 || scanner.bytes[at] === 0x0d) at++;
  return at;
}
