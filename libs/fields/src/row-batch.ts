import type { Column, InsertBatch } from "@sluice/columns";
import type { dataCoord } from "@sluice/rpc";
import { type CollectionSchema, type FieldSchema, fixedWidth } from "@sluice/schema";

// Complete rows on their way between services: the columns' own memory, without an object for each value.

/** @param batch every column of its schema */
export function rowBatchMessage({ rowCount, columns }: InsertBatch): dataCoord.RowBatch {
  return { rowCount: BigInt(rowCount), columns: columns.map((column) => columnMessage(column as Column, rowCount)) };
}

/** A column as it travels between services, without a copy. */
export function columnMessage(column: Column, rowCount: number): dataCoord.ColumnBytes {
  const validity = column.validity ? buffer(column.validity.subarray(0, rowCount)) : Buffer.alloc(0);
  if (column.kind === "fixed")
    return { data: buffer(column.data.subarray(0, rowCount * column.width)), offsets: Buffer.alloc(0), validity };
  const offsets = column.offsets.subarray(0, rowCount + 1);
  const bytes = new Uint8Array(offsets.buffer, offsets.byteOffset, offsets.byteLength);
  return { data: buffer(column.data.subarray(0, offsets[rowCount])), offsets: buffer(bytes), validity };
}

function buffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The rows in the memory of the message, whose columns are aligned. @throws {RangeError} for columns that are not the schema's */
export function rowsOfBatch(schema: CollectionSchema, message: dataCoord.RowBatch | undefined): InsertBatch {
  const { columns = [], rowCount = 0n } = message ?? {};
  if (columns.length !== schema.fields.length)
    throw new RangeError(`${columns.length} columns for ${schema.fields.length} fields`);
  const rows = Number(rowCount);
  return {
    rowCount: rows,
    columns: schema.fields.map((field, i) => columnOf(field, columns[i], rows)),
    sourceBytes: 0,
  };
}

/** The values of a field, aligned, in the memory of the message. @throws {RangeError} for bytes that are not `rowCount` of its values */
export function columnOf(
  field: FieldSchema,
  { data, offsets, validity }: dataCoord.ColumnBytes,
  rowCount: number,
): Column {
  const width = fixedWidth(field);
  const valid = validity.length > 0 ? validity : undefined;
  if (width > 0) {
    if (data.length !== width * rowCount) throw new RangeError(`${data.length} bytes of field ${field.fieldId}`);
    return { kind: "fixed", width, data: aligned(data), validity: valid };
  }
  if (offsets.length !== 4 * (rowCount + 1))
    throw new RangeError(`${offsets.length} offsets of field ${field.fieldId}`);
  return { kind: "var", offsets: new Uint32Array(new Uint8Array(offsets).buffer), data, validity: valid };
}

/** The bytes where they are, if typed views fit over them: what a message has been read into is its own already. */
function aligned(bytes: Uint8Array): Uint8Array {
  return bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes);
}
