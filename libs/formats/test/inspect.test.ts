import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { inspectGroup, mergeSchemas } from "@sluice/formats";
import { memoryFile } from "@sluice/object-store/testing";
import { DataType } from "@sluice/schema";
import { Binary, Field, Float32, List, Table, tableToIPC, Uint64, Utf8, vectorFromArray } from "apache-arrow";
import { columnFacts } from "../src/inspect/column-facts.ts";
import { withSparkVectors } from "../src/inspect/refine-columns.ts";

// What is proposed for values that say less than their type: integers that Int64 has not, texts that hold vectors.

const signal = new AbortController().signal;
const LARGE = 2n ** 64n - 1n;

async function look(format: string, content: string | Uint8Array, options = {}) {
  const file = await memoryFile(`t.${format}`, typeof content === "string" ? Buffer.from(content) : content);
  const { schema, faults, sample } = await inspectGroup(format, [file], options, signal);
  const types = schema.fields.map(
    ({ fieldName, dataType, isPrimary }) => `${fieldName} ${dataType}${isPrimary ? " key" : ""}`,
  );
  return { types, faults, sample, options: schema.options, unsupported: schema.unsupported };
}

function arrow(ids: readonly bigint[]): Uint8Array {
  const vectors = vectorFromArray(
    ids.map((_, i) => [i, 0.5]),
    new List(new Field("item", new Float32())),
  );
  return tableToIPC(new Table({ id: vectorFromArray(ids, new Uint64()), vector: vectors }), "file");
}

test.each([
  ["arrow", arrow([1n, LARGE])],
  ["jsonl", `{"id":1,"vector":[0.5,1]}\n{"id":${LARGE},"vector":[0.5,1]}\n`],
])("keys beyond Int64 in %s are text, by the option that makes it of them", async (format, content) => {
  const found = await look(format, content);
  expect(found).toMatchObject({
    types: ["id VarChar key", "vector FloatVector"],
    options: { coerce: "true" },
    faults: [],
  });
  expect(found.sample.map(({ id }) => id)).toEqual(["1", String(LARGE)]);
});

test("in CSV they are text already", async () => {
  const found = await look("csv", `id,n,vector\n1,-9223372036854775808,"[0.5,1]"\n${LARGE},5,"[0.5,1]"\n`);
  expect(found).toMatchObject({
    types: ["id VarChar key", "n Int64", "vector FloatVector"],
    options: undefined,
    faults: [],
  });
});

test("codes of CSV that begin with zeros are text", async () => {
  const { types } = await look("csv", "id,zip,n\n1,01067,0\n2,10115,-10\n");
  expect(types).toEqual(["id Int64 key", "zip VarChar", "n Int64"]);
});

test("words for NaN in CSV are numbers that are null, with the option", async () => {
  const text = 'id,x,n,t,vector\n1,1.5,1,a,"[0.5,1]"\n2,nan,NaN,inf,"[0.5,1]"\n3,-inf,3,c,"[0.5,1]"\n';
  const found = await look("csv", text, { nan: "null" });
  expect(found).toMatchObject({
    types: ["id Int64 key", "x Double", "n Double", "t VarChar", "vector FloatVector"],
    faults: [],
  });
  expect(found.sample[1]).toMatchObject({ x: null, n: null, t: "inf" });
  expect((await look("csv", text)).types[1]).toBe("x VarChar");
});

test("unsigned keys that fit stay integers, and floats beside large integers floats", async () => {
  expect(await look("arrow", arrow([1n, 2n ** 63n - 1n]))).toMatchObject({
    types: ["id Int64 key", "vector FloatVector"],
  });
  const { types, options } = await look("jsonl", `{"id":1,"x":0.5}\n{"id":2,"x":${LARGE}}\n`);
  expect([types, options]).toEqual([["id Int64 key", "x Double"], undefined]);
});

test("texts that are lists of numbers of one length are vectors, other texts are not", async () => {
  const text = (values: readonly (string | null)[]) => vectorFromArray(values, new Utf8());
  const table = new Table({
    emb: text(["[0.5, 1]", null, "[2, 3]"]),
    uneven: text(["[0.5, 1]", "[0.5]", null]),
    years: text(["[1999, 2001]", "[1999, 2001]", "[1, 2]"]),
    title: text(["[draft] a", "b", "c"]),
  });
  const { types } = await look("arrow", tableToIPC(table, "file"));
  expect(types).toEqual(["id Int64 key", "emb FloatVector", "uneven VarChar", "years VarChar", "title VarChar"]);
});

test("vectors that fastparquet wrote as JSON are vectors, where all are whole numbers if they are called so", async () => {
  const path = join(import.meta.dirname, "../../../test/fixtures/parquet/values/fastparquet-lists.parquet");
  const { types } = await look("parquet", readFileSync(path), { fields_mapping: '{"v":"vector"}' });
  expect(types).toEqual(["id Int64 key", "vector FloatVector", "tags JSON"]);
});

test("a key that is made is not called as a column that is not read", async () => {
  const blobs = vectorFromArray([new Uint8Array(2)], new Binary());
  const { types } = await look(
    "arrow",
    tableToIPC(new Table({ id: blobs, vector: vectorFromArray([[1.5, 2]]) }), "file"),
  );
  expect(types).toEqual(["auto_id Int64 key", "vector FloatVector"]);
});

test("a column that is wrong in every row does not hide what the others are", async () => {
  const vectors = vectorFromArray(
    [
      [1, 0.5],
      [2, 0.5],
    ],
    new List(new Field("item", new Float32())),
  );
  const table = new Table({
    ...{ id: vectorFromArray([1n, 2n], new Uint64()), vector: vectors },
    score: vectorFromArray([Number.NaN, Number.POSITIVE_INFINITY], new Float32()),
  });
  const found = await look("arrow", tableToIPC(table, "file"));
  expect(found.types).toEqual(["id Int64 key", "vector FloatVector", "score Double"]);
  expect(found.faults).toMatchObject([
    { row: 0, field: "score" },
    { row: 1, field: "score" },
  ]);
  expect(found.sample).toMatchObject([{ id: 1, vector: [1, 0.5] }, { id: 2 }]);
});

test("keys of JSON that no type of field takes are for the dynamic field", async () => {
  const row = (id: number, x: unknown) => JSON.stringify({ id, x, list: [{ a: 1 }], none: null, vector: [0.5, 1] });
  const dynamic = async (lines: readonly string[], options = {}) => {
    const file = await memoryFile("t.jsonl", Buffer.from(lines.join("\n")));
    return (await inspectGroup("jsonl", [file], options, signal)).schema.enableDynamicField;
  };
  expect(await dynamic([row(1, 1), row(2, 2)])).toBe(true);
  expect(await dynamic(['{"id":1,"x":1,"vector":[0.5,1]}', '{"id":2,"x":"a","vector":[0.5,1]}'])).toBe(true);
  // Where a mapping leads into it, nobody wants the rest.
  const reached = ['{"id":1,"data":[{"embedding":[0.5,1]}]}'];
  expect(await dynamic(reached, { fields_mapping: '{"data[0].embedding":"vector"}' })).toBe(false);
  expect(await dynamic(['{"id":1,"none":null,"vector":[0.5,1]}'])).toBe(false);
});

test("a file of JSON that is one object is a row where it has a vector, or values alone, and no list of rows", async () => {
  const { types } = await look("json", '{"title":"Emma","id":1,"vector":[0.5,1]}');
  expect(types).toEqual(["title VarChar", "id Int64 key", "vector FloatVector"]);
  await expect(look("json", '{"count":1,"results":[{"id":1,"vector":[0.5,1]}]}')).rejects.toThrow("fields_mapping");
  const answer = '{"took":1,"hits":{"hits":[{"_id":"a","_source":{"v":[0.5,1]}}]}}';
  await expect(look("json", answer)).rejects.toThrow('as in {"hits.hits._id":"id"}');
  await expect(look("json", '{"data":{"id":1,"vector":[0.5,1]}}')).rejects.toThrow("fields_mapping");
});

test("texts of JSON that are lists of numbers are vectors, as PostgreSQL writes those of pgvector", async () => {
  const lines = '{"id":1,"title":"[1]","vector":"[1,2]"}\n{"id":2,"title":"a","vector":"[0.5,2]"}\n';
  expect((await look("jsonl", lines)).types).toEqual(["id Int64 key", "title VarChar", "vector FloatVector"]);
});

test("well-known binary of GeoParquet is a geometry, whose column DuckDB writes as bytes", async () => {
  const file = join(import.meta.dirname, "../../../test/fixtures/parquet/writers/duckdb-geometry.parquet");
  expect((await look("parquet", readFileSync(file))).types).toEqual(["id Int64 key", "v FloatVector", "x Geometry"]);
});

test("lists of half floats in Parquet are vectors", async () => {
  const file = join(import.meta.dirname, "../../../test/fixtures/parquet/types/vector-float16.parquet");
  expect((await look("parquet", readFileSync(file))).types).toContain("vector FloatVector");
});

test("the index that pandas numbers rows with is no column, one that has a name is", async () => {
  const table = (index: string) =>
    JSON.stringify({
      schema: { fields: [{ name: index }, { name: "v" }], primaryKey: [index], pandas_version: "1.4.0" },
      data: [{ [index]: 0, title: "a", v: [0.5, 1] }],
    });
  expect((await look("json", table("index"))).types).not.toContain("index Int64 key");
  expect((await look("json", table("id"))).types).toContain("id Int64 key");
});

test("vectors of Spark ML are told by their rows, in Parquet too", async () => {
  const file = join(import.meta.dirname, "../../../test/fixtures/parquet/values/spark-vectors.parquet");
  const { types, faults, sample } = await look("parquet", readFileSync(file));
  expect([types, faults]).toEqual([["id Int64 key", "v FloatVector", "h FloatVector"], []]);
  expect(sample).toHaveLength(2);
});

const sparse = (size: number) => ({ type: 0, size, indices: [1], values: [0.5] });
const dense = (...values: number[]) => ({ type: 1, size: null, indices: null, values });
test.each<[rows: readonly (object | null)[], as: object]>([
  [[dense(1, 2, 3), sparse(3), null], { dataType: DataType.FloatVector, dim: 3 }],
  [[sparse(3), sparse(5)], { dataType: DataType.SparseFloatVector }],
  [[dense(1, 2, 3), sparse(4)], { dataType: DataType.JSON }],
  [[null], { dataType: DataType.JSON }],
])("vectors of Spark ML %j are %j", (rows, as) => {
  const facts = columnFacts("v", []);
  const column = { name: "v", type: "struct", dataType: DataType.FloatVector, isNullable: true, facts };
  expect(withSparkVectors(column, rows.map((v) => ({ v })) as never)).toMatchObject(as);
});

/** What one collection for all files would be, in few words. */
async function together(...texts: string[]) {
  const looks = texts.map(async (text) => {
    const file = await memoryFile("t.jsonl", Buffer.from(text));
    return (await inspectGroup("jsonl", [file], {}, signal)).schema;
  });
  const { fields, ...rest } = mergeSchemas(await Promise.all(looks));
  const words = fields.map(
    ({ fieldName, dataType, isPrimary, nullable }) =>
      `${fieldName} ${dataType}${isPrimary ? " key" : ""}${nullable ? " null" : ""}`,
  );
  return { words, ...rest };
}

test("several files are one collection: what some do not have may be null, and numbers are as wide as anywhere", async () => {
  const found = await together(
    '{"id":1,"n":7,"v":[0.5,2]}\n{"id":2,"n":8,"v":[0.5,2]}\n',
    '{"id":3,"n":0.5,"v":[0.5,2],"w":[0.5,2,3],"t":"x"}\n',
  );
  expect(found.words).toEqual(["id Int64 key", "n Double", "v FloatVector", "w FloatVector null", "t VarChar null"]);
  expect(found.indexParams.map(({ fieldName }) => fieldName)).toEqual(["v", "w"]);
});

test("the key of several files is the first one's, and one that is made is no column of others", async () => {
  expect((await together('{"id":1,"v":[0.5,2]}\n', '{"a":"x","v":[0.5,2]}\n')).words).toEqual([
    "id Int64 key",
    "v FloatVector",
    "a VarChar null",
  ]);
  const made = await together(
    '{"a":"x","v":[0.5,2]}\n{"a":"x","v":[0.5,2]}\n',
    '{"k":"y","v":[0.5,2]}\n{"k":"y","v":[0.5,2]}\n',
  );
  expect([made.autoId, made.words]).toEqual([
    true,
    ["id Int64 key", "a VarChar null", "v FloatVector", "k VarChar null"],
  ]);
  expect(await together('{"id":1,"v":[0.5,2]}\n')).toMatchObject({ words: ["id Int64 key", "v FloatVector"] });
});
