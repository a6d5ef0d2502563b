import type { Column, InsertBatch } from "@sluice/columns";
import { type CollectionSchema, DataType, type FieldSchema, fixedWidth } from "@sluice/schema";
import * as testing from "@sluice/schema/testing";

/** Numbers in [0, 1), the same for the same seed. Source: mulberry32, public domain. */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function field(fieldId: number, dataType: DataType, more: Partial<FieldSchema> = {}): FieldSchema {
  return testing.field(`f${fieldId}`, dataType, { fieldId, ...more });
}

export const schemaOf = (...fields: FieldSchema[]): CollectionSchema => testing.collection(fields);

/** A field of every type, then all but the key again with nulls. */
export function wideSchema(pkType: DataType): CollectionSchema {
  const types: [DataType, Partial<FieldSchema>][] = [
    [DataType.Bool, {}],
    [DataType.Int8, {}],
    [DataType.Int16, {}],
    [DataType.Int32, {}],
    [DataType.Int64, {}],
    [DataType.Timestamptz, {}],
    [DataType.Float, {}],
    [DataType.Double, {}],
    [DataType.VarChar, {}],
    [DataType.Text, {}],
    [DataType.JSON, {}],
    [DataType.Array, { elementType: DataType.Int32 }],
    [DataType.Geometry, {}],
    [DataType.BinaryVector, { dim: 24 }],
    [DataType.FloatVector, { dim: 4 }],
    [DataType.FloatVector, { dim: 60 }],
    [DataType.Float16Vector, { dim: 5 }],
    [DataType.BFloat16Vector, { dim: 6 }],
    [DataType.Int8Vector, { dim: 7 }],
    [DataType.SparseFloatVector, {}],
    [DataType.ArrayOfVector, { elementType: DataType.FloatVector, dim: 2 }],
  ];
  const fields = [true, false].flatMap((nullable) =>
    types.map(([type, more]) => ({ type, more: { ...more, nullable } })),
  );
  return schemaOf(
    field(100, pkType, { isPrimaryKey: true }),
    ...fields.map(({ type, more }, i) => field(101 + i, type, more)),
  );
}

/** Keys count up from `firstRow`, so that every row can be told from every other. */
export function randomBatch(
  schema: CollectionSchema,
  firstRow: number,
  rows: number,
  random: () => number,
): InsertBatch {
  const columns = schema.fields.map((one) =>
    one.isPrimaryKey ? keyColumn(one, firstRow, rows) : randomColumn(one, rows, random),
  );
  return { rowCount: rows, columns, sourceBytes: 0 };
}

function keyColumn({ dataType }: FieldSchema, firstRow: number, rows: number): Column {
  const keys = Array.from({ length: rows }, (_, row) => firstRow + row);
  if (dataType === DataType.VarChar) return textColumn(keys.map((key) => `key-${key}`));
  const data = new Uint8Array(BigInt64Array.from(keys, (key) => BigInt(key) - 1000n).buffer);
  return { kind: "fixed", width: 8, data, validity: undefined };
}

export function textColumn(values: readonly string[], validity?: Uint8Array): Column {
  const offsets = new Uint32Array(values.length + 1);
  for (const [i, value] of values.entries()) offsets[i + 1] = offsets[i] + Buffer.byteLength(value);
  return { kind: "var", offsets, data: new Uint8Array(Buffer.from(values.join(""))), validity };
}

function randomColumn(of: FieldSchema, rows: number, random: () => number): Column {
  // Also a batch without nulls in a field that may have some.
  const hasNulls = of.nullable && random() < 0.7;
  const validity = hasNulls ? Uint8Array.from({ length: rows }, () => Number(random() < 0.7)) : undefined;
  const isNull = (row: number) => validity?.[row] === 0;
  const width = fixedWidth(of);
  if (width === 0) {
    const text = () => "x".repeat(random() * 4) + String(random()).slice(0, random() ** 4 * 200);
    return textColumn(
      Array.from({ length: rows }, (_, row) => (isNull(row) ? "" : text())),
      validity,
    );
  }
  const data = new Uint8Array(rows * width);
  for (let i = 0; i < data.length; i++) if (!isNull(Math.floor(i / width))) data[i] = random() * 256;
  if (of.dataType === DataType.Bool) for (let i = 0; i < rows; i++) data[i] &= 1;
  return { kind: "fixed", width, data, validity };
}

/** One comparable value a row: its bytes, null for a null. */
export function cells(column: Column, rowCount: number): (string | null)[] {
  return Array.from({ length: rowCount }, (_, row) => {
    if (column.validity?.[row] === 0) return null;
    const [start, end] =
      column.kind === "fixed"
        ? [row * column.width, (row + 1) * column.width]
        : [column.offsets[row], column.offsets[row + 1]];
    return Buffer.from(column.data.buffer, column.data.byteOffset + start, end - start).toString("latin1");
  });
}
