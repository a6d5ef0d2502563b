import type { Column } from "@sluice/columns";
import { DataType, type FieldSchema, fixedWidth } from "@sluice/schema";
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

export function field(dataType: DataType, more: Partial<FieldSchema> = {}): FieldSchema {
  return testing.field("f", dataType, more);
}

/** One field of every type that is stored. */
export const allTypes: readonly FieldSchema[] = [
  field(DataType.Bool),
  field(DataType.Int8),
  field(DataType.Int16),
  field(DataType.Int32),
  field(DataType.Int64),
  field(DataType.Timestamptz),
  field(DataType.Float),
  field(DataType.Double),
  field(DataType.VarChar, { maxLength: 200 }),
  field(DataType.Text),
  field(DataType.JSON),
  field(DataType.Array, { elementType: DataType.Int64 }),
  field(DataType.Geometry),
  field(DataType.BinaryVector, { dim: 24 }),
  field(DataType.FloatVector, { dim: 3 }),
  field(DataType.Float16Vector, { dim: 5 }),
  field(DataType.BFloat16Vector, { dim: 4 }),
  field(DataType.Int8Vector, { dim: 7 }),
  field(DataType.SparseFloatVector),
  field(DataType.ArrayOfVector, { elementType: DataType.FloatVector, dim: 2 }),
];

/** Any bytes of the right width, or text: binlogs do not look into values. */
export function randomColumn(of: FieldSchema, rows: number, random: () => number, nullRate = 0): Column {
  const validity = nullRate > 0 ? Uint8Array.from({ length: rows }, () => (random() < nullRate ? 0 : 1)) : undefined;
  const isNull = (row: number) => validity !== undefined && validity[row] === 0;
  const width = fixedWidth(of);
  if (width > 0) {
    const data = new Uint8Array(rows * width);
    for (let i = 0; i < data.length; i++) if (!isNull(Math.floor(i / width))) data[i] = random() * 256;
    if (of.dataType === DataType.Bool) for (let i = 0; i < rows; i++) data[i] &= 1;
    return { kind: "fixed", width, data, validity };
  }
  const cells = Array.from({ length: rows }, (_, row) => (isNull(row) ? "" : randomText(random)));
  const data = Buffer.from(cells.join(""));
  const offsets = new Uint32Array(rows + 1);
  for (const [row, cell] of cells.entries()) offsets[row + 1] = offsets[row] + Buffer.byteLength(cell);
  return { kind: "var", offsets, data: new Uint8Array(data), validity };
}

function randomText(random: () => number): string {
  const alphabet = ["a", "b", "\u0000", "é", "漢", "😀", "{", '"', ","];
  const length = random() < 0.2 ? 0 : Math.floor(random() ** 3 * 90);
  return Array.from({ length }, () => alphabet[Math.floor(random() * alphabet.length)]).join("");
}

/** The rows as comparable values: bytes of each, null for a null. */
export function cells(column: Column, rowCount: number): (string | null)[] {
  return Array.from({ length: rowCount }, (_, row) => {
    if (column.validity && column.validity[row] === 0) return null;
    const [start, end] =
      column.kind === "fixed"
        ? [row * column.width, (row + 1) * column.width]
        : [column.offsets[row], column.offsets[row + 1]];
    return Buffer.from(column.data.subarray(start, end)).toString("latin1");
  });
}
