import { gzipSync } from "node:zlib";
import { describe, expect, it, test } from "@jest/globals";
import { formatNamed, formatOfPath, inspectGroup, openReader } from "@sluice/formats";
import { fixtureSchema, readCanonicalRows, readerInput } from "@sluice/formats/testing";
import { memoryFile } from "@sluice/object-store/testing";
import { DataType } from "@sluice/schema";
import { SqlDump, sqlDialectOf } from "../../src/rows/sql/sql-dump.ts";
import { SqlTables } from "../../src/rows/sql/sql-tables.ts";

// Dumps as pg_dump 18.4 (pgvector 0.8.5), mariadb-dump 10.11 and sqlite3 3.40 have written them, shortened.

const CREATE_PG = `--
-- PostgreSQL database dump
--

\\restrict Jhc2tYOaEGSoL202bpskUgGnaJsM1aHlKx4GDbiPpkj5cQd6Ra6fBOfKhN7Rydl

SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);

CREATE FUNCTION public.f() RETURNS void LANGUAGE sql AS $_$
INSERT INTO public.items VALUES (77, 'no row');
$_$;

CREATE TABLE public.items (
    id bigint NOT NULL,
    title text DEFAULT 'a, ''b'' (c'::text,
    vector public.vector(3),
    sp public.sparsevec(1000),
    b bit(16),
    ok boolean,
    tags text[],
    j jsonb,
    CONSTRAINT positive CHECK ((id > 0))
);

`;
const COPY = String.raw`${CREATE_PG}COPY public.items (id, title, vector, sp, b, ok, tags, j) FROM stdin;
1	tab\there, new\nline "q" back\\slash	[1,2,3]	{1:0.5,1000:2}/1000	1010000011110000	t	{a,"b c","d\\"e"}	{"a": "x"}
9007199254740993		[1e-07,-1.5000001e+10,3]	\N	\N	f	{}	null
\.

ALTER TABLE ONLY public.items ADD CONSTRAINT items_pkey PRIMARY KEY (id);
\unrestrict Jhc2tYOaEGSoL202bpskUgGnaJsM1aHlKx4GDbiPpkj5cQd6Ra6fBOfKhN7Rydl
`;
const INSERTS = `${CREATE_PG}INSERT INTO public.items VALUES (1, 'tab	here, new
line "q" back\\slash', '[1,2,3]', '{1:0.5,1000:2}/1000', B'1010000011110000', true, '{a,"b c","d\\"e"}', '{"a": "x"}');
INSERT INTO public.items (id, title, vector, sp, b, ok, tags, j) VALUES
	(9007199254740993, '', '[1e-07,-1.5000001e+10,3]', NULL, NULL, false, '{}', 'null');
`;
const nullable = { nullable: true };
const items = [
  { name: "id", type: DataType.Int64, is_primary: true },
  { name: "title", type: DataType.VarChar, params: { max_length: 99 } },
  { name: "vector", type: DataType.FloatVector, params: { dim: 3 } },
  { name: "sp", type: DataType.SparseFloatVector, ...nullable },
  { name: "b", type: DataType.BinaryVector, params: { dim: 16 }, ...nullable },
  { name: "ok", type: DataType.Bool },
  { name: "tags", type: DataType.Array, element_type: DataType.VarChar, params: { max_capacity: 4, max_length: 9 } },
  { name: "j", type: DataType.JSON },
];
const rows = [
  {
    ...{ id: 1, title: 'tab\there, new\nline "q" back\\slash', vector: [1, 2, 3] },
    ...{ sp: { indices: [0, 999], values: [0.5, 2] }, b: "a0f0", ok: true, tags: ["a", "b c", 'd"e'], j: { a: "x" } },
  },
  {
    ...{ id: "9007199254740993", title: "", vector: [1.0000000116860974e-7, -15000000512, 3] },
    ...{ sp: null, b: null, ok: false, tags: [], j: null },
  },
];

async function read(fields: object[], dump: string | Uint8Array, options: Record<string, string> = {}, name = "a.sql") {
  const schema = fixtureSchema({ fields } as never);
  const source = await memoryFile(name, Buffer.from(dump as string));
  return readCanonicalRows(schema, openReader("sql", readerInput(schema, [source], options)));
}

describe("a dump of PostgreSQL", () => {
  test.each([
    ["COPY", COPY],
    ["INSERT", INSERTS],
  ])("is read by its %s, each column as its field is", async (_, dump) => {
    expect(await read(items, dump)).toEqual(rows);
    expect(await read(items, dump.replaceAll("\n", "\r\n").replaceAll("new\r\n", "new\n"), { table: "items" })).toEqual(
      rows,
    );
  });

  it("may be compressed as a whole", async () => {
    expect(formatOfPath("a.sql.gz")?.name).toBe("sql");
    expect(await read(items, gzipSync(COPY), {}, "a.sql.gz")).toEqual(rows);
  });

  it("is proposed a collection by the types of its columns", async () => {
    const file = await memoryFile("a.sql", Buffer.from(COPY));
    const { schema } = await inspectGroup("sql", [file], {}, new AbortController().signal);
    const types = schema.fields.map(({ fieldName, dataType }) => `${fieldName} ${dataType}`);
    expect(types.join()).toBe(
      "id Int64,title VarChar,vector FloatVector,sp SparseFloatVector,b BinaryVector,ok Bool,tags Array,j JSON",
    );
  });

  it("names the row of a value that its field does not take, and no place in the text made of it", async () => {
    const error = await read(items, COPY.replace("[1e-07,", "[x,")).catch((thrown) => thrown);
    expect(error).toMatchObject({ at: { file: "a.sql", row: 1, field: "vector" } });
    expect(error.at.byteOffset).toBeUndefined();
  });
});

const MARIADB = String.raw`/*M!999999\- enable the sandbox mode */
-- MariaDB dump 10.19  Distrib 10.11.19-MariaDB, for debian-linux-gnu (x86_64)
/*!40101 SET NAMES utf8mb4 */;

DROP TABLE IF EXISTS ${"`other`"};
CREATE TABLE ${"`other`"} (
  ${"`a`"} int(11) DEFAULT NULL COMMENT 'it''s; \'this\' (',
  ${"`b`"} text,
  KEY ${"`k`"} (${"`a`"})
) ENGINE=InnoDB;
LOCK TABLES ${"`other`"} WRITE;
INSERT INTO ${"`other`"} VALUES
(1,'x'),
(2,'INSERT INTO ${"`items`"} VALUES (77);\nINSERT INTO ${"`items`"} VALUES (78);');
UNLOCK TABLES;
DELIMITER ;;
CREATE TRIGGER tr BEFORE INSERT ON ${"`other`"} FOR EACH ROW begin insert into items values (NEW.a); set @x=1; end ;;
DELIMITER ;
CREATE TABLE ${"`items`"} (
  ${"`id`"} bigint(20) NOT NULL,
  ${"`title`"} text DEFAULT NULL,
  ${"`vector`"} longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(${"`vector`"})),
  ${"`emb`"} blob DEFAULT NULL,
  ${"`n`"} int(11) DEFAULT NULL,
  PRIMARY KEY (${"`id`"})
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
`;
const VALUES = Buffer.concat([
  Buffer.from("INSERT INTO `items` VALUES\n(1,'it''s \\\"q\\\" \\'s\\' back\\\\slash; , %\\n\\t','[1,2]','\\0\\0"),
  Buffer.from([0x80, 0x3f]),
  Buffer.from("\\0\\0\\0@',7),\n(2,NULL,'[0.5, -3]',0x000000410000F041,-2147483648);\nUNLOCK TABLES;\n"),
]);
const mariadb = [
  { name: "id", type: DataType.Int64, is_primary: true },
  { name: "title", type: DataType.VarChar, params: { max_length: 99 }, ...nullable },
  { name: "vector", type: DataType.FloatVector, params: { dim: 2 } },
  { name: "emb", type: DataType.FloatVector, params: { dim: 2 } },
  { name: "n", type: DataType.Int32 },
];
const asHex = { fields_mapping: '{"emb":{"field":"emb","as":"hex"}}' };

describe("a dump of MySQL", () => {
  const dump = Buffer.concat([Buffer.from(MARIADB), VALUES]);

  it("is read with its escapes, and with bytes as hexadecimal digits, whatever stands in other tables", async () => {
    expect(await read(mariadb, dump, { table: "items", ...asHex })).toEqual([
      { id: 1, title: "it's \"q\" 's' back\\slash; , %\n\t", vector: [1, 2], emb: [1, 2], n: 7 },
      { id: 2, title: null, vector: [0.5, -3], emb: [8, 30], n: -2147483648 },
    ]);
  });

  it("of several tables is refused until one is named", async () => {
    await expect(read(mariadb, dump)).rejects.toMatchObject({ code: "request_invalid", reason: expect.stringContaining("choose one by the option table: [other, items]") }); // biome-ignore format: one line
    await expect(read(mariadb, dump, { table: "item" })).rejects.toThrow("there is no table 'item' (did you mean 'items'?), there are [other, items]"); // biome-ignore format: one line
  });

  it("gives the same rows wherever it is cut into pieces", () => {
    const textOf = (size: number) => {
      const tables = new SqlTables({ table: "items" });
      const reader = new SqlDump(tables, sqlDialectOf(MARIADB));
      for (let at = 0; at < dump.length; at += size) reader.push(dump.subarray(at, at + size));
      reader.end();
      return Buffer.from(reader.taken(1) ?? []).toString();
    };
    for (const size of [1, 2, 3, 7, 64]) expect(textOf(size)).toBe(textOf(dump.length));
    expect(textOf(1)).toMatch(/^1\tit's .*\t7\n2\t\\N\t.*\t-2147483648\n$/s);
  });
});

test("a dump of SQLite is read, whose inserts name no columns", async () => {
  const dump = `PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE items (id INTEGER PRIMARY KEY, title TEXT, vector TEXT);
INSERT INTO items VALUES(1,'it''s \\n','[1,2]');
INSERT INTO items VALUES(2,NULL,'[0.5,-3]');
INSERT INTO items VALUES(3,replace(replace('x\\012y\\rit''s \\n','\\r',char(13)),'\\012',char(10)),'[1,2]');
INSERT INTO items VALUES(4,unistr('é\\u000ay\\\\'),'[1,2]');
COMMIT;
`;
  expect(await read(mariadb.slice(0, 3), dump)).toEqual([
    { id: 1, title: "it's \\n", vector: [1, 2] },
    { id: 2, title: null, vector: [0.5, -3] },
    { id: 3, title: "x\ny\rit's \\n", vector: [1, 2] },
    { id: 4, title: "é\ny\\", vector: [1, 2] },
  ]);
});

test.each([
  ["has no rows", "CREATE TABLE a (id int);", "the dump has no rows"],
  ["ends in a text", "CREATE TABLE a (id int);\nINSERT INTO a VALUES (1, 'x", "the dump breaks off"],
  ["ends in rows of COPY", "COPY a (id) FROM stdin;\n1\n", "the dump breaks off"],
  ["ends in a statement", "INSERT INTO a (id) VALUES (1);\nINSERT INTO a", "the dump breaks off"],
  ["computes its values", "INSERT INTO a (id) VALUES (now());", "'now(' is no literal"],
  ["calls a function otherwise", "INSERT INTO a (id) VALUES (replace('a','b','c'));", "'replace(' is called otherwise"],
  ["has too few values", "INSERT INTO a (id, b) VALUES (1);", "a row has 1 values, its table 2 columns"],
  ["leaves out INTO", "INSERT a (id) VALUES (1);", "the statement 'INSERT a (id) VALUES' is not understood"],
  ["does not name its columns", "INSERT INTO a VALUES (1);", "nothing in the dump names the columns of table 'a'"],
  ["changes its columns", "INSERT INTO a (id) VALUES (1);INSERT INTO a (b) VALUES (1);", "other columns of table 'a'"],
  ["has its rows elsewhere", "COPY a (id) FROM '$$PATH$$/1.dat';", "pg_restore --table=NAME --file=NAME.sql"],
])("a dump that %s is refused", async (_, dump, words) => {
  const fields = [
    { name: "id", type: DataType.Int64, is_primary: true },
    { name: "v", type: DataType.FloatVector, params: { dim: 2 }, ...nullable },
  ];
  await expect(read(fields, dump)).rejects.toThrow(words);
});

test.each(["INSERT IGNORE", "INSERT DELAYED", "INSERT OR REPLACE", "REPLACE LOW_PRIORITY"])(
  "rows by %s are read",
  async (words) => {
    const dump = `CREATE TABLE items (id INTEGER PRIMARY KEY, title TEXT, vector TEXT);\n${words} INTO items VALUES(1,'a','[1,2]');\n`;
    expect(await read(mariadb.slice(0, 3), dump)).toEqual([{ id: 1, title: "a", vector: [1, 2] }]);
  },
);

test.each([
  ["brackets behind INSERT", "INSERT (", "("],
  ["brackets and VALUES behind INSERT", "INSERT (", "VALUES("],
  ["marks of no body", "SELECT ", "$ "],
])("a statement of a megabyte of %s takes no more time than its bytes", (_, start, repeated) => {
  const dump = new SqlDump(new SqlTables({}), sqlDialectOf(""));
  const started = process.cpuUsage();
  expect(() => dump.push(Buffer.from(start + repeated.repeat(1_100_000)))).toThrow("more than 1048576 bytes");
  expect(process.cpuUsage(started).user / 1000).toBeLessThan(10_000);
});

test("a dump is read from front to back", async () => {
  const schema = fixtureSchema({ fields: mariadb } as never);
  const input = readerInput(schema, [await memoryFile("a.sql", Buffer.from(MARIADB))]);
  expect(await formatNamed("sql").probe(input, new AbortController().signal)).toMatchObject({ cuts: "nowhere" });
});
