import { DataType, type DefaultValue } from "@sluice/schema";

/** A value of a field type, as each format has it. */
export interface FieldSample {
  readonly type: DataType;
  readonly field?: {
    readonly params?: Readonly<Record<string, number>>;
    readonly element_type?: DataType;
  };
  /** In rows of text. */
  readonly json: unknown;
  /** In a column of Parquet: its type, or that of its list's elements, and the value. */
  readonly parquet: {
    readonly type: string;
    readonly converted?: string;
    readonly isList?: true;
    readonly value: unknown;
  };
  /** One row of a NumPy array; absent where NumPy has no such form. */
  readonly npy?: { readonly descr: string; readonly items?: number; readonly bytes: Uint8Array };
  /** What every format must give. */
  readonly canonical: unknown;
  /** Where a default can be declared: another value, and what it reads as. */
  readonly default?: { readonly value: DefaultValue; readonly canonical: unknown };
}

const bytesOf = (values: ArrayBufferView) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
const utf32 = (text: string) => bytesOf(Uint32Array.from(text, (char) => char.codePointAt(0) as number));
const textSample = (text: string) => ({
  parquet: { type: "BYTE_ARRAY", converted: "UTF8", value: text },
  npy: { descr: `<U${[...text].length}`, bytes: utf32(text) },
});

/** One for each type that a field can have. */
export const fieldSamples: readonly FieldSample[] = [
  {
    type: DataType.Bool,
    json: true,
    parquet: { type: "BOOLEAN", value: true },
    npy: { descr: "|b1", bytes: Uint8Array.of(1) },
    canonical: true,
    default: { value: false, canonical: false },
  },
  integer(DataType.Int8, -7, "INT32", "|i1", Int8Array.of(-7)),
  integer(DataType.Int16, -300, "INT32", "<i2", Int16Array.of(-300)),
  integer(DataType.Int32, 70_000, "INT32", "<i4", Int32Array.of(70_000)),
  {
    ...integer(DataType.Int64, 0, "INT64", "<i8", BigInt64Array.of(2n ** 53n - 1n)),
    json: Number.MAX_SAFE_INTEGER,
    parquet: { type: "INT64", value: 2n ** 53n - 1n },
    canonical: Number.MAX_SAFE_INTEGER,
  },
  {
    type: DataType.Float,
    json: 0.5,
    parquet: { type: "FLOAT", value: 0.5 },
    npy: { descr: "<f4", bytes: bytesOf(Float32Array.of(0.5)) },
    canonical: 0.5,
    default: { value: 2.5, canonical: 2.5 },
  },
  {
    type: DataType.Double,
    json: 0.1,
    parquet: { type: "DOUBLE", value: 0.1 },
    npy: { descr: "<f8", bytes: bytesOf(Float64Array.of(0.1)) },
    canonical: 0.1,
    default: { value: 1e300, canonical: 1e300 },
  },
  {
    type: DataType.VarChar,
    field: { params: { max_length: 20 } },
    json: "größer",
    ...textSample("größer"),
    canonical: "größer",
    default: { value: "ab", canonical: "ab" },
  },
  {
    type: DataType.JSON,
    json: { a: [1, "x"] },
    ...textSample('{"a":[1,"x"]}'),
    canonical: { a: [1, "x"] },
    default: { value: Buffer.from('{"d":1}'), canonical: { d: 1 } },
  },
  {
    type: DataType.Array,
    field: { element_type: DataType.Int64, params: { max_capacity: 4 } },
    json: [1, 2],
    parquet: { type: "INT64", isList: true, value: [1n, 2n] },
    npy: { descr: "<i8", items: 2, bytes: bytesOf(BigInt64Array.of(1n, 2n)) },
    canonical: [1, 2],
  },
  {
    type: DataType.Geometry,
    json: "POINT (1 2)",
    ...textSample("POINT (1 2)"),
    canonical: "POINT (1 2)",
  },
  {
    type: DataType.Timestamptz,
    json: "2026-11-28T06:00:00Z",
    ...textSample("2026-11-28T06:00:00Z"),
    canonical: "2026-11-28T06:00:00Z",
    default: { value: 0n, canonical: "1970-01-01T00:00:00Z" },
  },
  vector(DataType.FloatVector, 2, [0.5, -1], "<f4", Float32Array.of(0.5, -1), [0.5, -1]),
  vector(DataType.Float16Vector, 2, [0.5, -1], "<f4", Float32Array.of(0.5, -1), [0.5, -1]),
  vector(DataType.BFloat16Vector, 2, [0.5, -1], "<f4", Float32Array.of(0.5, -1), [0.5, -1]),
  vector(DataType.BinaryVector, 16, [129, 7], "|u1", Uint8Array.of(129, 7), "8107", "INT32"),
  vector(DataType.Int8Vector, 2, [-128, 7], "|i1", Int8Array.of(-128, 7), [-128, 7], "INT32"),
  {
    type: DataType.SparseFloatVector,
    json: { indices: [3, 1], values: [0.5, 2] },
    parquet: { type: "BYTE_ARRAY", converted: "UTF8", value: '{"1":2,"3":0.5}' },
    canonical: { indices: [1, 3], values: [2, 0.5] },
  },
];

function integer(
  type: DataType,
  value: number,
  parquet: string,
  descr: string,
  array: Int8Array | Int16Array | Int32Array | BigInt64Array,
): FieldSample {
  return {
    type,
    json: value,
    parquet: { type: parquet, value },
    npy: { descr, bytes: bytesOf(array) },
    canonical: value,
    default: { value: 9n, canonical: 9 },
  };
}

function vector(
  type: DataType,
  dim: number,
  list: readonly number[],
  descr: string,
  array: Float32Array | Uint8Array | Int8Array,
  canonical: unknown,
  parquet = "FLOAT",
): FieldSample {
  return {
    type,
    field: { params: { dim } },
    json: list,
    parquet: { type: parquet, isList: true, value: list },
    npy: { descr, items: list.length, bytes: bytesOf(array) },
    canonical,
  };
}
