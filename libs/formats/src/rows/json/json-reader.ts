import type { InsertBatch } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import type { BatchOptions, FormatReader, ReaderInput } from "../../format-reader.ts";
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
  /** Rows of the file before this reader's first one, for messages; asked for only when there is something to say. */
  rowsBefore(signal: AbortSignal): Promise<number>;
}

/** Rows of JSON text, whatever their layout, in batches. */
export class JsonRowsReader implements FormatReader {
  readonly #input: ReaderInput;
  readonly #layout: RowLayout;
  readonly #chunkBytes: number;

  constructor(input: ReaderInput, layout: RowLayout, { chunkBytes = chunkBytesFor(input) }: JsonReaderOptions = {}) {
    this.#input = input;
    this.#layout = layout;
    this.#chunkBytes = chunkBytes;
  }

  async *batches({ batchBytes, signal }: BatchOptions): AsyncGenerator<InsertBatch> {
    const [source] = this.#input.sources;
    const scanner = new Scanner(source.path, this.#layout.isOneLine);
    const rows = new RowParser(this.#input.schema, scanner, batchBytes);
    const windows = new JsonSource(source, { chunkBytes: this.#chunkBytes, start: this.#layout.start, signal });
    const cursor = new RowCursor(scanner, rows, this.#layout);
    let firstRow = 0;
    let window: JsonWindow | undefined;
    try {
      for (;;) {
        signal.throwIfAborted();
        window = await windows.next(window, cursor.position);
        cursor.open(window);
        // A window holds many batches of narrow rows, or less than one of wide ones.
        for (;;) {
          const state = cursor.run();
          if (state === "more") break;
          const rowCount = rows.rowCount;
          if (rowCount > 0) {
            yield {
              rowCount,
              firstRow,
              columns: rows.take(),
              sourceBytes: window.base + cursor.position - this.#layout.start,
            };
            rows.reset();
            firstRow += rowCount;
          }
          if (state === "end") return;
        }
      }
    } catch (error) {
      throw await this.#located(error, signal);
    } finally {
      await windows.close(window);
    }
  }

  /** Rows of a range count from the start of the file: the rows before it are counted now, since there is an error. */
  async #located(error: unknown, signal: AbortSignal): Promise<unknown> {
    if (!(error instanceof ImportError) || error.at?.row === undefined) return error;
    const before = await this.#layout.rowsBefore(signal);
    return before === 0
      ? error
      : new ImportError(error.code, error.reason, { ...error.at, row: error.at.row + before }, { cause: error });
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
  #state: "begin" | "row" | "behind" = "begin";
  #rowsDone = 0;
  /** What is before it in the window is done. */
  position = 0;

  constructor(scanner: Scanner, rows: RowParser, layout: RowLayout) {
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
    this.position = this.#rows.parse(this.position);
    this.#rowsDone++;
    this.#state = "behind";
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
