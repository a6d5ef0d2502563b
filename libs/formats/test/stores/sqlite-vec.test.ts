import { describe, expect, it } from "@jest/globals";
import { DataType } from "@sluice/schema";
import { collection, field } from "@sluice/schema/testing";
import { sqliteFormat } from "../../src/stores/sqlite/index.ts";
import { vec0Columns } from "../../src/stores/sqlite/vec0/vec0-columns.ts";
import { expectDamageIsTold, readFiles, refusal } from "../arrays/array-files.ts";
import { expected, filesOf, membersOf } from "./store-files.ts";

const files = filesOf("sqlite-vec.db");
const byKey = (name: string) => (a: Record<string, unknown>, b: Record<string, unknown>) =>
  Number(a[name]) - Number(b[name]);

describe("a table of sqlite-vec", () => {
  it("gives what a select gives: vectors, metadata, partitions, auxiliary columns, without what was deleted", async () => {
    const rows = await membersOf(sqliteFormat, files, { table: "docs" });
    const wanted = expected["sqlite-vec.db/docs"].map((row) => ({ ...row, is_new: row.is_new === 1 }));
    expect([...rows].sort(byKey("doc_id"))).toEqual(wanted);
  });

  it("has keys of text, and chunks that are almost empty", async () => {
    expect(await membersOf(sqliteFormat, files, { table: "named" })).toEqual(expected["sqlite-vec.db/named"]);
  });

  it("goes into fields of all vector types", async () => {
    const schema = collection([
      field("doc_id", DataType.Int64, { isPrimaryKey: true }),
      field("e", DataType.FloatVector, { dim: 4 }),
      field("small", DataType.Int8Vector, { dim: 4 }),
      field("bits", DataType.BinaryVector, { dim: 8 }),
      field("is_new", DataType.Bool),
    ]);
    const { rows } = await readFiles(sqliteFormat, files, { schema, options: { table: "docs" } });
    const [first] = expected["sqlite-vec.db/docs"];
    expect(rows[0]).toEqual({ doc_id: 0, e: first.e, small: [0, 0, 7, -128], bits: "00", is_new: false });
    expect(rows).toHaveLength(18);
  });

  it("is one of those to choose from, and the tables below it are not", async () => {
    expect((await refusal(sqliteFormat, files)).reason).toContain(
      "the store has several tables, choose one by the option table: [plain, docs, named]",
    );
  });

  it("that is damaged is an error, or rows", () =>
    expectDamageIsTold(sqliteFormat, "sqlite-vec.db", files["sqlite-vec.db"], {
      options: { table: "named", fields_mapping: '{"e": "vector", "name": "id"}', coerce: "true" },
      runs: 40,
    }));
});

it("columns of kinds that are not known are refused by name", () => {
  expect(() => vec0Columns(["e float[4] indexed by ivf(8)"])).toThrow("its column 'e float[4] indexed by ivf(8)'");
  expect(vec0Columns(["+ body TEXT", '"a b" bit [16]', "chunk_size = 8"])).toEqual([
    { name: "rowid", kind: "key", isText: false },
    { name: "body", kind: "auxiliary", number: 0 },
    { name: "a b", kind: "vector", type: "bit", dim: 16, number: 0 },
  ]);
});
