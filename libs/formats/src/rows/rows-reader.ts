import type { InsertBatch } from "@sluice/columns";
import { ImportError, locate } from "@sluice/errors";
import type { BatchOptions, FormatReader, ReaderInput, RejectedRow } from "../format.ts";
import { type FileWindow, FileWindows } from "./file-windows.ts";
import { withLine } from "./line-counter.ts";
import { RowCursor } from "./row-cursor.ts";
import type { RowLayout, RowScanner, RowText } from "./row-text.ts";

/** Bytes read at once; less for small files, of which many may be read at the same time. */
const CHUNK_BYTES = 4 << 20;
const MIN_CHUNK_BYTES = 64 << 10;

/** For tests. */
export interface RowsReaderOptions {
  /** Default 4 MiB; tests take small ones. */
  readonly chunkBytes?: number;
}

/** Looks at the file as far as must be before its first row. */
export type OpenRowText<S extends RowScanner> = (options: BatchOptions) => RowText<S> | Promise<RowText<S>>;

/** Rows of text, whatever their format and layout, in batches. */
export class RowsReader<S extends RowScanner> implements FormatReader {
  readonly #input: ReaderInput;
  readonly #open: OpenRowText<S>;
  readonly #chunkBytes: number;
  #rowsBefore: number | undefined;
  #layout: RowLayout<S> | undefined;

  constructor(input: ReaderInput, open: OpenRowText<S>, { chunkBytes = chunkBytesFor(input) }: RowsReaderOptions = {}) {
    this.#input = input;
    this.#open = open;
    this.#chunkBytes = chunkBytes;
  }

  get head(): string | undefined {
    return this.#layout?.head;
  }

  async *batches(options: BatchOptions): AsyncGenerator<InsertBatch> {
    const { signal, onReject } = options;
    const text = await this.#open(options);
    const { rows, layout } = text;
    const { source = this.#input.sources[0] } = text;
    this.#layout = layout;
    const windows = new FileWindows(source, { chunkBytes: this.#chunkBytes, start: layout.start, signal });
    const cursor = new RowCursor(text, onReject !== undefined);
    let window: FileWindow | undefined;
    try {
      for (;;) {
        signal.throwIfAborted();
        window = await nextWindow(windows, window, cursor);
        cursor.open(window);
        // A window holds many batches of narrow rows, or less than one of wide ones.
        for (;;) {
          const state = cursor.run();
          if (cursor.rejected.length > 0) await this.#reject(cursor.rejected, layout, options);
          if (state === "more") break;
          const rowCount = rows.rowCount;
          const sourceBytes = window.base + cursor.position - layout.start;
          if (rowCount > 0) yield { rowCount, columns: rows.take(), sourceBytes };
          if (state === "end") {
            await layout.finish?.(signal);
            this.#warn(rows.warnings?.() ?? []);
            return;
          }
        }
      }
    } catch (error) {
      const located = await this.#located(error, layout, signal);
      throw layout.isBinary ? located : await withLine(located, source, signal);
    } finally {
      await windows.close(window);
    }
  }

  /** Of what is cut, its first part speaks for all. */
  #warn(warnings: readonly string[]): void {
    const { sources, range, warn } = this.#input;
    if (!range) for (const text of warnings) warn?.(`${sources[0].path}: ${text}`);
    else if (range.begin === 0)
      for (const text of warnings) warn?.(`${sources[0].path}, bytes 0 to ${range.end}: ${text}`);
  }

  async #reject(rejected: RejectedRow[], layout: RowLayout<S>, { onReject, signal }: BatchOptions): Promise<void> {
    for (const { row, error, text } of rejected) {
      const located = (await this.#located(error, layout, signal)) as ImportError;
      await onReject?.({ row: located.at?.row ?? row, error: located, ...(text && { text }) });
    }
    rejected.length = 0;
  }

  /** Rows of a range count from the start of the file: the rows before it are counted now, since there is an error. */
  async #located(error: unknown, layout: RowLayout<S>, signal: AbortSignal): Promise<unknown> {
    if (!(error instanceof ImportError) || error.at?.row === undefined) return error;
    this.#rowsBefore ??= await layout.rowsBefore(signal);
    if (this.#rowsBefore === 0) return error;
    const at = { ...error.at, row: error.at.row + this.#rowsBefore };
    return new ImportError(error.code, error.reason, at, { cause: error });
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** A row that is too large for any window has its place in the error. */
async function nextWindow<S extends RowScanner>(
  windows: FileWindows,
  window: FileWindow | undefined,
  { position, row }: RowCursor<S>,
): Promise<FileWindow> {
  try {
    return await windows.next(window, position);
  } catch (error) {
    if (!window || !(error instanceof ImportError) || error.code !== "malformed_file") throw error;
    throw locate(error, { row, byteOffset: window.base + position });
  }
}

function chunkBytesFor({ sources: [source] }: ReaderInput): number {
  return Math.max(MIN_CHUNK_BYTES, Math.min(CHUNK_BYTES, source.sizeBytes + 1));
}
