import type { Column, FixedColumn, InsertBatch, StoredRows } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import { rowIdField, timestampField } from "@sluice/schema";
import type { BufferLimits, ColumnBuffer } from "./column-buffer.ts";
import { columnBuffer } from "./open-column-buffer.ts";
import { RepeatedTimestamp } from "./repeated-timestamp.ts";
import { RowIdBuffer } from "./row-id-buffer.ts";
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
