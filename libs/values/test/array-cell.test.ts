import { describe, expect, it } from "@jest/globals";
import { DataType } from "@sluice/schema";
import {
  type ArrayElement,
  decodeArrayCell,
  decodeVectorArrayCell,
  encodeArrayCell,
  encodeVectorArrayCell,
} from "@sluice/values";
import fc from "fast-check";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const bytes = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));

const elements: [DataType, fc.Arbitrary<ArrayElement>][] = [
  [DataType.Bool, fc.boolean()],
  [DataType.Int8, fc.integer({ min: -128, max: 127 })],
  [DataType.Int16, fc.integer({ min: -32768, max: 32767 })],
  [DataType.Int32, fc.integer()],
  [DataType.Int64, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
  [DataType.Float, fc.float({ noNaN: true })],
  [DataType.Double, fc.double({ noNaN: true })],
  [DataType.VarChar, fc.string({ unit: "grapheme" })],
];

describe("array cells", () => {
  // The first two stand in the binlog specification; the rest follows from protobuf's encoding.
  it.each<[DataType, ArrayElement[], string]>([
    [DataType.Int64, [1n, 2n], "1a 04 0a 02 01 02"],
    [DataType.Int64, [], "1a 00"],
    [DataType.Int32, [-1], "12 0c 0a 0a ff ff ff ff ff ff ff ff ff 01"],
    [DataType.Int64, [300n, -(2n ** 63n)], "1a 0e 0a 0c ac 02 80 80 80 80 80 80 80 80 80 01"],
    [DataType.Bool, [true, false], "0a 04 0a 02 01 00"],
    [DataType.Float, [1], "22 06 0a 04 00 00 80 3f"],
    [DataType.Double, [1], "2a 0a 0a 08 00 00 00 00 00 00 f0 3f"],
    [DataType.VarChar, ["a", "", "é"], "32 09 0a 01 61 0a 00 0a 02 c3 a9"],
  ])("type %i, %p", (type, values, expected) => {
    expect(hex(encodeArrayCell(type, values))).toBe(expected.replaceAll(" ", ""));
    expect(decodeArrayCell(type, bytes(expected))).toEqual(values);
  });

  it.each(elements)("type %i comes back as it went in", (type, element) => {
    const same = (values: ArrayElement[]) =>
      expect(decodeArrayCell(type, encodeArrayCell(type, values))).toEqual(values);
    fc.assert(fc.property(fc.array(element, { maxLength: 300 }), same), { seed: 21, numRuns: 100 });
  });

  it("takes strings as UTF-8 bytes", () => {
    expect(encodeArrayCell(DataType.VarChar, [Buffer.from("é")])).toEqual(encodeArrayCell(DataType.VarChar, ["é"]));
  });

  it("reads unpacked elements and skips fields it does not know", () => {
    expect(decodeArrayCell(DataType.Int64, bytes("1a 04 08 01 08 02"))).toEqual([1n, 2n]);
    expect(decodeArrayCell(DataType.Float, bytes("22 0a 0d 00 00 80 3f 0d 00 00 00 40"))).toEqual([1, 2]);
    expect(decodeArrayCell(DataType.Int64, bytes("1a 04 0a 02 01 02 8a 01 02 01 01"))).toEqual([1n, 2n]);
    expect(decodeArrayCell(DataType.Int64, bytes("1a 04 0a 02 01 02 88 01 01 88 01 01"))).toEqual([1n, 2n]);
    expect(decodeArrayCell(DataType.Int64, bytes(""))).toEqual([]);
  });

  it.each([
    ["cut short", DataType.Int64, "1a 04 0a 02 01"],
    ["an endless varint", DataType.Int64, "1a 0d 0a 0b ff ff ff ff ff ff ff ff ff ff ff"],
    ["another element type", DataType.Int64, "22 06 0a 04 00 00 80 3f"],
    ["a group", DataType.Int64, "83 01"],
  ])("refuses %s", (_, type, cell) => {
    expect(() => decodeArrayCell(type, bytes(cell))).toThrow(RangeError);
  });

  // `ScalarField.valid_data` of Milvus's newest protocol: packed, and one by one.
  it.each(["1a040a020102 8a01020100", "1a040a020102 8801018801 00"])(
    "refuses null elements, whose places hold other values: %s",
    (cell) => {
      expect(() => decodeArrayCell(DataType.Int64, bytes(cell))).toThrow(
        "null elements of arrays are not supported: leave them out, or put a value in their place",
      );
    },
  );

  it("refuses element types that arrays cannot have", () => {
    expect(() => encodeArrayCell(DataType.JSON, [])).toThrow("JSON cannot be an array's element type");
  });
});

describe("cells of arrays of vectors", () => {
  it.each([
    ["two float vectors", DataType.FloatVector, 1, "0000803f00000040", "08 01 12 0a 0a 08 0000803f 00000040"],
    ["no float vector", DataType.FloatVector, 4, "", "08 04 12 00"],
    ["binary", DataType.BinaryVector, 16, "ff00", "08 10 1a 02 ff00"],
    ["float16", DataType.Float16Vector, 1, "003c", "08 01 22 02 003c"],
    ["bfloat16", DataType.BFloat16Vector, 1, "803f", "08 01 2a 02 803f"],
    ["int8", DataType.Int8Vector, 2, "ff01", "08 02 3a 02 ff01"],
  ])("%s", (_, type, dim, vectors, expected) => {
    const cell = encodeVectorArrayCell(type, dim, bytes(vectors));
    expect(hex(cell)).toBe(expected.replaceAll(" ", ""));
    expect(hex(decodeVectorArrayCell(type, dim, cell))).toBe(vectors);
  });

  it("reads unpacked floats; an empty cell holds none", () => {
    const cell = bytes("08 01 12 0a 0d 0000803f 0d 00000040");
    expect(hex(decodeVectorArrayCell(DataType.FloatVector, 1, cell))).toBe("0000803f00000040");
    expect(decodeVectorArrayCell(DataType.FloatVector, 1, bytes(""))).toHaveLength(0);
  });

  it("refuses another dim, another type and broken lengths", () => {
    const cell = encodeVectorArrayCell(DataType.FloatVector, 2, new Uint8Array(16));
    expect(() => decodeVectorArrayCell(DataType.FloatVector, 3, cell)).toThrow("expected vectors of dim 3, got dim 2");
    expect(() => decodeVectorArrayCell(DataType.Int8Vector, 2, cell)).toThrow("Int8Vector");
    expect(() => encodeVectorArrayCell(DataType.FloatVector, 2, new Uint8Array(12))).toThrow("12 bytes");
    expect(() => encodeVectorArrayCell(DataType.SparseFloatVector, 2, new Uint8Array(8))).toThrow("SparseFloatVector");
  });
});
