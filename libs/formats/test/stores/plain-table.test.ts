import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "@jest/globals";
import { inspectGroup } from "@sluice/formats";
import { DataType } from "@sluice/schema";
import { formatOfPath } from "../../src/format-list.ts";
import { sqliteFormat } from "../../src/stores/sqlite/index.ts";
import { readFiles, refusal, sourcesOf, vectorSchema } from "../arrays/array-files.ts";
import { expected, filesOf, membersOf } from "./store-files.ts";

/** A database that SQLite itself has written. */
function database(sql: string): { "rows.db": Uint8Array } {
  const folder = mkdtempSync(join(tmpdir(), "table-"));
  const db = new DatabaseSync(join(folder, "rows.db"));
  try {
    db.exec(sql);
    db.close();
    return { "rows.db": new Uint8Array(readFileSync(join(folder, "rows.db"))) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const vector = "CREATE TABLE t (id INTEGER PRIMARY KEY, vector float[2]); INSERT INTO t VALUES";

describe("a table of SQLite", () => {
  it.each(["a.db", "b.SQLITE3", "c.sqlite"])("%s is told by its name", (name) => {
    expect(formatOfPath(name)?.name).toBe("sqlite");
    expect(formatOfPath(`${name}.gz`)).toBeUndefined();
  });

  it("has a member a column", async () => {
    const sql = `CREATE TABLE t (k TEXT, n INT, r REAL, facts JSON, raw BLOB, none);
      INSERT INTO t VALUES ('é"', 9223372036854775807, 1.5, '{"a": [1]}', x'0000803f', NULL)`;
    const row = { k: 'é"', n: { $int: "9223372036854775807" }, r: 1.5, facts: { a: [1] }, raw: "AACAPw==", none: null };
    expect(await membersOf(sqliteFormat, database(sql))).toEqual([row]);
  });

  it("has vectors in columns of sqlite-vec's types, else in base64", async () => {
    const files = filesOf("sqlite-vec.db");
    const rows = expected["sqlite-vec.db/plain"];
    expect(await membersOf(sqliteFormat, files, { table: "plain" })).toMatchObject(rows);
    const { rows: mapped } = await readFiles(sqliteFormat, files, {
      options: {
        table: "plain",
        fields_mapping: '{"raw": {"field": "vector", "as": "base64"}}',
        fold_extra_columns: "false",
      },
    });
    expect(mapped).toEqual(rows.map(({ id, e }) => ({ id, vector: e })));
  });

  it("has vectors in texts that are lists of numbers", async () => {
    const files = database(`CREATE TABLE t (id INTEGER PRIMARY KEY, vector TEXT, title TEXT);
      INSERT INTO t VALUES (1, '[0.5, 1]', '[draft]'), (2, '[2,3]', 'b')`);
    const { schema } = await inspectGroup("sqlite", await sourcesOf(files), {}, new AbortController().signal);
    const types = schema.fields.map(({ fieldName, dataType }) => `${fieldName} ${dataType}`);
    expect(types).toEqual(["id Int64", "vector FloatVector", "title VarChar"]);
    const options = { fold_extra_columns: "false" };
    const { rows } = await readFiles(sqliteFormat, files, { schema: vectorSchema(2), options });
    expect(rows).toEqual([{ id: 1, vector: [0.5, 1] }, { id: 2, vector: [2, 3] }]); // biome-ignore format: one line
  });

  it("is described", async () => {
    const files = await sourcesOf(database(`${vector} (1, x'0000803f00000040')`));
    const { columns } = await sqliteFormat.describe(files, new AbortController().signal);
    expect(columns).toMatchObject([{ name: "id" }, { name: "vector", dataType: DataType.FloatVector, dim: 2 }]);
  });

  it("names the row that is refused, and no byte of a text that nobody has", async () => {
    const files = database(`${vector} (1, x'0000803f00000040'), (2, 'text')`);
    const error = await refusal(sqliteFormat, files, { schema: vectorSchema(2) });
    expect(error.at).toEqual({ file: "rows.db", row: 1, field: "vector" });
    const outcome = await readFiles(sqliteFormat, files, { schema: vectorSchema(2), goesOn: true });
    expect(outcome.rows).toEqual([{ id: 1, vector: [1, 2] }]);
    expect(outcome.rejected.map(({ at }) => at)).toEqual([{ file: "rows.db", row: 1, field: "vector" }]);
  });

  it("that is not a number is refused in a vector", async () => {
    const error = await refusal(sqliteFormat, database(`${vector} (1, x'0000c07f00000040')`), {
      schema: vectorSchema(2),
    });
    expect(error.message).toMatch(/NaN/);
  });

  it("has to be chosen among several", async () => {
    const files = database("CREATE TABLE books (id); CREATE TABLE films (id)");
    expect((await refusal(sqliteFormat, files)).reason).toBe(
      "the store has several tables, choose one by the option table: [books, films]",
    );
    expect((await refusal(sqliteFormat, files, { options: { table: "book" } })).reason).toBe(
      "options.table: there is no table 'book' (did you mean 'books'?), there are [books, films]",
    );
  });
});
