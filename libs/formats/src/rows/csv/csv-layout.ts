import { ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { foreignToText } from "../../foreign-content.ts";
import type { SourceRange } from "../../format.ts";
import { NEEDS_MORE, skipMark } from "../file-windows.ts";
import type { RowLayout } from "../row-text.ts";
import { countRecords } from "./count-records.ts";
import { CARRIAGE_RETURN, type CsvScanner, LINE_FEED } from "./csv-scanner.ts";
import type { Dialect } from "./dialect.ts";

/** What is known of a file, or of a range of it, before its first record. */
export interface CsvLayoutInput {
  readonly source: SourceFile;
  readonly range: SourceRange | undefined;
  /** Of a range that does not begin the file: the names in its header. */
  readonly names?: readonly string[] | undefined;
  /** Records in front of the first row, of such a range. */
  readonly headRecords?: number;
  /** Where the records of the range begin, and where whoever reads the next range begins: see `LineStarts`. */
  readonly start: number;
  /** Absent where nobody does. */
  readonly nextStart?: number | undefined;
  /** Takes the names of the columns, once. */
  readonly bind: (names: readonly string[]) => void;
}

/** Records, one after the other; blank lines between them are no records, as in Milvus. A range owns those that start in it. */
export class CsvLayout implements RowLayout<CsvScanner> {
  readonly start: number;
  readonly #input: CsvLayoutInput;
  readonly #rangeEnd: number;
  readonly #dialect: Dialect;
  /** Where the first record of the file begins, of a range that begins the file. */
  #dataStart = 0;
  /** Whoever reads the next range began elsewhere. */
  #isTorn = false;
  /** The header as it stands in the file, with its line end; empty where there is none. */
  head = "";

  constructor(input: CsvLayoutInput, scanner: CsvScanner) {
    this.#input = input;
    this.start = input.start;
    this.#rangeEnd = input.range?.end ?? Number.POSITIVE_INFINITY;
    this.#dialect = scanner.dialect;
  }

  /** Columns are nobody's fault where there are no rows. */
  begin(scanner: CsvScanner, p: number): number {
    const { bind } = this.#input;
    const header = this.#input.names ? undefined : readHeader(scanner, p);
    if (header) {
      this.head = header.text;
      this.#dataStart = scanner.window.base + header.end;
    }
    const first = this.#record(scanner, header?.end ?? p);
    if (first >= 0) bind(header?.names ?? this.#input.names ?? []);
    return first;
  }

  next(scanner: CsvScanner, p: number): number {
    // What stands behind a record is a line feed, or the end of the file.
    return this.#record(scanner, p < scanner.end ? p + 1 : p);
  }

  /** The record of the first line at or behind `p`, which begins a line, that is not blank and starts in the range. */
  #record(scanner: CsvScanner, p: number): number {
    for (let line = p; ; ) {
      if (this.#isRangeEnd(scanner.window.base + line)) return -1;
      if (line >= scanner.end) {
        if (!scanner.window.isLast) throw NEEDS_MORE;
        return this.#isTorn ? torn(scanner, line) : -1;
      }
      const end = blankLineEnd(scanner, line);
      if (end < 0) return line;
      line = end < scanner.end ? end + 1 : end;
    }
  }

  /**
   * Whoever reads the next range has found its beginning from the bytes around it alone. Another one than this is possible
   * only where quotes are broken behind it: going on meets that place.
   */
  #isRangeEnd(offset: number): boolean {
    if (offset < this.#rangeEnd || this.#isTorn) return false;
    const { nextStart } = this.#input;
    this.#isTorn = nextStart !== undefined && Math.max(nextStart, this.#dataStart) !== offset;
    return !this.#isTorn;
  }

  endOfBadRow(scanner: CsvScanner, p: number): number {
    return scanner.record(p).end;
  }

  /** What ends a record is looked at by its parser. */
  checkBehind(): void {}

  async rowsBefore(signal: AbortSignal): Promise<number> {
    if (!this.#input.names) return 0;
    const records = await countRecords(this.#input.source, this.#dialect, this.start, signal);
    return records - (this.#input.headRecords ?? 0);
  }
}

function torn(scanner: CsvScanner, p: number): never {
  scanner.row++;
  return scanner.malformed(
    p,
    "a record before this place has broken quotes, which do not say where the next one begins: correct it first",
  );
}

/** Position of the line feed, or of the end of the file, of a line without anything in it; -1 for another one. */
function blankLineEnd(scanner: CsvScanner, p: number): number {
  const byte = scanner.bytes[p];
  if (byte === LINE_FEED) return p;
  return byte === CARRIAGE_RETURN ? scanner.lineEnd(p) : -1;
}

/** The names of the columns, and where they stand. */
export interface Header {
  readonly names: readonly string[];
  /** As it stands in the file, with its line end. */
  readonly text: string;
  /** Where the next line begins. */
  readonly end: number;
  /** Lines that are no rows, but blank ones. */
  readonly records: number;
}

/** The names of the columns of the file that begins at `p`. @throws {ImportError} where there are none */
export function readHeader(scanner: CsvScanner, p: number): Header {
  const { hasHeader, columns } = scanner.dialect;
  const { bytes } = scanner;
  const foreign = foreignToText(bytes.subarray(p, scanner.end));
  if (foreign) throw headerError(scanner, p, `the file is no text of separated values${foreign}`);
  const start = skipMark(scanner.window, p);
  const begin = behindSeparatorLine(scanner, start);
  const before = begin > start ? 1 : 0;
  if (!hasHeader) return { names: columns ?? [], text: "", end: begin, records: before };
  let line = begin;
  for (let end = blankLineEnd(scanner, line); end >= 0 && line < scanner.end; end = blankLineEnd(scanner, line))
    line = Math.min(end + 1, scanner.end);
  if (line >= scanner.end) {
    if (!scanner.window.isLast) throw NEEDS_MORE;
    throw headerError(scanner, line, "the file has no header: its first line must name the columns");
  }
  return headerAt(scanner, line, before);
}

/** A first line that says how cells are separated. Source: Excel, LibreOffice. */
const SEPARATOR_LINE = /^("?)sep=(.)\1\r?(?:\n|$)/iu;
const MAX_SEPARATOR_LINE = 16;

/** Behind the line that names the separator to a spreadsheet; `p` where there is none. @throws {ImportError} for another one than is used */
function behindSeparatorLine(scanner: CsvScanner, p: number): number {
  const text = Buffer.from(scanner.bytes.subarray(p, Math.min(p + MAX_SEPARATOR_LINE, scanner.end))).toString("utf8");
  const [line, , named] = SEPARATOR_LINE.exec(text) ?? [];
  if (line === undefined) return p;
  if (Buffer.from(named).equals(scanner.dialect.separator)) return p + Buffer.byteLength(line);
  const own = JSON.stringify(Buffer.from(scanner.dialect.separator).toString("utf8"));
  throw headerError(
    scanner,
    p,
    `its first line says that ${JSON.stringify(named)} stands between cells, where ${own} is expected: the option 'sep' says so`,
  );
}

/** @param before lines in front of it */
function headerAt(scanner: CsvScanner, p: number, before: number): Header {
  scanner.field = undefined;
  scanner.row = -1;
  const names: string[] = [];
  let at = scanner.cell(p);
  names.push(nameAt(scanner, p));
  for (let step = scanner.separatorAt(at); step > 0; step = scanner.separatorAt(at)) {
    const begin = at + step;
    at = scanner.cell(begin);
    names.push(nameAt(scanner, begin));
  }
  const end = Math.min(at + 1, scanner.end);
  const text = Buffer.from(scanner.bytes.subarray(p, at)).toString("utf8");
  return { names: namesOf(scanner, p, names), text: `${text.trimEnd()}\n`, end, records: before + 1 };
}

/** The last cell, which began at `p`. A file whose lines end otherwise would be a header that nothing follows. */
function nameAt(scanner: CsvScanner, p: number): string {
  const name = scanner.text();
  if (scanner.bytes[p] !== scanner.dialect.quote && /\r(?!\n)/.test(name))
    throw headerError(
      scanner,
      p,
      `its lines end with carriage returns alone: write line feeds, as tr '\\r' '\\n' does`,
    );
  return name;
}

/** Names of the options replace those of the header. */
function namesOf(scanner: CsvScanner, p: number, names: readonly string[]): readonly string[] {
  const { columns } = scanner.dialect;
  if (!columns || columns.length === names.length) return columns ?? names;
  throw headerError(
    scanner,
    p,
    `the option 'columns' names ${columns.length} columns, the header of the file has ${names.length}`,
  );
}

function headerError(scanner: CsvScanner, p: number, reason: string): ImportError {
  scanner.row = -1;
  return new ImportError("malformed_file", reason, scanner.at(p));
}
