import { ImportError } from "@sluice/errors";
import { type CollectionSchema, type DefaultValue, type FieldSchema, fixedWidth, isOptional } from "./collection-schema.ts";
import type { Column, InsertBatch } from "./column.ts";
import { DataType } from "./data-type.ts";

/** `{}`: what `$meta` holds in a row without dynamic keys. */
const EMPTY_OBJECT = new Uint8Array([0x7b, 0x7d]);

/** A field's default in column encoding: little-endian bytes of a fixed-width value, or the cell; undefined without one. */
export function defaultCell(field: FieldSchema): Uint8Array | undefined {
  return field.defaultValue === undefined ? undefined : cellOf(field, field.defaultValue);
}

function cellOf(field: FieldSchema, value: DefaultValue): Uint8Array {
  if (typeof value === "string") return Buffer.from(value);
  if (value instanceof Uint8Array) return value;
  const view = new DataView(new ArrayBuffer(8));
  if (field.dataType === DataType.Float) view.setFloat32(0, Number(value), true);
  else if (field.dataType === DataType.Double) view.setFloat64(0, Number(value), true);
  else view.setBigInt64(0, BigInt(value), true);
  return new Uint8Array(view.buffer, 0, fixedWidth(field));
}

/** A column that repeats one value, or null. */
export function constantColumn(field: FieldSchema, rowCount: number, value: DefaultValue | null): Column {
  const validity = value === null ? new Uint8Array(rowCount) : undefined;
  const cell = value === null ? new Uint8Array(fixedWidth(field)) : cellOf(field, value);
  const data = new Uint8Array(rowCount * cell.length);
  for (let row = 0; row < rowCount; row++) data.set(cell, row * cell.length);
  if (fixedWidth(field) > 0) return { kind: "fixed", width: cell.length, data, validity };
  return { kind: "var", offsets: Uint32Array.from({ length: rowCount + 1 }, (_, row) => row * cell.length), data, validity };
}

interface Cached {
  readonly rowCount: number;
  readonly column: Column;
}

/** Constant columns by field, grown when a batch is larger than any before: no allocation per batch after that. */
const constants = new WeakMap<FieldSchema, Cached>();

/**
 * The batch with every column in place: what the file has not provided is filled with the default, else with null, `$meta`
 * with `{}`. An automatic key stays undefined. @throws {ImportError} `schema_mismatch` for a column that must be provided
 */
export function completeBatch(schema: CollectionSchema, batch: InsertBatch): InsertBatch {
  if (batch.columns.every((column) => column !== undefined)) return batch;
  const columns = schema.fields.map((field, i) => {
    return batch.columns[i] ?? (field.isPrimaryKey && field.autoId ? undefined : absentColumn(schema, field, batch.rowCount));
  });
  return { ...batch, columns };
}

function absentColumn(schema: CollectionSchema, field: FieldSchema, rowCount: number): Column {
  const cached = constants.get(field);
  if (cached && cached.rowCount >= rowCount) return cached.column;
  if (!isOptional(schema, field)) throw new ImportError("schema_mismatch", `value of field '${field.name}' is missed`, { field: field.name });
  const column = constantColumn(field, rowCount, field.isDynamic ? EMPTY_OBJECT : (field.defaultValue ?? null));
  constants.set(field, { rowCount, column });
  return column;
}
