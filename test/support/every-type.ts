import { DataType } from "@sluice/schema";
import type { CollectionSpec } from "./collections.ts";

const vectors = [
  { name: "fv", type: DataType.FloatVector, dim: 3 },
  { name: "bv", type: DataType.BinaryVector, dim: 16 },
  { name: "hv", type: DataType.Float16Vector, dim: 2 },
  { name: "gv", type: DataType.BFloat16Vector, dim: 2 },
  { name: "iv", type: DataType.Int8Vector, dim: 4 },
  { name: "sv", type: DataType.SparseFloatVector },
];

/** A collection of every type that has a form in JSON, each also where it may be null. */
export function everything(name: string, shards: number): CollectionSpec {
  const scalars = [
    { name: "flag", type: DataType.Bool },
    { name: "i8", type: DataType.Int8 },
    { name: "i16", type: DataType.Int16 },
    { name: "i32", type: DataType.Int32 },
    { name: "i64", type: DataType.Int64 },
    { name: "f", type: DataType.Float },
    { name: "d", type: DataType.Double },
    { name: "text", type: DataType.VarChar, maxLength: 100 },
    { name: "json", type: DataType.JSON },
    { name: "geo", type: DataType.Geometry },
    { name: "at", type: DataType.Timestamptz },
    { name: "words", type: DataType.Array, element: DataType.VarChar, capacity: 4, maxLength: 20 },
    { name: "tiny", type: DataType.Array, element: DataType.Int8, capacity: 4 },
    { name: "longs", type: DataType.Array, element: DataType.Int64, capacity: 4 },
    { name: "reals", type: DataType.Array, element: DataType.Double, capacity: 4 },
  ];
  const nullable = scalars.map((field) => ({ ...field, name: `n_${field.name}`, nullable: true }));
  const key = { name: "id", type: DataType.Int64, key: true };
  return { name, shards, dynamic: true, fields: [key, ...scalars, ...nullable, ...vectors] };
}

/** Its values, which are other ones of each row. */
export function everyRow(i: number): Record<string, unknown> {
  const scalars: Record<string, unknown> = {
    flag: i % 2 === 0,
    i8: (i % 256) - 128,
    i16: 250 * i - 30_000,
    i32: i * 10_000_000 - 2_000_000_000,
    i64: -(2n ** 63n) + BigInt(i),
    f: Math.fround(i / 7),
    d: i / 11,
    text: `${"ü漢🚀".repeat(i % 4)} ${i}`,
    json: { b: [1, 2.5, null], n: i },
    geo: `POINT (${i} -1.5)`,
    at: `2024-01-02T03:04:05.${String(i).padStart(6, "0")}Z`,
    words: Array.from({ length: i % 5 }, (_, j) => `w${j}`),
    tiny: Array.from({ length: i % 4 }, (_, j) => -j),
    longs: Array.from({ length: i % 3 }, (_, j) => 2n ** 60n + BigInt(j)),
    reals: Array.from({ length: i % 2 }, () => 0.25),
  };
  const nullable = Object.entries(scalars).map(([name, value], n) => [`n_${name}`, (i + n) % 3 === 0 ? null : value]);
  const dense = { fv: [i, -0.5, 2], bv: [i % 256, 255], hv: [1, i], gv: [1, -2], iv: [-128, 127, 0, i % 100] };
  return {
    id: BigInt(i) - 50n,
    ...scalars,
    ...Object.fromEntries(nullable),
    ...dense,
    sv: { 5: 0.5, 1000: i },
    dyn: i,
  };
}
