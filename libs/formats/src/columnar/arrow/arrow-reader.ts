import type { InsertBatch } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { damageError } from "@sluice/parquet";
import type { BatchOptions, FormatReader, ReaderInput, RejectedRow } from "../../format.ts";
import { RowRejects } from "../../row-rejects.ts";
import { ArrowWindows } from "./arrow-windows.ts";
import type { ArrowContainer } from "./ipc/arrow-container.ts";
import { readMessage } from "./ipc/read-message.ts";
import { openArrow, planArrow } from "./open-arrow.ts";
import { OpenColumns } from "./open-columns.ts";

/**
 * Arrow files and streams: buffers straight to columns, some rows at a time. While the consumer works on a batch, the next
 * one is being read. `range` counts record batches, of files only.
 */
export class ArrowReader implements FormatReader {
  readonly #input: ReaderInput;
  readonly #source: SourceFile;

  /** @throws {ImportError} `request_invalid` unless there is exactly one source */
  constructor(input: ReaderInput) {
    if (input.sources.length !== 1) throw new ImportError("request_invalid", "for Arrow import, accepts only one file");
    this.#input = input;
    this.#source = input.sources[0];
  }

  async *batches(options: BatchOptions): AsyncGenerator<InsertBatch> {
    const { signal, onReject } = options;
    let rowsBefore: number | undefined;
    const container = await openArrow(this.#source, signal);
    /** Rows of a range count from the start of the file: those before it are counted when there is something to say. */
    const placed = async (error: unknown) => {
      const { range } = this.#input;
      if (!(error instanceof ImportError) || error.at?.row === undefined || !range?.begin) return error;
      rowsBefore ??= await countRows(this.#source, container, range.begin, signal);
      return new ImportError(
        error.code,
        error.reason,
        { ...error.at, row: error.at.row + rowsBefore },
        { cause: error },
      );
    };
    const reject = async ({ error }: RejectedRow) => {
      const moved = (await placed(error)) as ImportError;
      await onReject?.({ row: moved.at?.row ?? 0, error: moved });
    };
    try {
      yield* this.#read(container, options, new RowRejects(onReject && reject));
    } catch (error) {
      throw await placed(damageError(error, "the Arrow data", { file: this.#source.path }));
    }
  }

  async *#read(
    container: ArrowContainer,
    { batchBytes, signal }: BatchOptions,
    rejects: RowRejects,
  ): AsyncGenerator<InsertBatch> {
    const { plan, range, warn } = this.#input;
    const plans = await planArrow(this.#source, container, plan, signal, warn);
    if (!plans) return;
    const columns = new OpenColumns(plans, this.#input, rejects);
    const onOpenEnd = () =>
      warn?.(
        `${this.#source.path}: the stream ends without the mark of its end: nobody can tell whether rows are missing`,
      );
    const { paths, rowBytes } = columns;
    const options = { paths, rowBytes, windowBytes: batchBytes, range, signal, onOpenEnd };
    const windows = new ArrowWindows(this.#source, container, options);
    let reading = windows.next();
    try {
      for (;;) {
        signal.throwIfAborted();
        const window = await reading;
        if (!window) return;
        reading = windows.next();
        reading.catch(() => {}); // Heard when the window is awaited.
        const batch = columns.batch(window.values, window.rowCount, window.firstRow, window.sourceBytes);
        const taken = await rejects.taken(batch, window.firstRow);
        if (taken) yield taken;
        window.close();
      }
    } finally {
      // Nothing may read, or fail unheard, after the loop was left.
      (await reading.catch(() => undefined))?.close();
      await windows.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** Rows of the first `count` batches of a file. */
async function countRows(source: SourceFile, { batches = [] }: ArrowContainer, count: number, signal: AbortSignal) {
  let rows = 0;
  for (const { start } of batches.slice(0, count)) {
    const message = await readMessage(source, start, signal);
    if (message?.kind === "batch") rows += message.batch.rowCount;
  }
  return rows;
}
