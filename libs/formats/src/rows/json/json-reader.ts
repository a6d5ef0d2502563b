import type { InsertBatch } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import type { BatchOptions, FormatReader, OnReject, ReaderInput, RejectedRow } from "../../format.ts";
import { JsonSource, type JsonWindow } from "./json-source.ts";
import { RowParser } from "./row-parser.ts";
import { NEEDS_MORE, Scanner } from "./scanner.ts";

/** Bytes read at once; less for small files, of which many may be read at the same time. */
const CHUNK_BYTES = 4 << 20;
const MIN_CHUNK_BYTES = 64 << 10;

export interface JsonReaderOptions {
  /** Default 4 MiB; tests take small ones. */
  readonly chunkBytes?: number;
}

/**
 * What differs between the layouts: how rows are found. `begin` and `next` answer the position of the next row, or -1 when
 * there is none; they may throw NEEDS_MORE, and are then called again.
 */
export interface RowLayout {
  /** First byte of the file to read. */
  readonly start: number;
  /** A row may not hold line feeds. */
  readonly isOneLine: boolean;
  begin(scanner: Scanner, p: number): number;
  /** From behind a row. */
  next(scanner: Scanner, p: number): number;
  /** Behind the bad row that begins at `p`. @throws {ImportError} where it cannot be told */
  endOfBadRow(scanner: Scanner, p: number): number;
  /** What stands behind a row, where it can make the row bad; otherwise `next` sees it. @throws {ImportError} */
  checkBehind(scanner: Scanner, p: number): void;
  /** Rows of the file before this reader's first one, for messages; asked for only when there is something to say. */
  rowsBefore(signal: AbortSignal): Promise<number>;
}

/** Rows of JSON text, whatever their layout, in batches. */
export class JsonRowsReader implements FormatReader {
  readonly #input: ReaderInput;
  readonly #layout: RowLayout;
  readonly #chunkBytes: number;
  #rowsBefore: number | undefined;

  constructor(input: ReaderInput, layout: RowLayout, { chunkBytes = chunkBytesFor(input) }: JsonReaderOptions = {}) {
    this.#input = input;
    this.#layout = layout;
    this.#chunkBytes = chunkBytes;
  }

  async *batches({ batchBytes, signal, onReject }: BatchOptions): AsyncGenerator<InsertBatch> {
    const [source] = this.#input.sources;
    const scanner = new Scanner(source.path, this.#layout.isOneLine);
    const rows = new RowParser(this.#input.plan, scanner, batchBytes);
    const windows = new JsonSource(source, { chunkBytes: this.#chunkBytes, start: this.#layout.start, signal });
    const cursor = new RowCursor(scanner, rows, this.#layout, onReject !== undefined);
    let window: JsonWindow | undefined;
    try {
      for (;;) {
        signal.throwIfAborted();
        window = await windows.next(window, cursor.position);
        cursor.open(window);
        // A window holds many batches of narrow rows, or less than one of wide ones.
        for (;;) {
          const state = cursor.run();
          if (cursor.rejected.length > 0) await this.#reject(cursor, onReject, signal);
          if (state === "more") break;
          const rowCount = rows.rowCount;
          const sourceBytes = window.base + cursor.position - this.#layout.start;
          if (rowCount > 0) yield { rowCount, columns: rows.take(), sourceBytes };
          if (state === "end") return;
        }
      }
    } catch (error) {
      throw await this.#located(error, signal);
    } finally {
      await windows.close(window);
    }
  }

  async #reject(cursor: RowCursor, onReject: OnReject | undefined, signal: AbortSignal): Promise<void> {
    for (const { row, error, text } of cursor.rejected) {
      const located = (await this.#located(error, signal)) as ImportError;
      await onReject?.({ row: located.at?.row ?? row, error: located, ...(text && { text }) });
    }
    cursor.rejected.length = 0;
  }

  /** Rows of a range count from the start of the file: the rows before it are counted now, since there is an error. */
  async #located(error: unknown, signal: AbortSignal): Promise<unknown> {
    if (!(error instanceof ImportError) || error.at?.row === undefined) return error;
    this.#rowsBefore ??= await this.#layout.rowsBefore(signal);
    if (this.#rowsBefore === 0) return error;
    const at = { ...error.at, row: error.at.row + this.#rowsBefore };
    return new ImportError(error.code, error.reason, at, { cause: error });
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

function chunkBytesFor({ sources: [source] }: ReaderInput): number {
  return Math.max(MIN_CHUNK_BYTES, Math.min(CHUNK_BYTES, source.sizeBytes + 1));
}

/** Walks from row to row through the windows. */
class RowCursor {
  readonly #scanner: Scanner;
  readonly #rows: RowParser;
  readonly #layout: RowLayout;
  readonly #rejects: boolean;
  #state: "begin" | "row" | "behind" = "begin";
  #rowsDone = 0;
  /** Bad rows that nobody has taken yet, of one window at most; their rows count from the first one read. */
  readonly rejected: RejectedRow[] = [];
  /** What is before it in the window is done. */
  position = 0;

  /** @param rejects whether bad rows are put aside; otherwise the first one is the error */
  constructor(scanner: Scanner, rows: RowParser, layout: RowLayout, rejects: boolean) {
    this.#rejects = rejects;
    this.#scanner = scanner;
    this.#rows = rows;
    this.#layout = layout;
  }

  open(window: JsonWindow): void {
    this.#scanner.open(window);
    this.position = window.begin;
  }

  /** Parses rows until the batch is full, the rows are at their end, or more of the file is needed. */
  run(): "full" | "end" | "more" {
    try {
      for (;;) {
        if (this.#state === "row") {
          this.#parseRow();
          if (this.#rows.isFull) return "full";
        }
        if (!this.#findRow()) return "end";
      }
    } catch (error) {
      if (error === NEEDS_MORE) return "more";
      throw error;
    }
  }

  #parseRow(): void {
    this.#scanner.row = this.#rowsDone;
    this.position = this.#rejects ? this.#parseOrReject(this.position) : this.#rows.parse(this.position);
    this.#rowsDone++;
    this.#state = "behind";
  }

  #parseOrReject(start: number): number {
    const { rowCount } = this.#rows;
    try {
      const end = this.#rows.parse(start);
      this.#layout.checkBehind(this.#scanner, end);
      return end;
    } catch (error) {
      if (!(error instanceof ImportError) && error !== NEEDS_MORE) throw error;
      // A row that was complete before what stands behind it was looked at.
      if (this.#rows.rowCount > rowCount) this.#rows.drop();
      if (error === NEEDS_MORE) throw error;
      return this.#putAside(error as ImportError, start);
    }
  }

  #putAside(error: ImportError, start: number): number {
    const { bytes, window } = this.#scanner;
    const end = this.#endOfBadRow(error, start);
    const text = { bytes: bytes.slice(start, end), byteOffset: window.base + start };
    this.rejected.push({ row: this.#rowsDone, error, text });
    return end;
  }

  /** Where even that cannot be told, the row's own fault is the error. */
  #endOfBadRow(error: ImportError, start: number): number {
    try {
      return this.#layout.endOfBadRow(this.#scanner, start);
    } catch (second) {
      throw second instanceof ImportError ? error : second;
    }
  }

  #findRow(): boolean {
    const { position } = this;
    this.#scanner.field = undefined;
    // Between rows, what is wrong belongs to the row before.
    this.#scanner.row = this.#rowsDone - 1;
    const found =
      this.#state === "begin"
        ? this.#layout.begin(this.#scanner, position)
        : this.#layout.next(this.#scanner, position);
    if (found < 0) return false;
    this.position = found;
    this.#state = "row";
    return true;
  }
}
