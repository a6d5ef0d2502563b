import { batchBytes, type Column, type InsertBatch } from "@sluice/columns";
import { type CollectionSchema, fixedWidth } from "@sluice/schema";
import type { SystemColumns } from "./system-buffer.ts";

/** Rows that become one log of each field. */
export interface FlushedRows {
  readonly rowCount: number;
  /** Of the rows' values. */
  readonly bytes: number;
  /** Numbers and timestamps of the rows. */
  system(): SystemColumns;
  /** Of the field at this position of the schema. */
  column(fieldIndex: number): Column;
}

/** Bytes of a row's number. */
const ROW_ID_BYTES = 8;

/**
 * Whether a batch can be written from where it lies: new rows of fixed width without nulls, so many that they make a flush.
 * @param flushBytes undefined: no batch can
 */
export function isWhole(batch: InsertBatch, { fields }: CollectionSchema, flushBytes: number | undefined): boolean {
  const bytes = batchBytes(batch);
  if (flushBytes === undefined || bytes < flushBytes / 2 || bytes > flushBytes || batch.storedRows) return false;
  return fields.every((field, i) => {
    const column = batch.columns[i];
    return column?.kind === "fixed" && column.width === fixedWidth(field) && !column.validity;
  });
}

/** The rows of such a batch, as they are. */
export function wholeRows(batch: InsertBatch, system: SystemColumns): FlushedRows {
  const { rowCount } = batch;
  return {
    rowCount,
    bytes: batchBytes(batch) + ROW_ID_BYTES * rowCount,
    system: () => system,
    column: (index) => firstRows(batch.columns[index] as Column, rowCount),
  };
}

function firstRows(column: Column, rowCount: number): Column {
  return column.kind === "fixed" ? { ...column, data: column.data.subarray(0, rowCount * column.width) } : column;
}
