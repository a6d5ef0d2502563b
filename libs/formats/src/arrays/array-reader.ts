import type { Column, InsertBatch } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import { fixedWidth } from "@sluice/schema";
import type { BatchOptions, FormatReader, ReaderInput } from "../format-reader.ts";
import type { NpyColumn } from "./array-column.ts";
import { type ColumnDecoder, numberDecoder } from "./decode-numbers.ts";
import { textDecoder } from "./decode-text.ts";
import { openNpyColumns } from "./npy/open-columns.ts";
import { RowBuffer } from "./row-buffer.ts";

/**
 * A set of NumPy arrays, one file for each field, named after it (`$meta.npy` is the dynamic column). Source:
 * numpy.lib.format, versions 1.0 to 3.0. Ranges are rows.
 *
 * While the consumer works on a batch, the next one is being read, all columns in step, into a second set of buffers;
 * columns whose bytes in the file are those of the column are handed out without a copy.
 */
export class NpyReader implements FormatReader {
  readonly #input: ReaderInput;

  constructor(input: ReaderInput) {
    this.#input = input;
  }

  async *batches({ batchBytes, signal }: BatchOptions): AsyncGenerator<InsertBatch> {
    const { sources, schema, range } = this.#input;
    const columns = await openNpyColumns(sources, schema, signal);
    const { begin, end } = range ?? { begin: 0, end: columns[0].rowCount };
    if (begin < 0 || begin > end || end > columns[0].rowCount) {
      const reason = `the files have ${columns[0].rowCount} rows, not those from ${begin} to ${end}: they were replaced`;
      throw new ImportError("malformed_file", reason, { file: sources[0].path });
    }
    const set = new ColumnSet(columns, schema.fields.length, schema.timezone);
    yield* set.batches(begin, end, rowsPerBatch(columns, batchBytes, end - begin), signal);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

/** Rows that take about `batchBytes`, as read or as decoded, whichever is more. */
function rowsPerBatch(columns: readonly NpyColumn[], batchBytes: number, rows: number): number {
  let rowBytes = 0;
  for (const { field, rowBytes: bytes } of columns) rowBytes += Math.max(bytes, fixedWidth(field), 1);
  return Math.max(1, Math.min(rows, Math.floor(batchBytes / rowBytes)));
}

/** Two batches' worth of buffers, and the decoders. */
class ColumnSet {
  readonly #columns: readonly NpyColumn[];
  readonly #decoders: readonly ColumnDecoder[];
  readonly #fieldCount: number;

  constructor(columns: readonly NpyColumn[], fieldCount: number, timezone: string) {
    this.#columns = columns;
    this.#fieldCount = fieldCount;
    this.#decoders = columns.map((column) => {
      const isText = column.dtype.code === "U" || column.dtype.code === "S";
      return isText ? textDecoder(column, timezone) : numberDecoder(column);
    });
  }

  async *batches(begin: number, end: number, batchRows: number, signal: AbortSignal): AsyncGenerator<InsertBatch> {
    const buffersOf = () => this.#columns.map((column) => new RowBuffer(column, batchRows));
    let [present, next] = [buffersOf(), begin + batchRows < end ? buffersOf() : []];
    let reading = fill(present, begin, Math.min(batchRows, end - begin), signal);
    try {
      for (let first = begin; first < end; first += batchRows) {
        await reading;
        const rest = end - first - batchRows;
        // The consumer has asked for this batch, so it is done with the one before, whose buffers `next` are.
        if (rest > 0) reading = fill(next, first + batchRows, Math.min(batchRows, rest), signal);
        yield this.#batch(present, begin, first, Math.min(batchRows, end - first));
        [present, next] = [next, present];
      }
    } finally {
      // Nothing may write into the buffers, or fail unheard, after the loop was left.
      await Promise.allSettled([reading]);
      for (const buffer of [...present, ...next]) buffer[Symbol.dispose]();
    }
  }

  #batch(buffers: readonly RowBuffer[], begin: number, firstRow: number, rowCount: number): InsertBatch {
    const columns = new Array<Column | undefined>(this.#fieldCount).fill(undefined);
    let sourceBytes = 0;
    this.#columns.forEach((column, i) => {
      columns[column.index] = this.#decoders[i](buffers[i].rows(rowCount), rowCount, firstRow);
      // Of ranges, the first one counts the header.
      sourceBytes += (firstRow + rowCount - begin) * column.rowBytes + (begin === 0 ? column.dataOffset : 0);
    });
    return { rowCount, firstRow: firstRow - begin, columns, sourceBytes };
  }
}

/** One settled promise for all columns: when it rejects, no read is left in flight. */
function fill(buffers: readonly RowBuffer[], firstRow: number, rows: number, signal: AbortSignal): Promise<void> {
  const reads = buffers.map((buffer) => buffer.fill(firstRow, rows, signal));
  const all = Promise.allSettled(reads).then((results) => {
    const failed = results.find((result) => result.status === "rejected");
    if (failed) throw failed.reason;
  });
  all.catch(() => {}); // Heard when the batch is awaited.
  return all;
}
