import { DataType } from "@sluice/schema";
import { formatTimestamptz } from "@sluice/values";
import fc from "fast-check";
import type { FieldSample } from "./field-samples.ts";

/** Random values of one field type, all of a width, as NumPy has them. */
export interface RandomType {
  readonly type: DataType;
  readonly field?: FieldSample["field"];
  readonly samples: fc.Arbitrary<FieldSample>;
}

/** Text that JSON takes over as it is: a number of any length. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): object };
const bytesOf = (values: ArrayBufferView) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

const integers = (type: DataType, bits: 8 | 16 | 32, descr: string): RandomType => ({
  type,
  samples: fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 }).map((value) => {
    const array = { 8: Int8Array, 16: Int16Array, 32: Int32Array }[bits];
    const npy = { descr, bytes: bytesOf(array.of(value)) };
    return { type, json: value, parquet: { type: "INT32", value }, npy, canonical: value };
  }),
});

/** JSON has no zero with a sign. */
const isWritten = (value: number) => !Object.is(value, -0);

const reals = (type: DataType, isDouble: boolean): RandomType => {
  const options = { noNaN: true, noDefaultInfinity: true };
  const values = isDouble ? fc.double(options) : fc.float(options);
  return {
    type,
    samples: values.filter(isWritten).map((value) => ({
      ...{ type, json: value, canonical: value, parquet: { type: isDouble ? "DOUBLE" : "FLOAT", value } },
      npy: isDouble
        ? { descr: "<f8", bytes: bytesOf(Float64Array.of(value)) }
        : { descr: "<f4", bytes: bytesOf(Float32Array.of(value)) },
    })),
  };
};

const TEXT_POINTS = 160;
const letters = fc.constantFrom(...'abc \t\n\r",;\\{}[]é漢🚀:0');
const text = fc.string({ unit: letters, maxLength: 12 });

/** UTF-32, padded with NULs. */
function padded(value: string) {
  const points = new Uint32Array(TEXT_POINTS);
  [...value].forEach((char, i) => {
    points[i] = char.codePointAt(0) as number;
  });
  return { descr: `<U${TEXT_POINTS}`, bytes: bytesOf(points) };
}

const textual = (type: DataType, json: unknown, written: string, canonical: unknown): FieldSample => ({
  ...{ type, json, canonical, npy: padded(written) },
  parquet: { type: "BYTE_ARRAY", converted: "UTF8", value: written },
});

const objects = fc.dictionary(
  fc.string({ unit: fc.constantFrom(..."abcé"), minLength: 1, maxLength: 3 }),
  fc.oneof(
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.string({ unit: letters, maxLength: 4 }),
    fc.array(fc.integer(), { maxLength: 2 }),
  ),
  { maxKeys: 3, noNullPrototype: true },
);

const vectors = (
  type: DataType,
  dim: number,
  items: fc.Arbitrary<number>,
  descr: "<f4" | "|u1" | "|i1",
): RandomType => ({
  type,
  field: { params: { dim: type === DataType.BinaryVector ? 8 * dim : dim } },
  samples: fc.array(items.filter(isWritten), { minLength: dim, maxLength: dim }).map((list) => {
    const array = { "<f4": Float32Array, "|u1": Uint8Array, "|i1": Int8Array }[descr].from(list);
    const canonical = type === DataType.BinaryVector ? Buffer.from(list).toString("hex") : list;
    const parquet = { type: descr === "<f4" ? "FLOAT" : "INT32", isList: true as const, value: list };
    return { type, json: list, parquet, npy: { descr, items: dim, bytes: bytesOf(array) }, canonical };
  }),
});

/** Those that the half types hold. */
const eighths = fc.integer({ min: -64, max: 64 }).map((value) => value / 8);
const floats = fc.float({ noNaN: true, noDefaultInfinity: true });

/** Of every field type. */
export const randomTypes: readonly RandomType[] = [
  {
    type: DataType.Bool,
    samples: fc.boolean().map((value) => ({
      ...{ type: DataType.Bool, json: value, parquet: { type: "BOOLEAN", value }, canonical: value },
      npy: { descr: "|b1", bytes: Uint8Array.of(Number(value)) },
    })),
  },
  integers(DataType.Int8, 8, "|i1"),
  integers(DataType.Int16, 16, "<i2"),
  integers(DataType.Int32, 32, "<i4"),
  {
    type: DataType.Int64,
    samples: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value) => ({
      ...{ type: DataType.Int64, json: rawJSON(String(value)), parquet: { type: "INT64", value } },
      npy: { descr: "<i8", bytes: bytesOf(BigInt64Array.of(value)) },
      canonical: Number.isSafeInteger(Number(value)) ? Number(value) : String(value),
    })),
  },
  reals(DataType.Float, false),
  reals(DataType.Double, true),
  {
    type: DataType.VarChar,
    field: { params: { max_length: 200 } },
    samples: text.map((value) => textual(DataType.VarChar, value, value, value)),
  },
  { type: DataType.JSON, samples: objects.map((value) => textual(DataType.JSON, value, JSON.stringify(value), value)) },
  {
    type: DataType.Array,
    field: { element_type: DataType.Int64, params: { max_capacity: 8 } },
    samples: fc.array(fc.integer(), { maxLength: 8 }).map((list) => ({
      ...{ type: DataType.Array, json: list, canonical: list },
      parquet: { type: "INT64", isList: true, value: list.map(BigInt) },
    })),
  },
  {
    type: DataType.Geometry,
    samples: fc.tuple(fc.integer(), fc.integer()).map(([x, y]) => {
      const wkt = `POINT (${x} ${y})`;
      return textual(DataType.Geometry, wkt, wkt, wkt);
    }),
  },
  {
    type: DataType.Timestamptz,
    samples: fc.integer({ min: 0, max: 4_102_444_800_000 }).map((ms) => {
      const written = new Date(ms).toISOString();
      return textual(DataType.Timestamptz, written, written, formatTimestamptz(BigInt(ms) * 1000n, "UTC"));
    }),
  },
  vectors(DataType.FloatVector, 3, floats, "<f4"),
  vectors(DataType.Float16Vector, 3, eighths, "<f4"),
  vectors(DataType.BFloat16Vector, 3, eighths, "<f4"),
  vectors(DataType.BinaryVector, 2, fc.integer({ min: 0, max: 255 }), "|u1"),
  vectors(DataType.Int8Vector, 3, fc.integer({ min: -128, max: 127 }), "|i1"),
  {
    type: DataType.SparseFloatVector,
    samples: fc.uniqueArray(fc.nat(99), { maxLength: 4 }).map((found) => {
      const indices = found.sort((a, b) => a - b);
      const values = indices.map((index) => index / 4);
      const written = JSON.stringify(Object.fromEntries(indices.map((index, i) => [index, values[i]])));
      return {
        ...{ type: DataType.SparseFloatVector, json: { indices, values }, canonical: { indices, values } },
        parquet: { type: "BYTE_ARRAY", converted: "UTF8", value: written },
      };
    }),
  },
];
