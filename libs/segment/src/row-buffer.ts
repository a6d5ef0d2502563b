import type { Column, InsertBatch } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import { type CollectionSchema, type FieldSchema, fixedWidth } from "@sluice/schema";
import type { BufferLimits, ColumnBuffer } from "./column-buffer.ts";
import { columnBuffer } from "./open-column-buffer.ts";
import type { RowRuns } from "./row-runs.ts";
import type { SystemBuffer, SystemColumns } from "./system-buffer.ts";

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
  readonly #system: SystemBuffer;
  #rowCount = 0;
  #bytes = 0;

  constructor(schema: CollectionSchema, limits: BufferLimits, system: SystemBuffer) {
    this.#schema = schema;
    this.#columns = schema.fields.map((field) => columnBuffer(field, limits));
    this.#system = system;
  }

  /** Rows since it was last cleared. */
  get rowCount(): number {
    return this.#rowCount;
  }

  /** Bytes of the rows' values. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes of memory that it holds, used or not. */
  get allocatedBytes(): number {
    let bytes = this.#system.allocatedBytes;
    for (const column of this.#columns) bytes += column.allocatedBytes;
    return bytes;
  }

  /** Bytes that appending the selected rows would allocate. */
  growth(batch: InsertBatch, runs: RowRuns, rows: number): number {
    let bytes = this.#system.growth(batch, runs, this.#rowCount, rows);
    for (const [i, column] of this.#columns.entries()) {
      bytes += column.growth(this.#source(batch, i), runs, this.#rowCount, rows);
    }
    return bytes;
  }

  /** @param firstRowId of the batch's row 0, where it brings none */
  append(batch: InsertBatch, runs: RowRuns, rows: number, firstRowId: bigint): void {
    this.#bytes += this.#system.append(batch, runs, this.#rowCount, rows, firstRowId);
    for (const [i, column] of this.#columns.entries()) {
      this.#bytes += column.append(this.#source(batch, i), runs, this.#rowCount, rows);
    }
    this.#rowCount += rows;
  }

  /** Numbers and timestamps; valid until the next append. */
  system(): SystemColumns {
    return this.#system.columns(this.#rowCount);
  }

  /** Of the field at this position of the schema. */
  column(fieldIndex: number): Column {
    return this.#columns[fieldIndex].column(this.#rowCount);
  }

  /** Forgets the rows and keeps the memory. */
  clear(): void {
    this.#rowCount = 0;
    this.#bytes = 0;
    this.#system.clear();
    for (const column of this.#columns) column.clear();
  }

  /** Gives its memory back. It is not used again. */
  release(): void {
    this.#system.release();
    for (const column of this.#columns) column.release();
  }

  #source(batch: InsertBatch, fieldIndex: number): Column {
    const column = batch.columns[fieldIndex];
    if (column) return column;
    const field = this.#schema.fields[fieldIndex].name;
    throw new ImportError("internal", "a batch reached the segment writer without this column", { field });
  }
}
