import type { Column, InsertBatch, VarColumn } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import { fixedWidth } from "@sluice/schema";
import type { BatchOptions, FormatReader, ReaderInput } from "../format.ts";
import type { FieldPlan } from "../plan/field-plan.ts";
import { RowRejects } from "../row-rejects.ts";
import type { ArrayColumn } from "./array-column.ts";
import { coercionOf } from "./array-rules.ts";
import type { ArraysOf } from "./array-set.ts";
import { type ColumnDecoder, numberDecoder } from "./decode-numbers.ts";
import { printedDecoder } from "./decode-printed.ts";
import { sparseDecoder } from "./decode-sparse.ts";
import { textDecoder } from "./decode-text.ts";
import { FoldedArrays } from "./folded-arrays.ts";
import type { OpenedArrays } from "./open-arrays.ts";
import { openSet } from "./open-set.ts";
import { ReadAhead, windowFor } from "./read-ahead.ts";
import { RowBuffer } from "./row-buffer.ts";
import type { LiveRows } from "./row-source.ts";

/**
 * Rows of arrays that lie side by side: one array a field. Ranges are rows.
 *
 * While the consumer works on a batch, the next one is being read, all columns in step, into a second set of buffers;
 * columns whose bytes in the file are those of the column are handed out without a copy.
 */
export class ArrayReader implements FormatReader {
  readonly #input: ReaderInput;
  readonly #arraysOf: ArraysOf;
  #close: (() => Promise<void>) | undefined;

  /** @param arraysOf what the sources offer; called once */
  constructor(input: ReaderInput, arraysOf: ArraysOf) {
    this.#input = input;
    this.#arraysOf = arraysOf;
  }

  async *batches({ batchBytes, wholeBytes = 0, signal, onReject }: BatchOptions): AsyncGenerator<InsertBatch> {
    const { sources, plan, range, warn } = this.#input;
    const { set, ...arrays } = await openSet(this.#input, this.#arraysOf, signal, warn);
    this.#close = set.close;
    const { columns, folded } = arrays;
    const rowCount = columns[0]?.rowCount ?? 0;
    const { begin, end } = range ?? { begin: 0, end: rowCount };
    if (begin < 0 || begin > end || end > rowCount) {
      const reason = `the files have ${rowCount} rows, not those from ${begin} to ${end}: they were replaced`;
      throw new ImportError("malformed_file", reason, { file: sources[0].path });
    }
    const rows = new ColumnSet(arrays, plan, set.live, new RowRejects(onReject));
    const bytes = areWhole(arrays) ? Math.max(batchBytes, wholeBytes) : batchBytes;
    yield* rows.batches(begin, end, rowsPerBatch([...columns, ...folded], bytes, end - begin), signal);
    if (rows.leftOut > 0) warn?.(`${set.title}: ${rows.leftOut} rows were left out, being ${set.live?.why}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close?.();
    this.#close = undefined;
  }
}

/** Whether batches are what is read, without other memory for them. */
function areWhole({ columns, folded }: OpenedArrays): boolean {
  return folded.length === 0 && columns.every(isWhole);
}

function isWhole(column: ArrayColumn): boolean {
  return column.rowBytes === fixedWidth(column.field) && isInOrder(column);
}

function isInOrder({ rows, isStrided }: ArrayColumn): boolean {
  return !rows && !isStrided;
}

/** Rows that take about `batchBytes`, as read or as decoded, whichever is more. */
function rowsPerBatch(columns: readonly ArrayColumn[], batchBytes: number, rows: number): number {
  let rowBytes = 0;
  for (const { field, pitchBytes } of columns) rowBytes += Math.max(pitchBytes, fixedWidth(field), 1);
  return Math.max(1, Math.min(rows, Math.floor(batchBytes / rowBytes)));
}

/** Of columns that take a small part of each batch; undefined for others. */
function readAhead(columns: readonly ArrayColumn[], begin: number, end: number, batchRows: number) {
  const batchBytes = columns.reduce((sum, { rowBytes }) => sum + rowBytes * batchRows, 0);
  return columns.map((column): ReadAhead | undefined => {
    const { source, dataOffset, rowBytes } = column;
    const windowBytes = windowFor(rowBytes * batchRows, batchBytes);
    if (windowBytes === 0 || !isInOrder(column) || end - begin <= batchRows) return undefined;
    return new ReadAhead(source, dataOffset + begin * rowBytes, dataOffset + end * rowBytes, windowBytes);
  });
}

/** Two batches' worth of buffers, and the decoders. */
class ColumnSet {
  readonly #columns: readonly ArrayColumn[];
  readonly #decoders: readonly ColumnDecoder[];
  /** Arrays that become keys of `$meta`. */
  readonly #extras: readonly ArrayColumn[];
  readonly #folded: FoldedArrays | undefined;
  readonly #fieldCount: number;
  readonly #live: LiveRows | undefined;
  readonly #rejects: RowRejects;
  /** Rows that were not there any more. */
  leftOut = 0;

  constructor({ columns, folded }: OpenedArrays, plan: FieldPlan, live: LiveRows | undefined, rejects: RowRejects) {
    this.#columns = columns;
    this.#extras = folded;
    this.#folded = folded.length > 0 ? new FoldedArrays(folded, rejects) : undefined;
    this.#live = live;
    this.#fieldCount = plan.schema.fields.length;
    this.#rejects = rejects;
    const dynamic = plan.dynamic.with(folded.map(({ field }) => field.name));
    this.#decoders = columns.map((column) => {
      const isText = column.dtype.code === "U" || column.dtype.code === "S";
      if (column.dtype.code === "P") return sparseDecoder(column, rejects);
      if (isText) return textDecoder(column, plan.schema, dynamic, rejects);
      if (coercionOf(column.field, column.dtype)) return printedDecoder(column, rejects);
      return numberDecoder(column, plan.schema.timezone, rejects, plan.options.nanIsNull);
    });
  }

  async *batches(begin: number, end: number, batchRows: number, signal: AbortSignal): AsyncGenerator<InsertBatch> {
    const all = [...this.#columns, ...this.#extras];
    const ahead = readAhead(all, begin, end, batchRows);
    const buffersOf = () => new BatchBuffers(all, ahead, this.#live, batchRows);
    let [present, next] = [buffersOf(), begin + batchRows < end ? buffersOf() : undefined];
    let reading = present.fill(begin, Math.min(batchRows, end - begin), signal);
    try {
      for (let first = begin; first < end; first += batchRows) {
        await reading;
        const rest = end - first - batchRows;
        // The consumer has asked for this batch, so it is done with the one before, whose buffers `next` are.
        if (next && rest > 0) reading = next.fill(first + batchRows, Math.min(batchRows, rest), signal);
        const taken = await this.#rowsOf(present, begin, first, Math.min(batchRows, end - first));
        if (taken) yield taken;
        [present, next] = [next ?? present, present];
      }
    } finally {
      // Nothing may write into the buffers, or fail unheard, after the loop was left.
      await Promise.allSettled([reading]);
      for (const buffers of new Set([present, next, ...ahead])) buffers?.[Symbol.dispose]();
    }
  }

  async #rowsOf(
    { columns, live }: BatchBuffers,
    begin: number,
    firstRow: number,
    rowCount: number,
  ): Promise<InsertBatch | undefined> {
    if (live) this.leftOut += this.#rejects.leaveOut(live, firstRow, rowCount);
    return this.#rejects.taken(this.#batch(columns, begin, firstRow, rowCount), firstRow);
  }

  #batch(buffers: readonly RowBuffer[], begin: number, firstRow: number, rowCount: number): InsertBatch {
    const columns = new Array<Column | undefined>(this.#fieldCount).fill(undefined);
    this.#columns.forEach((column, i) => {
      columns[column.index] = this.#decoders[i](buffers[i].rows(rowCount), rowCount, firstRow);
    });
    if (this.#folded) {
      const { index } = this.#extras[0];
      const raws = buffers.slice(this.#columns.length).map((buffer) => buffer.rows(rowCount));
      columns[index] = this.#folded.column(columns[index] as VarColumn | undefined, raws, rowCount, firstRow);
    }
    let sourceBytes = 0;
    // Of ranges, the first one counts the header.
    for (const { pitchBytes, dataOffset } of [...this.#columns, ...this.#extras])
      sourceBytes += (firstRow + rowCount - begin) * pitchBytes + (begin === 0 ? dataOffset : 0);
    return { rowCount, columns, sourceBytes };
  }
}

/** Memory for one batch. */
class BatchBuffers implements Disposable {
  readonly columns: readonly RowBuffer[];
  /** A byte for each row, 0 for those that are none any more; undefined where all are. */
  readonly live: Uint8Array | undefined;
  readonly #liveRows: LiveRows | undefined;

  /** @param ahead of columns that are read ahead; both sets of buffers share them */
  constructor(
    columns: readonly ArrayColumn[],
    ahead: readonly (ReadAhead | undefined)[],
    liveRows: LiveRows | undefined,
    rows: number,
  ) {
    this.columns = columns.map((column, i) => new RowBuffer(column, rows, ahead[i]));
    this.#liveRows = liveRows;
    this.live = liveRows && new Uint8Array(rows);
  }

  /** One settled promise for all columns: when it rejects, no read is left in flight. */
  fill(firstRow: number, rows: number, signal: AbortSignal): Promise<void> {
    const reads = this.columns.map((buffer) => buffer.fill(firstRow, rows, signal));
    if (this.#liveRows && this.live) reads.push(this.#liveRows.read(firstRow, rows, this.live, signal));
    const all = Promise.allSettled(reads).then((results) => {
      const failed = results.find((result) => result.status === "rejected");
      if (failed) throw failed.reason;
    });
    all.catch(() => {}); // Heard when the batch is awaited.
    return all;
  }

  [Symbol.dispose](): void {
    for (const buffer of this.columns) buffer[Symbol.dispose]();
  }
}
