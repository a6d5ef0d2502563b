import { describe, expect, it } from "@jest/globals";
import { Turns } from "@sluice/async";
import type { Column } from "@sluice/columns";
import { cells, fixed, longs } from "@sluice/columns/testing";
import { schema } from "@sluice/rpc";
import { DataType, type FieldSchema } from "@sluice/schema";
import { field } from "@sluice/schema/testing";
import { encodeArrayCell, wktToWkb } from "@sluice/values";
import type { PickedRows } from "../src/cell-bytes.ts";
import { countData, fieldData as fieldParts, memberIndexes, structFieldData } from "../src/field-data.ts";
import { type Parts, toBuffer } from "../src/message-parts.ts";

/** All rows of one source. */
const rowsOf = (count: number): PickedRows => ({
  count,
  sourceOf: new Uint32Array(count),
  rowOf: Uint32Array.from({ length: count }, (_, row) => row),
});
const none = rowsOf(0);

const turns = new Turns(new AbortController().signal, 0);
const read = (parts: Parts) => schema.FieldData.decode(toBuffer(parts));
const fieldData = async (of: FieldSchema, columns: readonly Column[], rows: PickedRows, timezone: string) =>
  read(await fieldParts(of, { columns, rows, turns }, timezone));

/** What a client reads of a scalar field. */
async function scalars(of: FieldSchema, column: Column, rows: PickedRows, timezone = "UTC"): Promise<unknown> {
  const { field: data } = await fieldData(of, [column], rows, timezone);
  if (data?.$case !== "scalars") throw new Error("no scalars");
  const list = data.value.data;
  // Floats come as typed arrays.
  if (list?.$case === "floatData" || list?.$case === "doubleData") list.value.data = [...list.value.data];
  return list;
}

async function vectors(of: FieldSchema, column: Column, rows: PickedRows) {
  const { field: data } = await fieldData(of, [column], rows, "UTC");
  if (data?.$case !== "vectors") throw new Error("no vectors");
  return data.value;
}

describe("scalars", () => {
  it.each([
    [DataType.Bool, fixed(Uint8Array.of(1, 0), 1), "boolData", [true, false]],
    [DataType.Int8, fixed(Int8Array.of(-1, 127), 1), "intData", [-1, 127]],
    [DataType.Int16, fixed(Int16Array.of(-1, 300), 2), "intData", [-1, 300]],
    [DataType.Int32, fixed(Int32Array.of(-1, 70_000), 4), "intData", [-1, 70_000]],
    [DataType.Int64, longs(-1n, 1n << 60n), "longData", [-1n, 1n << 60n]],
    [DataType.Float, fixed(Float32Array.of(0.5, -2), 4), "floatData", [0.5, -2]],
    [DataType.Double, fixed(Float64Array.of(0.1, -2), 8), "doubleData", [0.1, -2]],
    [DataType.VarChar, cells("é", ""), "stringData", ["é", ""]],
    [DataType.JSON, cells('{"a":1}', "null"), "jsonData", [Buffer.from('{"a":1}'), Buffer.from("null")]],
    [
      DataType.Geometry,
      cells(wktToWkb("POINT (1 2)"), wktToWkb("POINT (3 4)")),
      "geometryWktData",
      ["POINT (1 2)", "POINT (3 4)"],
    ],
  ])("type %s", async (type, column, $case, data) => {
    expect(await scalars(field("f", type), column, rowsOf(2))).toMatchObject({ $case, value: { data } });
  });

  it("stand in full, with placeholders at nulls and their validity", async () => {
    const year = field("year", DataType.Int32, { nullable: true });
    const column = fixed(Int32Array.of(7, 0), 4, [1, 0]);
    expect(await scalars(year, column, rowsOf(2))).toMatchObject({ value: { data: [7, 0] } });
    expect((await fieldData(year, [column], rowsOf(2), "UTC")).validData).toEqual([true, false]);
    const title = field("title", DataType.VarChar, { nullable: true });
    expect(await scalars(title, cells("a", null), rowsOf(2))).toMatchObject({ value: { data: ["a", ""] } });
  });

  it("say nothing of validity where no null can be", async () => {
    expect((await fieldData(field("f", DataType.Int64), [longs(1n)], rowsOf(1), "UTC")).validData).toEqual([]);
  });

  it("show a time in the zone of the query", async () => {
    const time = field("at", DataType.Timestamptz);
    const shown = async (zone: string) =>
      (await scalars(time, longs(0n), rowsOf(1), zone)) as { value: { data: string[] } };
    expect((await shown("UTC")).value.data[0]).toMatch(/^1970-01-01T00:00:00/);
    expect((await shown("Asia/Shanghai")).value.data[0]).toMatch(/^1970-01-01T08:00:00.*\+08:00$/);
  });

  it("keep arrays and the kind of their elements", async () => {
    const words = field("words", DataType.Array, { elementType: DataType.Int64 });
    const cell = encodeArrayCell(DataType.Int64, [1n, 2n]);
    expect(await scalars(words, cells(cell), rowsOf(1))).toMatchObject({
      $case: "arrayData",
      value: { elementType: DataType.Int64, data: [{ data: { $case: "longData", value: { data: [1n, 2n] } } }] },
    });
  });

  it("come from several sources, in the order of the rows", async () => {
    const rows = { count: 3, sourceOf: Uint32Array.of(1, 0, 1), rowOf: Uint32Array.of(1, 0, 0) };
    const { field: data } = await fieldData(field("f", DataType.Int64), [longs(1n), longs(2n, 3n)], rows, "UTC");
    expect(data).toMatchObject({ value: { data: { value: { data: [3n, 1n, 2n] } } } });
  });

  it("of the dynamic column are called $meta", async () => {
    const meta = field("$meta", DataType.JSON, { isDynamic: true });
    expect(await fieldData(meta, [cells("{}")], rowsOf(1), "UTC")).toMatchObject({
      fieldName: "$meta",
      isDynamic: true,
    });
  });
});

describe("vectors", () => {
  const dense = field("v", DataType.FloatVector, { dim: 2, nullable: true });

  it("stand without the nulls", async () => {
    const column = fixed(Float32Array.of(1, 2, 0, 0, 5, 6), 8, [1, 0, 1]);
    const { dim, data } = await vectors(dense, column, rowsOf(3));
    expect(dim).toBe(2n);
    if (data?.$case !== "floatVector") throw new Error("no floats");
    expect([...data.value.data]).toEqual([1, 2, 5, 6]);
    expect((await fieldData(dense, [column], rowsOf(3), "UTC")).validData).toEqual([true, false, true]);
  });

  it("keep their dimension where there are no rows", async () => {
    expect((await vectors(dense, fixed(new Float32Array(0), 8), none)).dim).toBe(2n);
  });

  it("of bytes are one text of bytes", async () => {
    const of = async (type: DataType, dim: number, bytes: Uint8Array, width: number) =>
      (await vectors(field("v", type, { dim }), fixed(bytes, width), rowsOf(1))).data;
    expect(await of(DataType.BinaryVector, 16, Uint8Array.of(1, 2), 2)).toEqual({
      $case: "binaryVector",
      value: Buffer.of(1, 2),
    });
    expect(await of(DataType.Float16Vector, 1, Uint8Array.of(0, 60), 2)).toMatchObject({ $case: "float16Vector" });
    expect(await of(DataType.BFloat16Vector, 1, Uint8Array.of(128, 63), 2)).toMatchObject({ $case: "bfloat16Vector" });
    expect(await of(DataType.Int8Vector, 2, Uint8Array.of(1, 255), 2)).toMatchObject({ $case: "int8Vector" });
  });

  it("that are sparse have the dimension of the greatest index of the answer", async () => {
    const pair = (index: number) => Buffer.from(new Uint8Array(Uint32Array.of(index, 0).buffer));
    const sparse = field("s", DataType.SparseFloatVector);
    expect((await vectors(sparse, cells(pair(41), pair(6)), rowsOf(2))).dim).toBe(42n);
    expect((await vectors(sparse, cells(), none)).dim).toBe(0n);
  });
});

it("a struct holds its members' lists under their plain names", async () => {
  const rows = { columns: [longs(1n)], rows: rowsOf(1), turns };
  const member = await fieldParts(field("chapters[page]", DataType.Int64), rows, "UTC", "page");
  const struct = { fieldId: 103, name: "chapters", nullable: false, maxCapacity: 4, members: ["page"] };
  expect(read(structFieldData(struct, [member]))).toMatchObject({
    fieldName: "chapters",
    field: { $case: "structArrays", value: { fields: [{ fieldName: "page" }] } },
  });
  const fields = [field("id", DataType.Int64), field("chapters[page]", DataType.Array)];
  expect(memberIndexes({ fields, structs: [struct] } as never, struct)).toEqual([1]);
});

it("a count is one int64", () => {
  expect(read(countData(7n))).toMatchObject({
    fieldName: "count(*)",
    field: { value: { data: { $case: "longData", value: { data: [7n] } } } },
  });
});
