import { describe, expect, it } from "@jest/globals";
import { Turns } from "@sluice/async";
import type { Column } from "@sluice/columns";
import { cells, fixed, longs } from "@sluice/columns/testing";
import { schema } from "@sluice/rpc";
import { DataType, type FieldSchema } from "@sluice/schema";
import { field } from "@sluice/schema/testing";
import { encodeArrayCell, encodeSparseCell, encodeVectorArrayCell, wktToWkb } from "@sluice/values";
import { columnOfData, fieldData, splitFieldData, toBuffer } from "../src/index.ts";

const turns = new Turns(new AbortController().signal, 0);

/** What a column is after it was sent and read again. */
async function sent(of: FieldSchema, column: Column, count: number): Promise<Column> {
  const rows = { count, sourceOf: new Uint32Array(count), rowOf: Uint32Array.from({ length: count }, (_, row) => row) };
  const bytes = toBuffer(await fieldData(of, { columns: [column], rows, turns }, "Asia/Tokyo"));
  return columnOfData(of, splitFieldData(bytes), count, "Asia/Tokyo");
}

/** Values as bytes, null where there is none. */
function valuesOf(column: Column, count: number): (string | null)[] {
  return Array.from({ length: count }, (_, row) => {
    if (column.validity?.[row] === 0) return null;
    const [from, to] =
      column.kind === "fixed"
        ? [row * column.width, (row + 1) * column.width]
        : [column.offsets[row], column.offsets[row + 1]];
    return Buffer.from(column.data.subarray(from, to)).toString("hex");
  });
}

const INT64S = [0n, -1n, 127n, 128n, 2n ** 35n, -(2n ** 35n), 2n ** 63n - 1n, -(2n ** 63n)];
const floats = (...values: number[]) => fixed(Float32Array.from(values), 8);
const list = (...values: string[]) => encodeArrayCell(DataType.VarChar, values);

describe("a column that is sent and read again", () => {
  it.each<[string, FieldSchema, Column, number]>([
    ["Bool", field("f", DataType.Bool), fixed(Uint8Array.of(1, 0), 1), 2],
    ["Int8", field("f", DataType.Int8), fixed(Int8Array.of(-128, 127), 1), 2],
    ["Int16", field("f", DataType.Int16), fixed(Int16Array.of(-32_768, 300), 2), 2],
    ["Int32", field("f", DataType.Int32), fixed(Int32Array.of(-(2 ** 31), 70_000), 4), 2],
    ["Int64", field("f", DataType.Int64), longs(...INT64S), INT64S.length],
    ["Float", field("f", DataType.Float), fixed(Float32Array.of(0.1, -2), 4), 2],
    ["Double", field("f", DataType.Double), fixed(Float64Array.of(0.1, -2), 8), 2],
    ["VarChar", field("f", DataType.VarChar), cells("é", "", "a".repeat(300)), 3],
    ["JSON", field("f", DataType.JSON), cells('{"a":1}', "null"), 2],
    ["Timestamptz", field("f", DataType.Timestamptz), longs(0n, 1_764_000_000_123_456n), 2],
    ["Geometry", field("f", DataType.Geometry), cells(wktToWkb("POINT (1 2)"), wktToWkb("POINT (3 4)")), 2],
    ["Array", field("f", DataType.Array, { elementType: DataType.VarChar }), cells(list("a", ""), list()), 2],
    ["FloatVector", field("f", DataType.FloatVector, { dim: 2 }), floats(1, 2, 3, 4), 2],
    ["BinaryVector", field("f", DataType.BinaryVector, { dim: 16 }), fixed(Uint8Array.of(1, 2, 3, 4), 2), 2],
    [
      "Sparse",
      field("f", DataType.SparseFloatVector),
      cells(encodeSparseCell([1, 9], [2, 3]), encodeSparseCell([], [])),
      2,
    ],
    [
      "ArrayOfVector",
      field("f", DataType.ArrayOfVector, { dim: 2, elementType: DataType.FloatVector }),
      cells(
        encodeVectorArrayCell(DataType.FloatVector, 2, new Uint8Array(16)),
        encodeVectorArrayCell(DataType.FloatVector, 2, new Uint8Array(0)),
      ),
      2,
    ],
  ])("is the same: %s", async (_, of, column, count) => {
    expect(valuesOf(await sent(of, column, count), count)).toEqual(valuesOf(column, count));
  });

  it.each<[string, FieldSchema, Column]>([
    [
      "scalars, which have placeholders",
      field("f", DataType.Int32, { nullable: true }),
      fixed(Int32Array.of(1, 0, 3), 4, [1, 0, 1]),
    ],
    [
      "vectors, which have none",
      field("f", DataType.FloatVector, { dim: 1, nullable: true }),
      fixed(Float32Array.of(1, 0, 3), 4, [1, 0, 1]),
    ],
    ["texts", field("f", DataType.VarChar, { nullable: true }), cells("a", null, "c")],
    [
      "sparse vectors",
      field("f", DataType.SparseFloatVector, { nullable: true }),
      cells(encodeSparseCell([1], [2]), null, encodeSparseCell([3], [4])),
    ],
  ])("has its nulls: %s", async (_, of, column) => {
    const read = await sent(of, column, 3);
    expect([valuesOf(read, 3), [...(read.validity ?? [])]]).toEqual([valuesOf(column, 3), [1, 0, 1]]);
  });
});

describe("what another program sends", () => {
  const read = (of: FieldSchema, message: Partial<schema.FieldData>, count: number) =>
    columnOfData(
      of,
      splitFieldData(schema.FieldData.encode(schema.FieldData.fromPartial(message)).finish()),
      count,
      "UTC",
    );
  const ints = (...data: number[]) => ({
    type: DataType.Int8 as number as schema.DataType,
    field: { $case: "scalars" as const, value: { data: { $case: "intData" as const, value: { data } } } },
  });
  const texts = (...data: string[]) => ({
    type: DataType.VarChar as number as schema.DataType,
    field: { $case: "scalars" as const, value: { data: { $case: "stringData" as const, value: { data } } } },
  });

  it.each<[what: string, of: FieldSchema, message: Partial<schema.FieldData>, words: RegExp]>([
    ["too few values", field("f", DataType.Int8), ints(1), /'f' has 1 values for 2 rows/],
    ["too many", field("f", DataType.VarChar), texts("a", "b", "c"), /'f' has 3 values for 2 rows/],
    ["a value out of range", field("f", DataType.Int8), ints(1, 128), /Int8 cannot hold 128/],
    ["another type", field("f", DataType.Double), ints(1, 2), /is of type Double, and Int8 was sent/],
    [
      "a text that is too long",
      field("f", DataType.VarChar, { maxLength: 2 }),
      texts("a", "abc"),
      /exceeds max length, row number: 1, length: 3, max length: 2/,
    ],
    [
      "flags of other rows",
      field("f", DataType.Int8, { nullable: true }),
      { ...ints(1, 2), validData: [true] },
      /says of 1 rows/,
    ],
    [
      "no values at all",
      field("f", DataType.Int8),
      { type: DataType.Int8 as number as schema.DataType },
      /0 values for 2 rows/,
    ],
    [
      "text that is no geometry",
      field("f", DataType.Geometry),
      {
        type: DataType.Geometry as number as schema.DataType,
        field: {
          $case: "scalars",
          value: { data: { $case: "geometryWktData", value: { data: ["POINT (1 2)", "POINT"] } } },
        },
      },
      /^invalid Geometry data, transform to wkb failed: .*\(field 'f', row 1\)$/,
    ],
    [
      "text that is no time",
      field("f", DataType.Timestamptz),
      {
        type: DataType.Timestamptz as number as schema.DataType,
        field: {
          $case: "scalars",
          value: { data: { $case: "stringData", value: { data: ["2025-05-30T23:46:05Z", "soon"] } } },
        },
      },
      /^got invalid timestamptz string 'soon': .*\(field 'f', row 1\)$/,
    ],
  ])("is refused: %s", (_, of, message, words) => {
    expect(() => read(of, message, 2)).toThrow(words);
  });

  it("is refused when it is cut short, wherever", async () => {
    const of = field("f", DataType.VarChar);
    const rows = { count: 2, sourceOf: new Uint32Array(2), rowOf: Uint32Array.of(0, 1) };
    const bytes = toBuffer(await fieldData(of, { columns: [cells("abc", "def")], rows, turns }, "UTC"));
    for (let end = 0; end < bytes.length; end++)
      try {
        columnOfData(of, splitFieldData(bytes.subarray(0, end)), 2, "UTC");
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
  });

  it("may leave nulls out of scalars", () => {
    const column = read(field("f", DataType.Int8, { nullable: true }), { ...ints(7), validData: [false, true] }, 2);
    expect([...column.data.subarray(0, 2), ...(column.validity ?? [])]).toEqual([0, 7, 0, 1]);
  });
});
