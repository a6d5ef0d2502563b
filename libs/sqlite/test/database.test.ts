import type { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { openFiles, rowsIn, shown, written } from "./database-files.ts";

// SQLite itself, as Node has it, writes the databases: what it was given comes back.

describe("rows of a table", () => {
  it("have every type of value, also integers of 64 bits", async () => {
    const values = [0, 1, -1, 127, 128, -32769, 2 ** 23, -(2 ** 31), 2 ** 40, 2 ** 50, 1.5, -0.25, 1e300];
    const files = written((db) => {
      db.exec("CREATE TABLE t (a, b TEXT, c BLOB)");
      const insert = db.prepare("INSERT INTO t VALUES (?, ?, ?)");
      for (const value of values) insert.run(value, `é${value}`, Buffer.of(1, 2));
      insert.run(9223372036854775807n, null, new Uint8Array(0));
    });
    const rows = await rowsIn(await openFiles(files), "t");
    expect(rows.slice(0, -1)).toEqual(values.map((value) => [value, `é${value}`, "x'0102'"]));
    expect(rows.at(-1)).toEqual([9223372036854775807n, null, "x''"]);
  });

  it("go on in overflow pages, in trees of several levels, with any cache", async () => {
    const text = (i: number) => `${i}-`.repeat(1 + ((i * 37) % 3000));
    const files = written((db) => {
      db.exec("PRAGMA page_size = 512; CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); BEGIN");
      const insert = db.prepare("INSERT INTO t VALUES (?, ?)");
      for (let i = 0; i < 1000; i++) insert.run(i * 3 - 500, text(i));
      db.exec("COMMIT");
    });
    const rows = await rowsIn(await openFiles(files, 1), "t");
    expect(rows.map(([id]) => id)).toEqual(Array.from({ length: 1000 }, (_, i) => i * 3 - 500));
    expect(rows.every(([, v], i) => v === text(i))).toBe(true);
  });

  it.each(["UTF-8", "UTF-16le", "UTF-16be"])("have text in %s", async (encoding) => {
    const files = written((db) =>
      db.exec(`PRAGMA encoding = '${encoding}'; CREATE TABLE t (a); INSERT INTO t VALUES ('aé𝄞')`),
    );
    expect(await rowsIn(await openFiles(files), "t")).toEqual([["aé𝄞"]]);
  });

  it("that are older than a column have its default", async () => {
    const files = written((db) => {
      db.exec("CREATE TABLE t (a); INSERT INTO t VALUES (1)");
      db.exec("ALTER TABLE t ADD COLUMN b DEFAULT 'it''s'; ALTER TABLE t ADD COLUMN c INT DEFAULT (-7)");
      db.exec("ALTER TABLE t ADD COLUMN d; INSERT INTO t VALUES (2, 3, 4, 5)");
    });
    const rows = [
      [1, "it's", -7, null],
      [2, 3, 4, 5],
    ];
    expect(await rowsIn(await openFiles(files), "t")).toEqual(rows);
  });

  it("are found by their ids, and in the order of an index", async () => {
    const files = written((db) => {
      db.exec("CREATE TABLE t (k TEXT PRIMARY KEY, v INT); BEGIN");
      const insert = db.prepare("INSERT INTO t (rowid, k, v) VALUES (?, ?, ?)");
      for (let i = 0; i < 2000; i++) insert.run(i * 2, `k${String((i * 7919) % 2000).padStart(4, "0")}`, i);
      db.exec("COMMIT");
    });
    const db = await openFiles(files);
    const finder = db.table("t").finder();
    expect((await finder.find(2468n))?.value(1)).toBe(1234);
    expect(await finder.find(2469n)).toBeUndefined();
    const keys: unknown[] = [];
    for await (const batch of db.index("sqlite_autoindex_t_1") ?? [])
      for (let i = 0; i < batch.count; i++) keys.push(batch.record(i).value(0));
    expect(keys).toEqual(Array.from({ length: 2000 }, (_, i) => `k${String(i).padStart(4, "0")}`));
  });

  it("are found by an index of integers", async () => {
    const files = written((db) => {
      db.exec("PRAGMA page_size = 512; CREATE TABLE t (rowid PRIMARY KEY, v TEXT); BEGIN");
      const insert = db.prepare("INSERT INTO t VALUES (?, ?)");
      for (let i = 0; i < 500; i++) insert.run((i * 7919) % 5000, `v${(i * 7919) % 5000}`);
      db.exec("COMMIT");
    });
    const db = await openFiles(files);
    const [keys, finder] = [db.indexFinder("sqlite_autoindex_t_1"), db.table("t").finder()];
    for (let i = 0; i < 500; i++) {
      const key = (i * 7919) % 5000;
      const rowId = await keys?.find(BigInt(key));
      expect((await finder.find(rowId as bigint))?.value(1)).toBe(`v${key}`);
    }
    expect(await keys?.find(5001n)).toBeUndefined();
    expect(await keys?.find(-1n)).toBeUndefined();
  });

  it("that were deleted are gone, and their pages are nobody's", async () => {
    const files = written((db) => {
      db.exec("CREATE TABLE t (a TEXT); BEGIN");
      for (let i = 0; i < 500; i++) db.exec(`INSERT INTO t VALUES ('${"x".repeat(100)}${i}')`);
      db.exec("COMMIT; DELETE FROM t WHERE rowid > 3");
    });
    expect(await rowsIn(await openFiles(files), "t")).toHaveLength(3);
  });

  it("are what SQLite reads, whatever they are", async () => {
    const value = fc.oneof(
      fc.constant(null),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.double({ noNaN: true }),
      fc.string({ unit: "grapheme" }).map((text) => text.replaceAll("\0", "")),
      fc.uint8Array({ maxLength: 3000 }),
    );
    const table = fc.record({
      pageSize: fc.constantFrom(512, 1024, 4096, 65536),
      rows: fc.array(fc.tuple(value, value, value), { maxLength: 40 }),
    });
    await fc.assert(
      fc.asyncProperty(table, async ({ pageSize, rows }) => {
        let expected: unknown[] = [];
        const files = written((db) => {
          db.exec(`PRAGMA page_size = ${pageSize}; CREATE TABLE t (a, b INTEGER, c REAL)`);
          const insert = db.prepare("INSERT INTO t VALUES (?, ?, ?)");
          for (const row of rows) insert.run(...row);
          expected = readBySqlite(db);
        });
        expect(await rowsIn(await openFiles(files), "t")).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });
});

function readBySqlite(db: DatabaseSync): unknown[] {
  const select = db.prepare("SELECT a, b, c FROM t");
  select.setReadBigInts(true);
  const plain = (value: unknown) =>
    typeof value === "bigint" && Number.isSafeInteger(Number(value)) ? Number(value) : (value as never);
  return select.all().map((row) => Object.values(row).map((one) => shown(plain(one))));
}

describe("the write-ahead log", () => {
  const fill = (db: DatabaseSync) => {
    db.exec("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (a)");
    db.exec("INSERT INTO t VALUES ('first'); INSERT INTO t VALUES ('second')");
  };

  it("has rows that the database has not", async () => {
    const files = written(fill, true);
    expect(await rowsIn(await openFiles(files), "t")).toEqual([["first"], ["second"]]);
  });

  it("counts as far as a transaction was committed", async () => {
    const files = written(fill, true);
    const log = files.log as Uint8Array;
    const cut = { ...files, log: log.subarray(0, log.length - 1) };
    expect(await rowsIn(await openFiles(cut), "t")).toEqual([["first"]]);
    const flipped = Uint8Array.from(log);
    flipped[log.length - 10] ^= 1;
    expect(await rowsIn(await openFiles({ ...files, log: flipped }), "t")).toEqual([["first"]]);
  });

  it("that is empty changes nothing", async () => {
    const files = written((db) => db.exec("CREATE TABLE t (a); INSERT INTO t VALUES (1)"));
    expect(await rowsIn(await openFiles({ ...files, log: new Uint8Array(0) }), "t")).toEqual([[1]]);
  });
});

describe("the schema", () => {
  it("gives names, types and the column that is the row id", async () => {
    const sql = `CREATE TABLE "odd ""name""" ( -- a comment, with a comma
      [a b] VARCHAR(20, 3) NOT NULL DEFAULT 'x,y', \`c\` INTEGER CONSTRAINT k PRIMARY KEY /* , */, d DOUBLE PRECISION,
      e AS (c * 2) VIRTUAL, f INT GENERATED ALWAYS AS (c + 1) STORED, CHECK (d > 0), FOREIGN KEY (d) REFERENCES o (i))`;
    const files = written((db) =>
      db.exec(`PRAGMA foreign_keys = OFF; ${sql}; INSERT INTO "odd ""name""" ("a b", c, d) VALUES ('t', 42, 2)`),
    );
    const db = await openFiles(files);
    const table = db.table('odd "name"');
    expect(table.columns.map(({ name, type, affinity }) => `${name}:${type}:${affinity}`)).toEqual([
      "a b:VARCHAR ( 20 , 3 ):text",
      "c:INTEGER:integer",
      "d:DOUBLE PRECISION:real",
      "f:INT:integer",
    ]);
    expect(await rowsIn(db, 'odd "name"')).toEqual([["t", 42, 2, 43]]);
  });

  it("tells virtual tables and what they were made with", async () => {
    const files = written((db) => db.exec("CREATE VIRTUAL TABLE f USING fts5(a, tokenize = 'trigram')"));
    const db = await openFiles(files);
    expect(db.virtualTables.get("f")).toEqual({ module: "fts5", arguments: ["a", "tokenize = 'trigram'"] });
  });

  it.each([
    ["CREATE TABLE t (a PRIMARY KEY) WITHOUT ROWID", "it is WITHOUT ROWID"],
    ["CREATE VIRTUAL TABLE t USING fts5(a)", "it is virtual"],
  ])("of %s is refused", async (sql, why) => {
    const db = await openFiles(written((db) => db.exec(sql)));
    expect(() => db.table("t")).toThrow(why);
  });

  it("says which tables there are", async () => {
    const db = await openFiles(written((db) => db.exec("CREATE TABLE books (a)")));
    expect(() => db.table("docs")).toThrow("has no table docs, it has [books]");
    expect(() => db.table("books").column("b")).toThrow("has no column b, it has [a]");
  });
});
