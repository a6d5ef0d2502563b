import { DataType, type DefaultValue, dataTypeName } from "@sluice/schema";

/** A value of a field type, as each format has it. */
export interface FieldSample {
  readonly type: DataType;
  readonly field?: {
    readonly params?: Readonly<Record<string, number>>;
    readonly element_type?: DataType;
  };
  /** In rows of text. */
  readonly json: unknown;
  /** In cells of CSV, where that is not what JSON has. */
  readonly csv?: unknown;
  /** In a column of Parquet: its type, or that of its list's elements, and the value. */
  readonly parquet: {
    readonly type: string;
    readonly converted?: string;
    /** Of decimals. */
    readonly precision?: number;
    readonly scale?: number;
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

/** As they lie in memory. */
export const bytesOf = (values: ArrayBufferView) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
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

/** The same values as other programs have them, where the field's own form is another one; each in the formats that have it. */
export const otherForms: readonly (readonly [name: string, sample: FieldSample])[] = [
  other("whole floats", DataType.Int32, {
    parquet: { type: "DOUBLE", value: 70_000 },
    npy: { descr: "<f8", bytes: bytesOf(Float64Array.of(70_000)) },
  }),
  other("wider integers", DataType.Int8, {
    parquet: { type: "INT64", value: -7n },
    npy: { descr: ">i8", bytes: Buffer.from("fffffffffffffff9", "hex") },
  }),
  other("times, as they count", DataType.Int64, {
    parquet: { type: "INT64", converted: "TIMESTAMP_MICROS", value: 2n ** 53n - 1n },
    npy: { descr: "<M8[us]", bytes: bytesOf(BigInt64Array.of(2n ** 53n - 1n)) },
  }),
  other("decimals and halves", DataType.Float, {
    parquet: { type: "INT32", converted: "DECIMAL", precision: 4, scale: 1, value: 0.5 },
    npy: { descr: "<f2", bytes: bytesOf(Float16Array.of(0.5)) },
  }),
  other("times", DataType.Timestamptz, {
    parquet: { type: "INT64", converted: "TIMESTAMP_MILLIS", value: new Date("2026-11-28T06:00:00Z") },
    npy: { descr: "<M8[m]", bytes: bytesOf(BigInt64Array.of(BigInt(Date.UTC(2026, 10, 28, 6) / 60_000))) },
  }),
  other("Spark's vectors, JSON text, halves", DataType.FloatVector, {
    json: { type: 1, values: [0.5, -1] },
    parquet: { type: "BYTE_ARRAY", converted: "UTF8", value: "[0.5,-1]" },
    npy: { descr: "<f2", items: 2, bytes: bytesOf(Float16Array.of(0.5, -1)) },
  }),
  other("Spark's vectors, its bytes", DataType.Float16Vector, {
    json: { type: 0, size: 2, indices: [1, 0], values: [-1, 0.5] },
    parquet: { type: "BYTE_ARRAY", value: bytesOf(Float16Array.of(0.5, -1)) },
    npy: { descr: "|u1", items: 4, bytes: bytesOf(Float16Array.of(0.5, -1)) },
  }),
  other("JSON text, bfloat16", DataType.BFloat16Vector, {
    parquet: { type: "BYTE_ARRAY", converted: "UTF8", value: '{"type":1,"values":[0.5,-1]}' },
    npy: { descr: "<V2", items: 2, bytes: bytesOf(Uint16Array.of(0x3f00, 0xbf80)) },
  }),
  other("signed bytes, JSON text, bits", DataType.BinaryVector, {
    json: [-127, 7],
    parquet: { type: "BYTE_ARRAY", converted: "UTF8", value: "[129,7]" },
    npy: { descr: "|b1", items: 16, bytes: Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1, 1) },
  }),
  other("JSON text, narrow integers", DataType.Array, {
    parquet: { type: "BYTE_ARRAY", converted: "UTF8", value: "[1,2]" },
    npy: { descr: "|u1", items: 2, bytes: Uint8Array.of(1, 2) },
  }),
  other("Spark's vectors", DataType.SparseFloatVector, {
    json: { type: 0, size: 4, indices: [1, 3], values: [2, 0.5] },
    parquet: { type: "BYTE_ARRAY", converted: "UTF8", value: '{"type":1,"values":[0,2,0,0.5]}' },
  }),
];

function other(
  name: string,
  type: DataType,
  form: Partial<Pick<FieldSample, "json" | "parquet" | "npy">>,
): readonly [string, FieldSample] {
  const sample = fieldSamples.find((candidate) => candidate.type === type) as FieldSample;
  return [`${dataTypeName(type)} from ${name}`, { ...sample, ...form }];
}

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
