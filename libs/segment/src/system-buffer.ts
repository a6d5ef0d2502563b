import { giveMemory, takeMemory } from "@sluice/async";
import type { Column, FixedColumn, InsertBatch, StoredRows } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import { numberRows } from "@sluice/kernels";
import { rowIdField, timestampField } from "@sluice/schema";
import type { BufferLimits, ColumnBuffer } from "./column-buffer.ts";
import { columnBuffer } from "./open-column-buffer.ts";
import { RepeatedTimestamp } from "./repeated-timestamp.ts";
import type { RowRuns } from "./row-runs.ts";

/** What every row has besides its fields. */
export interface SystemColumns {
  readonly rowIds: Column;
  readonly timestamps: Column;
  /** Of the timestamps, hybrid. */
  readonly minTimestamp: bigint;
  readonly maxTimestamp: bigint;
}

/** Row numbers and timestamps while a bucket fills; see `ColumnBuffer`. */
export interface SystemBuffer {
  readonly allocatedBytes: number;
  /** Bytes that it would allocate more for these rows on top of `rowCount`. */
  growth(batch: InsertBatch, runs: RowRuns, rowCount: number, rows: number): number;
  /** @param firstRowId number of the batch's row 0, where it brings none */
  append(batch: InsertBatch, runs: RowRuns, rowCount: number, rows: number, firstRowId: bigint): number;
  /** What was appended; stays valid until the next append. */
  columns(rowCount: number): SystemColumns;
  /** Forgets the rows and keeps the memory. */
  clear(): void;
  /** Gives its memory back. It is not used again. */
  release(): void;
}

/** Of rows that are written for the first time: numbers in their order, and one timestamp for all. */
export class NewRowsBuffer implements SystemBuffer {
  readonly #rowIds: RowIdBuffer;
  readonly #timestamp: bigint;
  readonly #timestamps: RepeatedTimestamp;

  constructor(rows: number, timestamp: bigint, timestamps: RepeatedTimestamp) {
    this.#rowIds = new RowIdBuffer(rows);
    this.#timestamp = timestamp;
    this.#timestamps = timestamps;
  }

  get allocatedBytes(): number {
    return this.#rowIds.allocatedBytes;
  }

  growth(_batch: InsertBatch, _runs: RowRuns, rowCount: number, rows: number): number {
    return this.#rowIds.growth(rowCount + rows);
  }

  append(_batch: InsertBatch, runs: RowRuns, rowCount: number, rows: number, firstRowId: bigint): number {
    return this.#rowIds.append(runs, rowCount, rows, firstRowId);
  }

  columns(rowCount: number): SystemColumns {
    return {
      rowIds: this.#rowIds.column(rowCount),
      timestamps: this.#timestamps.column(rowCount),
      minTimestamp: this.#timestamp,
      maxTimestamp: this.#timestamp,
    };
  }

  clear(): void {}

  release(): void {
    this.#rowIds.release();
  }
}

/** Of rows that have been in a segment before: they keep their numbers and timestamps. */
export class StoredRowsBuffer implements SystemBuffer {
  readonly #rowIds: ColumnBuffer;
  readonly #timestamps: ColumnBuffer;

  constructor(limits: BufferLimits) {
    this.#rowIds = columnBuffer(rowIdField, limits);
    this.#timestamps = columnBuffer(timestampField, limits);
  }

  get allocatedBytes(): number {
    return this.#rowIds.allocatedBytes + this.#timestamps.allocatedBytes;
  }

  growth(batch: InsertBatch, runs: RowRuns, rowCount: number, rows: number): number {
    const { rowIds, timestamps } = storedRowsOf(batch);
    return (
      this.#rowIds.growth(rowIds, runs, rowCount, rows) + this.#timestamps.growth(timestamps, runs, rowCount, rows)
    );
  }

  /** Timestamps do not count, so that merged rows are as large as they were apart. */
  append(batch: InsertBatch, runs: RowRuns, rowCount: number, rows: number): number {
    const { rowIds, timestamps } = storedRowsOf(batch);
    this.#timestamps.append(timestamps, runs, rowCount, rows);
    return this.#rowIds.append(rowIds, runs, rowCount, rows);
  }

  columns(rowCount: number): SystemColumns {
    const timestamps = this.#timestamps.column(rowCount) as FixedColumn;
    const { data } = timestamps;
    const values = new BigInt64Array(data.buffer, data.byteOffset, rowCount);
    let [minTimestamp, maxTimestamp] = [values[0], values[0]];
    for (const value of values) {
      if (value < minTimestamp) minTimestamp = value;
      else if (value > maxTimestamp) maxTimestamp = value;
    }
    return { rowIds: this.#rowIds.column(rowCount), timestamps, minTimestamp, maxTimestamp };
  }

  clear(): void {
    this.#rowIds.clear();
    this.#timestamps.clear();
  }

  release(): void {
    this.#rowIds.release();
    this.#timestamps.release();
  }
}

function storedRowsOf({ storedRows }: InsertBatch): StoredRows {
  if (storedRows) return storedRows;
  throw new ImportError("internal", "a batch of stored rows reached the segment writer without their numbers");
}

/** Row ids as pairs of int32: a bigint a row would be slower than the copy of a vector. */
class RowIdBuffer {
  readonly #limit: number;
  #memory = new Uint8Array(0);
  #pairs = new Int32Array(0);

  constructor(rows: number) {
    this.#limit = 2 * rows;
  }

  get allocatedBytes(): number {
    return this.#pairs.byteLength;
  }

  growth(rows: number): number {
    return 4 * (this.#lengthFor(rows) - this.#pairs.length);
  }

  append(runs: RowRuns, rowCount: number, rows: number, firstRowId: bigint): number {
    this.#grow(rowCount, rowCount + rows);
    if (numberRows(runs, firstRowId, this.#memory, 8 * rowCount)) return 8 * rows;
    const baseLow = Number(BigInt.asUintN(32, firstRowId));
    const high = Number(BigInt.asIntN(32, firstRowId >> 32n));
    for (let i = 0, at = 2 * rowCount; i < runs.count; i++) {
      const start = runs.starts[i];
      const end = runs.ends[i];
      this.#fill(baseLow, high, start, end, at);
      at += 2 * (end - start);
    }
    return 8 * rows;
  }

  /** Numbers of rows `[start, end)` from index `at` on. In int32 but for the one run in billions whose low words overflow. */
  #fill(baseLow: number, high: number, start: number, end: number, at: number): void {
    const pairs = this.#pairs;
    if (baseLow + end <= 2 ** 32) {
      for (let low = (baseLow + start) | 0, p = at, left = end - start; left > 0; left--, low = (low + 1) | 0) {
        pairs[p++] = low;
        pairs[p++] = high;
      }
      return;
    }
    for (let row = start, p = at; row < end; row++) {
      const low = baseLow + row;
      pairs[p++] = low;
      pairs[p++] = low < 2 ** 32 ? high : high + 1;
    }
  }

  column(rowCount: number): Column {
    return { kind: "fixed", width: 8, data: this.#memory.subarray(0, 8 * rowCount), validity: undefined };
  }

  #lengthFor(rows: number): number {
    const needed = 2 * rows;
    const { length } = this.#pairs;
    return needed <= length ? length : Math.max(needed, Math.min(this.#limit, 2 * length));
  }

  #grow(used: number, rows: number): void {
    const length = this.#lengthFor(rows);
    if (length === this.#pairs.length) return;
    const memory = takeMemory(4 * length);
    const pairs = new Int32Array(memory.buffer, memory.byteOffset, length);
    pairs.set(this.#pairs.subarray(0, 2 * used));
    giveMemory(this.#memory);
    [this.#memory, this.#pairs] = [memory, pairs];
  }

  release(): void {
    giveMemory(this.#memory);
    this.#memory = new Uint8Array(0);
    this.#pairs = new Int32Array(0);
  }
}

/** How the buckets of one set get theirs. */
export interface SystemBuffers {
  /** One for a bucket. */
  open(): SystemBuffer;
  /** Gives back what they share. No buffer is used again. */
  release(): void;
}

/** @param timestamp of all rows; undefined where they bring theirs */
export function systemBuffers(timestamp: bigint | undefined, limits: BufferLimits): SystemBuffers {
  if (timestamp === undefined) return { open: () => new StoredRowsBuffer(limits), release() {} };
  const timestamps = new RepeatedTimestamp(timestamp, limits.rows);
  return {
    open: () => new NewRowsBuffer(limits.rows, timestamp, timestamps),
    release: () => timestamps[Symbol.dispose](),
  };
}
