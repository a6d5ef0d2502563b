import { excerpt, ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import type { SourceRange } from "../../format.ts";
import { NEEDS_MORE, skipMark } from "../file-windows.ts";
import type { RowLayout } from "../row-text.ts";
import type { Scanner } from "./scanner.ts";

/** How rows of JSON are found. */
export interface JsonLayout extends RowLayout<Scanner> {
  /** A row may not hold line feeds. */
  readonly isOneLine: boolean;
}

const OPEN_OBJECT = 0x7b;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const COMMA = 0x2c;
const LINE_FEED = 0x0a;

/** `{"rows": [...]}`, the key in any case and the first one, or a list. Source: import semantics §2.1. */
export class DocumentLayout implements JsonLayout {
  readonly start = 0;
  readonly isOneLine = false;
  #isObject = false;

  begin(scanner: Scanner, p: number): number {
    const at = scanner.blanks(skipMark(scanner.window, p));
    const byte = scanner.bytes[at];
    if (byte !== OPEN_OBJECT && byte !== OPEN_LIST)
      rootError(scanner, at, "invalid JSON format, the content should be started with '{' or '['");
    this.#isObject = byte === OPEN_OBJECT;
    const list = this.#isObject ? rowsList(scanner, at) : at;
    const first = scanner.blanks(list + 1);
    if (scanner.bytes[first] === CLOSE_LIST) return this.#end(scanner, first + 1);
    if (first >= scanner.end) scanner.syntax(first, "a row");
    return first;
  }

  next(scanner: Scanner, p: number): number {
    const at = scanner.blanks(p);
    const byte = scanner.bytes[at];
    if (byte === CLOSE_LIST) return this.#end(scanner, at + 1);
    if (byte !== COMMA) scanner.syntax(at, '"," or "]" behind a row');
    const row = scanner.blanks(at + 1);
    if (scanner.bytes[row] === CLOSE_LIST || row >= scanner.end) scanner.syntax(row, "a row");
    return row;
  }

  /** A value that is valid JSON, whatever its fields make of it; where it is none, no later row can be found. */
  endOfBadRow(scanner: Scanner, p: number): number {
    return scanner.skipValue(p);
  }

  /** What stands there belongs to the list. */
  checkBehind(): void {}

  /** Behind the list: the end of the file, and in an object its brace first. */
  #end(scanner: Scanner, p: number): number {
    let at = scanner.blanks(p);
    if (this.#isObject) {
      if (scanner.bytes[at] !== 0x7d) scanner.syntax(at, '"}" behind the list of rows');
      at = scanner.blanks(at + 1);
    }
    if (at < scanner.end) scanner.syntax(at, "the end of the file");
    if (!scanner.window.isLast) throw NEEDS_MORE;
    return -1;
  }

  async rowsBefore(): Promise<number> {
    return 0;
  }
}

/** The position of the list in `{"rows": [`. */
function rowsList(scanner: Scanner, p: number): number {
  const key = scanner.blanks(p + 1);
  if (scanner.bytes[key] === OPEN_OBJECT) {
    // The braces of the first draft of the format: `{{…}}`.
    scanner.row = 0;
    scanner.syntax(key, 'a key in double quotes ("rows")');
  }
  if (scanner.bytes[key] !== 0x22) rootError(scanner, key, "invalid JSON format, the root key should be 'rows'");
  const keyEnd = scanner.string(key);
  const name = Buffer.from(scanner.unescaped(key, keyEnd)).toString("utf8");
  if (name.toLowerCase() !== "rows")
    rootError(scanner, key, `invalid JSON format, the root key should be 'rows', but get '${excerpt(name)}'`);
  const colon = scanner.blanks(keyEnd);
  if (scanner.bytes[colon] !== 0x3a) scanner.syntax(colon, '":"');
  const list = scanner.blanks(colon + 1);
  if (scanner.bytes[list] !== OPEN_LIST)
    rootError(scanner, list, "invalid JSON format, rows list should begin with '['");
  return list;
}

function rootError(scanner: Scanner, p: number, reason: string): never {
  if (p >= scanner.end && !scanner.window.isLast) throw NEEDS_MORE;
  scanner.row = -1;
  const found = p < scanner.end ? scanner.shown(p) : "the end of the file";
  throw new ImportError("malformed_file", `${reason}, found ${found}`, scanner.at(p));
}

/** One object a line; blank lines and a comma behind an object pass, as in Milvus. Source: jsonlines.org. */
export class LinesLayout implements JsonLayout {
  readonly start: number;
  readonly isOneLine = true;
  readonly #source: SourceFile;
  readonly #range: SourceRange;
  /** Whether only blanks stand from `start` to the first line end, behind which this range's lines begin. */
  #isRestBlank = true;

  /** A range owns the lines that start in it: it begins behind the first line end at or after the byte before it. */
  constructor(source: SourceFile, range: SourceRange | undefined) {
    this.#source = source;
    this.#range = range ?? { begin: 0, end: Number.POSITIVE_INFINITY };
    this.start = Math.max(0, this.#range.begin - 1);
  }

  begin(scanner: Scanner, p: number): number {
    if (this.#range.begin === 0) return this.#row(scanner, skipMark(scanner.window, p));
    const at = scanner.bytes.indexOf(LINE_FEED, p);
    if (at >= 0 && at < scanner.end) {
      this.#isRestBlank = inLineBlanks(scanner, p) === at;
      return this.#row(scanner, at + 1);
    }
    if (!scanner.window.isLast) throw NEEDS_MORE;
    return -1;
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
    if (this.#range.begin === 0) return 0;
    for await (const chunk of this.#source.read({ start: 0, end: this.start }, signal)) {
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
