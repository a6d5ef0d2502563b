import { type Column, type FixedColumn, type InsertBatch, isNull, type VarColumn, varValue } from "@sluice/columns";
import { type CollectionSchema, DataType, type FieldSchema, vectorBytes } from "@sluice/schema";
import {
  bfloat16BitsToFloat32,
  decodeArrayCell,
  decodeSparseCell,
  decodeVectorArrayCell,
  float16BitsToFloat32,
  formatTimestamptz,
  wkbToWkt,
} from "@sluice/values";

/** Values by the names of fields, as JSON can hold them. */
export type CanonicalRow = Record<string, unknown>;

/**
 * The rows of a batch in the fixtures' canonical form: integers beyond 2^53 as text, binary vectors as hex, sparse vectors
 * as sorted lists, JSON as values (big integers as `{"$int": "…"}`), struct arrays as lists of objects; automatic keys
 * left out. The batch must be complete.
 */
export function canonicalRows(schema: CollectionSchema, batch: InsertBatch): CanonicalRow[] {
  return Array.from({ length: batch.rowCount }, (_, row) => {
    const values = schema.fields.map((field, i) => {
      const column = batch.columns[i];
      return column ? canonicalValue(field, column, row) : undefined;
    });
    return rowOf(schema, values);
  });
}

function rowOf(schema: CollectionSchema, values: readonly unknown[]): CanonicalRow {
  const row: CanonicalRow = {};
  for (const [i, field] of schema.fields.entries()) {
    const struct = schema.structs.find((candidate) => field.name.startsWith(`${candidate.name}[`));
    if (values[i] === undefined) continue;
    if (!struct) row[field.name] = values[i];
    else if (values[i] === null) row[struct.name] = null;
    else {
      const member = field.name.slice(struct.name.length + 1, -1);
      row[struct.name] = (values[i] as unknown[]).map((value, n) => ({
        ...((row[struct.name] as object[] | undefined)?.[n] ?? {}),
        [member]: value,
      }));
    }
  }
  return row;
}

function canonicalValue(field: FieldSchema, column: Column, row: number): unknown {
  if (isNull(column, row)) return null;
  if (column.kind === "fixed") return fixedValue(field, column, row);
  return varCell(field, varValue(column as VarColumn, row));
}

/** Numbers that a double holds exactly stay numbers. */
function canonicalInteger(value: bigint): number | string {
  return value > -(2n ** 53n) && value < 2n ** 53n ? Number(value) : String(value);
}

function fixedValue(field: FieldSchema, column: FixedColumn, row: number): unknown {
  const view = new DataView(column.data.buffer, column.data.byteOffset + row * column.width, column.width);
  switch (field.dataType) {
    case DataType.Bool:
      return view.getUint8(0) === 1;
    case DataType.Int8:
      return view.getInt8(0);
    case DataType.Int16:
      return view.getInt16(0, true);
    case DataType.Int32:
      return view.getInt32(0, true);
    case DataType.Int64:
      return canonicalInteger(view.getBigInt64(0, true));
    case DataType.Float:
      return view.getFloat32(0, true);
    case DataType.Double:
      return view.getFloat64(0, true);
    case DataType.Timestamptz:
      return formatTimestamptz(view.getBigInt64(0, true), "UTC");
    default:
      return vectorValue(field.dataType, field.dim, new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  }
}

function vectorValue(type: DataType, dim: number, bytes: Uint8Array): unknown {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const list = (read: (i: number) => number) => Array.from({ length: dim }, (_, i) => read(i));
  switch (type) {
    case DataType.FloatVector:
      return list((i) => view.getFloat32(i * 4, true));
    case DataType.Float16Vector:
      return list((i) => float16BitsToFloat32(view.getUint16(i * 2, true)));
    case DataType.BFloat16Vector:
      return list((i) => bfloat16BitsToFloat32(view.getUint16(i * 2, true)));
    case DataType.Int8Vector:
      return list((i) => view.getInt8(i));
    default:
      return Buffer.from(bytes).toString("hex");
  }
}

function varCell(field: FieldSchema, cell: Uint8Array): unknown {
  switch (field.dataType) {
    case DataType.JSON:
      return canonicalJson(Buffer.from(cell).toString("utf8"));
    case DataType.Array:
      return decodeArrayCell(field.elementType, cell).map((value) =>
        typeof value === "bigint" ? canonicalInteger(value) : value,
      );
    case DataType.SparseFloatVector:
      return decodeSparseCell(cell);
    case DataType.Geometry:
      return wkbToWkt(cell);
    case DataType.ArrayOfVector:
      return vectorList(field, decodeVectorArrayCell(field.elementType, field.dim, cell));
    default:
      return Buffer.from(cell).toString("utf8");
  }
}

function vectorList(field: FieldSchema, vectors: Uint8Array): unknown[] {
  const width = vectorBytes(field.elementType, field.dim);
  return Array.from({ length: vectors.length / width }, (_, i) =>
    vectorValue(field.elementType, field.dim, vectors.slice(i * width, (i + 1) * width)),
  );
}

/** JSON text as a value, integers beyond 2^53 as `{"$int": "…"}`. */
export function canonicalJson(text: string): unknown {
  const keep = (_key: string, value: unknown, { source }: { source?: string } = {}) =>
    typeof value === "number" && /^-?\d+$/.test(source ?? "") && !Number.isSafeInteger(value)
      ? { $int: String(BigInt(source ?? 0)) }
      : value;
  return (JSON.parse as (text: string, reviver: typeof keep) => unknown)(text, keep);
}
