import { describe, expect, it } from "@jest/globals";
import { type Column, completeBatch, constantColumn, type InsertBatch, standInOf } from "@sluice/columns";
import { DataType, type DefaultValue } from "@sluice/schema";
import { collection, field } from "@sluice/schema/testing";

function batchOf(rowCount: number, ...columns: (Column | undefined)[]): InsertBatch {
  return { rowCount, columns, sourceBytes: 7 };
}

const hex = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes!).toString("hex");
const text = (column: Column) => Buffer.from(column.data).toString();

describe("standInOf", () => {
  it.each<[DataType, DefaultValue, string]>([
    [DataType.Bool, true, "01"],
    [DataType.Int8, -2n, "fe"],
    [DataType.Int16, 258n, "0201"],
    [DataType.Int32, -1n, "ffffffff"],
    [DataType.Int64, 2n ** 53n + 1n, "0100000000002000"],
    [DataType.Timestamptz, -1n, "ffffffffffffffff"],
    [DataType.Float, 0.1, "cdcccc3d"],
    [DataType.Double, 0.1, "9a9999999999b93f"],
    [DataType.VarChar, "é", "c3a9"],
    [DataType.JSON, Buffer.from("{}"), "7b7d"],
  ])("type %i", (type, value, expected) => {
    expect(hex(standInOf(field("f", type, { defaultValue: value })))).toBe(expected);
  });

  it("is undefined without a default", () => {
    expect(standInOf(field("f", DataType.Bool))).toBeUndefined();
  });
});

describe("constantColumn", () => {
  it("repeats fixed values and nulls", () => {
    const column = constantColumn(field("f", DataType.Int16), 3, 258n);
    expect([hex(column.data), column.validity]).toEqual(["020102010201", undefined]);
    const nulls = constantColumn(field("f", DataType.Int16), 2, null);
    expect([hex(nulls.data), nulls.validity]).toEqual(["00000000", new Uint8Array(2)]);
  });

  it("repeats cells and nulls", () => {
    const column = constantColumn(field("f", DataType.VarChar), 3, "ab");
    expect([text(column), column]).toEqual([
      "ababab",
      expect.objectContaining({ offsets: Uint32Array.of(0, 2, 4, 6) }),
    ]);
    const nulls = constantColumn(field("f", DataType.VarChar), 2, null);
    expect(nulls).toEqual({
      kind: "var",
      offsets: new Uint32Array(3),
      data: new Uint8Array(0),
      validity: new Uint8Array(2),
    });
    expect(constantColumn(field("f", DataType.VarChar), 2, "").data).toHaveLength(0);
    expect(constantColumn(field("f", DataType.VarChar), 0, "x").data).toHaveLength(0);
  });

  it("refuses what the offsets cannot hold", () => {
    expect(() => constantColumn(field("f", DataType.VarChar), 2 ** 26, "x".repeat(64))).toThrow(
      "more than a column holds",
    );
  });
});

describe("completeBatch", () => {
  const given = constantColumn(field("id", DataType.Int64), 4, 1n);
  const id = field("id", DataType.Int64, { isPrimaryKey: true });

  it("returns a complete batch as it is", () => {
    const batch = batchOf(4, given);
    expect(completeBatch(collection([id]), batch)).toBe(batch);
  });

  it("fills defaults before nulls, and an empty object for $meta", () => {
    const schema = collection([
      id,
      field("a", DataType.Int8, { defaultValue: 5n, nullable: true }),
      field("b", DataType.VarChar, { nullable: true }),
      field("$meta", DataType.JSON, { isDynamic: true }),
    ]);
    const { columns, ...rest } = completeBatch(schema, batchOf(4, given));
    expect(rest).toEqual({ rowCount: 4, sourceBytes: 7 });
    expect(columns[0]).toBe(given);
    expect(hex(columns[1]!.data)).toBe("05050505");
    expect(columns[2]!.validity).toEqual(new Uint8Array(4));
    expect(text(columns[3]!)).toBe("{}{}{}{}");
  });

  it("leaves automatic keys and function outputs to those who make them", () => {
    const schema = collection([
      field("id", DataType.Int64, { isPrimaryKey: true, autoId: true }),
      field("bm25", DataType.SparseFloatVector, { isFunctionOutput: true }),
    ]);
    expect(completeBatch(schema, batchOf(2)).columns).toEqual([undefined, undefined]);
  });

  it("refuses a column that must be given", () => {
    const schema = collection([id, field("v", DataType.FloatVector, { dim: 2 })]);
    expect(() => completeBatch(schema, batchOf(4, given))).toThrow(
      expect.objectContaining({ code: "schema_mismatch", reason: "value of field 'v' is missed", at: { field: "v" } }),
    );
  });

  it("serves batches of any size from one column for each field", () => {
    const schema = collection([
      id,
      field("a", DataType.Int32, { defaultValue: 7n }),
      field("b", DataType.VarChar, { nullable: true, defaultValue: "xy" }),
    ]);
    const filled = (rows: number) => completeBatch(schema, batchOf(rows, given)).columns.slice(1);
    const first = filled(100);
    expect(filled(100)[0]).toBe(first[0]);
    for (const rows of [100, 3, 0, 1000, 999]) {
      const [a, b] = filled(rows);
      expect(a!.data).toEqual(new Uint8Array(Int32Array.from({ length: rows }, () => 7).buffer));
      expect(b).toMatchObject({ offsets: Uint32Array.from({ length: rows + 1 }, (_, i) => 2 * i) });
    }
    expect(filled(100)[0]!.data.buffer).toBe(filled(50)[0]!.data.buffer);
  });
});
