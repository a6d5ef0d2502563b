import { DataType } from "@sluice/schema";
import type { FieldSpec } from "../support/index.ts";

/** Fields of every type that Milvus 2.3 has a form in JSON for, but for arrays of doubles. */
export const everyField: readonly FieldSpec[] = [
  { name: "id", type: DataType.Int64, key: true },
  { name: "flag", type: DataType.Bool },
  { name: "i8", type: DataType.Int8 },
  { name: "i16", type: DataType.Int16 },
  { name: "i32", type: DataType.Int32 },
  { name: "f", type: DataType.Float },
  { name: "d", type: DataType.Double },
  { name: "title", type: DataType.VarChar, maxLength: 200 },
  { name: "attrs", type: DataType.JSON },
  { name: "tags", type: DataType.Array, element: DataType.VarChar, capacity: 8, maxLength: 40 },
  { name: "longs", type: DataType.Array, element: DataType.Int64, capacity: 8 },
  { name: "vector", type: DataType.FloatVector, dim: 8 },
];

/** Values of these fields, and a dynamic one, by the row's number; keys and longs beyond 2^53, nulls and empty lists inside. */
export function everyValue(i: number): Readonly<Record<string, unknown>> {
  return {
    id: i % 2 === 0 ? 9_007_199_254_740_993n + BigInt(i) : BigInt(-i),
    flag: i % 3 === 0,
    i8: (i % 256) - 128,
    i16: i * 250 - 15_000,
    i32: i * 17_000_000 - 1_000_000_000,
    f: Math.fround(i / 7),
    d: i / 11,
    title: `${"ü漢🚀".repeat(i % 4)} ${i}`,
    attrs: { b: [1, 2.5, null], n: i, t: `x${i}` },
    tags: Array.from({ length: i % 4 }, (_, j) => `t${j} é`),
    longs: Array.from({ length: i % 3 }, (_, j) => 2n ** 60n + BigInt(i * j)),
    vector: Array.from({ length: 8 }, (_, j) => Math.fround(Math.sin(i * 8 + j))),
    extra: `dyn ${i}`,
  };
}

/** A field as programs that make collections by pymilvus are told of it; JSON leaves out what it has not. */
export function fieldPlan(field: FieldSpec) {
  return {
    name: field.name,
    type: field.type,
    params: { dim: field.dim, max_length: field.maxLength, max_capacity: field.capacity },
    is_primary: field.key,
    is_partition_key: field.partitionKey,
    element_type: field.element,
  };
}

/** As programs print a value: int64 as text, bytes as hex. */
export function textOf(value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  return Array.isArray(value) ? value.map(textOf) : value;
}

/** Ascending by a key's text. */
export function byKey(rows: readonly Record<string, unknown>[], key: string): Record<string, unknown>[] {
  return [...rows].sort((a, b) => (String(a[key]) < String(b[key]) ? -1 : 1));
}
