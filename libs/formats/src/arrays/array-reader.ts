import type { Column, InsertBatch } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { fixedWidth } from "@sluice/schema";
import type { BatchOptions, FormatReader, ReaderInput } from "../format.ts";
import type { FieldPlan } from "../plan/field-plan.ts";
import { RowRejects } from "../row-rejects.ts";
import type { ArrayColumn } from "./array-column.ts";
import { type ColumnDecoder, numberDecoder } from "./decode-numbers.ts";
import { textDecoder } from "./decode-text.ts";
import { type ArraySet, openArrays } from "./open-arrays.ts";
import { RowBuffer } from "./row-buffer.ts";

/**
 * Rows of arrays that lie side by side: one array a field. Ranges are rows.
 *
 * While the consumer works on a batch, the next one is being read, all columns in step, into a second set of buffers;
 * columns whose bytes in the file are those of the column are handed out without a copy.
 */
export class ArrayReader implements FormatReader {
  readonly #input: ReaderInput;
  readonly #arraysOf: (sources: readonly SourceFile[]) => ArraySet;

  /** @param arraysOf what the sources offer; called once */
  constructor(input: ReaderInput, arraysOf: (sources: readonly SourceFile[]) => ArraySet) {
    this.#input = input;
    this.#arraysOf = arraysOf;
  }

  async *batches({ batchBytes, signal, onReject }: BatchOptions): AsyncGenerator<InsertBatch> {
    const { sources, plan, range, warn } = this.#input;
    const columns = await openArrays(this.#arraysOf(sources), plan, signal, warn);
    const rowCount = columns[0]?.rowCount ?? 0;
    const { begin, end } = range ?? { begin: 0, end: rowCount };
    if (begin < 0 || begin > end || end > rowCount) {
      const reason = `the files have ${rowCount} rows, not those from ${begin} to ${end}: they were replaced`;
      throw new ImportError("malformed_file", reason, { file: sources[0].path });
    }
    const set = new ColumnSet(columns, plan, new RowRejects(onReject));
    yield* set.batches(begin, end, rowsPerBatch(columns, batchBytes, end - begin), signal);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

/** Rows that take about `batchBytes`, as read or as decoded, whichever is more. */
function rowsPerBatch(columns: readonly ArrayColumn[], batchBytes: number, rows: number): number {
  let rowBytes = 0;
  for (const { field, pitchBytes } of columns) rowBytes += Math.max(pitchBytes, fixedWidth(field), 1);
  return Math.max(1, Math.min(rows, Math.floor(batchBytes / rowBytes)));
}

/** Two batches' worth of buffers, and the decoders. */
class ColumnSet {
  readonly #columns: readonly ArrayColumn[];
  readonly #decoders: readonly ColumnDecoder[];
  readonly #fieldCount: number;
  readonly #rejects: RowRejects;

  constructor(columns: readonly ArrayColumn[], plan: FieldPlan, rejects: RowRejects) {
    this.#columns = columns;
    this.#fieldCount = plan.schema.fields.length;
    this.#rejects = rejects;
    this.#decoders = columns.map((column) => {
      const isText = column.dtype.code === "U" || column.dtype.code === "S";
      return isText ? textDecoder(column, plan, rejects) : numberDecoder(column, plan.schema.timezone, rejects);
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
        const batch = this.#batch(present, begin, first, Math.min(batchRows, end - first));
        const taken = await this.#rejects.taken(batch, first);
        if (taken) yield taken;
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
      sourceBytes += (firstRow + rowCount - begin) * column.pitchBytes + (begin === 0 ? column.dataOffset : 0);
    });
    return { rowCount, columns, sourceBytes };
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
