import type { Column, InsertBatch } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import { type CollectionSchema, type FieldSchema, fixedWidth } from "@sluice/schema";
import { type BufferLimits, type ColumnBuffer, columnBuffer } from "./column-buffer.ts";
import type { RowRuns } from "./row-runs.ts";

/**
 * Bytes of one row that do not depend on its values: fixed-width fields, offsets of the others, the row id. An upper bound
 * on rows follows from it.
 */
export function fixedRowBytes(fields: readonly FieldSchema[]): number {
  return fields.reduce((sum, field) => sum + (fixedWidth(field) || 4) + (field.nullable ? 1 : 0), 8);
}

/** Rows of one bucket on their way into a segment, by column, row ids included. */
export class RowBuffer {
  readonly #schema: CollectionSchema;
  readonly #columns: readonly ColumnBuffer[];
  readonly #rowIds: RowIdBuffer;
  #rowCount = 0;
  #bytes = 0;

  constructor(schema: CollectionSchema, limits: BufferLimits) {
    this.#schema = schema;
    this.#columns = schema.fields.map((field) => columnBuffer(field, limits));
    this.#rowIds = new RowIdBuffer(limits.rows);
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  /** Bytes of the rows' values. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes of memory that it holds, used or not. */
  get allocatedBytes(): number {
    let bytes = this.#rowIds.allocatedBytes;
    for (const column of this.#columns) bytes += column.allocatedBytes;
    return bytes;
  }

  /** Bytes that appending the selected rows would allocate. */
  growth(batch: InsertBatch, runs: RowRuns, rows: number): number {
    let bytes = this.#rowIds.growth(this.#rowCount + rows);
    for (const [i, column] of this.#columns.entries()) {
      bytes += column.growth(this.#source(batch, i), runs, this.#rowCount, rows);
    }
    return bytes;
  }

  /** @param firstRowId of the batch's row 0 */
  append(batch: InsertBatch, runs: RowRuns, rows: number, firstRowId: bigint): void {
    this.#bytes += this.#rowIds.append(runs, this.#rowCount, rows, firstRowId);
    for (const [i, column] of this.#columns.entries()) {
      this.#bytes += column.append(this.#source(batch, i), runs, this.#rowCount, rows);
    }
    this.#rowCount += rows;
  }

  rowIds(): Column {
    return this.#rowIds.column(this.#rowCount);
  }

  /** Of the field at this position of the schema. */
  column(fieldIndex: number): Column {
    return this.#columns[fieldIndex].column(this.#rowCount);
  }

  /** Forgets the rows and keeps the memory. */
  clear(): void {
    this.#rowCount = 0;
    this.#bytes = 0;
    for (const column of this.#columns) column.clear();
  }

  /** Gives its memory back. It is not used again. */
  release(): void {
    for (const column of this.#columns) column.release();
  }

  #source(batch: InsertBatch, fieldIndex: number): Column {
    const column = batch.columns[fieldIndex];
    if (column) return column;
    const field = this.#schema.fields[fieldIndex].name;
    throw new ImportError("internal", "a batch reached the segment writer without this column", { field });
  }
}

/** Row ids as pairs of int32: a bigint a row would be slower than the copy of a vector. */
class RowIdBuffer {
  readonly #limit: number;
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
    const pairs = this.#pairs;
    const baseLow = Number(BigInt.asUintN(32, firstRowId));
    const baseHigh = Number(BigInt.asIntN(32, firstRowId >> 32n));
    let at = 2 * rowCount;
    for (let i = 0; i < runs.count; i++) {
      for (let row = runs.starts[i]; row < runs.ends[i]; row++) {
        const low = baseLow + row;
        pairs[at++] = low;
        pairs[at++] = low < 2 ** 32 ? baseHigh : baseHigh + 1;
      }
    }
    return 8 * rows;
  }

  column(rowCount: number): Column {
    return { kind: "fixed", width: 8, data: new Uint8Array(this.#pairs.buffer, 0, 8 * rowCount), validity: undefined };
  }

  #lengthFor(rows: number): number {
    const needed = 2 * rows;
    const { length } = this.#pairs;
    return needed <= length ? length : Math.max(needed, Math.min(this.#limit, 2 * length));
  }

  #grow(used: number, rows: number): void {
    const length = this.#lengthFor(rows);
    if (length === this.#pairs.length) return;
    const larger = new Int32Array(length);
    larger.set(this.#pairs.subarray(0, 2 * used));
    this.#pairs = larger;
  }
}
