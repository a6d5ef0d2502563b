import { describe, expect, it } from "@jest/globals";
import { useRestCalls, useServer } from "../support/index.ts";

const fixture = useServer();
const { post, data } = useRestCalls(fixture);

const books = { collectionName: "books" };

async function imported(collectionName: string, file: string, text: string): Promise<void> {
  const files = [await fixture.files.write(file, text)].flat();
  const { jobId } = await data("jobs/import/create", { collectionName, files: [files] });
  for (;;) {
    const { state, reason } = await data("jobs/import/describe", { jobId });
    if (state === "Completed") return;
    if (state === "Failed") throw new Error(reason);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe("a collection in the quick form", () => {
  it("is made, indexed and loaded, and describes itself", async () => {
    expect(await data("collections/create", { ...books, dimension: 2 })).toEqual({});
    expect(await data("collections/list")).toEqual(["books"]);
    expect(await data("collections/has", books)).toEqual({ has: true });
    expect(await data("collections/has", { collectionName: "none" })).toEqual({ has: false });
    expect(await data("collections/get_load_state", books)).toEqual({
      loadState: "LoadStateLoaded",
      loadProgress: 100,
    });
    const described = await data("collections/describe", books);
    expect(await post("collections/describe", books)).toEqual({ code: 0, data: described, message: "" });
    expect(described).toMatchObject({
      ...{ collectionName: "books", enableDynamicField: true, load: "LoadStateLoaded", structFields: [], aliases: [] },
      ...{ shardsNum: 1, partitionsNum: 1, consistencyLevel: "Bounded", autoId: false },
      indexes: [{ indexName: "vector", fieldName: "vector", metricType: "COSINE" }],
      fields: [
        { name: "id", type: "Int64", primaryKey: true, autoId: false },
        { name: "vector", type: "FloatVector", params: [{ key: "dim", value: "2" }] },
      ],
    });
  });

  it("is imported into, counted, queried, searched and released", async () => {
    const rows = [1, 2, 3].map((i) => JSON.stringify({ id: i * 2 ** 52, vector: [i, 1], title: `t${i}` }));
    await imported("books", "rows.jsonl", `${rows.join("\n")}\n`);
    expect(await data("collections/get_stats", books)).toEqual({ rowCount: 3 });
    expect(await data("entities/query", { ...books, outputFields: ["count(*)"], limit: 0 })).toEqual([
      { "count(*)": "3" },
    ]);
    const two = String(2n * 2n ** 52n);
    expect(await data("entities/query", { ...books, filter: `id == ${two}`, outputFields: ["title"] })).toEqual([
      { id: two, title: "t2" },
    ]);
    const asNumbers = { "accept-type-allow-int64": "true" };
    expect(await data("entities/get", { ...books, id: [two], outputFields: ["vector"] }, asNumbers)).toEqual([
      { id: 2 ** 53, vector: [2, 1] },
    ]);
    const near = await post("entities/search", { ...books, data: [[1, 1]], limit: 2, outputFields: ["title"] });
    expect(near).toMatchObject({ code: 0, topks: [2], data: [{ title: "t1", distance: 1 }, { title: "t2" }] });
    const both = await post("entities/hybrid_search", {
      ...books,
      search: [
        { data: [[1, 1]], annsField: "vector", limit: 3 },
        { data: [[3, 1]], annsField: "vector", limit: 3 },
      ],
      rerank: { strategy: "rrf", params: { k: 60 } },
      limit: 1,
    });
    expect([both.code, both.data.length]).toEqual([0, 1]);
    expect(
      await data("entities/query", {
        ...books,
        filter: "id in {ids}",
        exprParams: { ids: [2 ** 52] },
        outputFields: ["id"],
      }),
    ).toEqual([{ id: String(2 ** 52) }]);
    await data("collections/release", books);
    expect(await data("collections/get_load_state", books)).toEqual({ loadState: "LoadStateNotLoad" });
    await data("collections/load", books);
    await data("collections/flush", books);
    const { compactionID } = await data("collections/compact", books);
    expect(compactionID).toBeGreaterThanOrEqual(-1);
  });
});

it("searches by the keys of rows, and with lists of several kinds in a filter", async () => {
  await data("collections/create", { collectionName: "byKey", dimension: 2, metricType: "L2" });
  const rows = [1, 2, 3].map((id) =>
    JSON.stringify({ id, vector: [id, 0], note: id === 1 ? "a" : id === 2 ? 7 : true }),
  );
  await imported("byKey", "byKey.jsonl", rows.join("\n"));
  const search = (body: object) => post("entities/search", { collectionName: "byKey", limit: 1, ...body });
  expect(await search({ ids: [3, "1"] })).toMatchObject({ code: 0, topks: [1, 1], data: [{ id: "3" }, { id: "1" }] });
  expect(await search({ ids: [1], data: [[1, 0]] })).toMatchObject({ code: 1100 });
  expect(await search({ ids: [1, 1] })).toMatchObject({
    code: 1100,
    message: expect.stringContaining("duplicate IDs"),
  });
  expect(await search({ ids: ["x"] })).toMatchObject({
    code: 1100,
    message: expect.stringContaining("primary key is int64, but IDs type mismatch"),
  });
  expect(await search({ ids: [1.5] })).toMatchObject({ code: 1100 });
  expect(await search({ data: [[1, 0]], searchParams: { radius: 9, params: { radius: 8 } } })).toMatchObject({
    code: 1100,
    message: expect.stringContaining("ambiguous parameter: radius, in search_param: 9, in search_param.params: 8"),
  });
  expect(await search({ data: [[1, 0]], searchParams: { radius: 9, params: { radius: 9 } } })).toMatchObject({
    code: 0,
  });
  const found = async (x: unknown[]) => {
    const query = { collectionName: "byKey", filter: "note in {x}", exprParams: { x }, outputFields: ["id"] };
    return (await data("entities/query", query)).map(({ id }: { id: string }) => id);
  };
  expect(await found(["a", true])).toEqual(["1", "3"]);
  expect(await found([7, "a"])).toEqual(["1", "2"]);
  expect(await found([true])).toEqual(["3"]);
});

it("searches by the metric of the index, whatever metricType says, and tells of another one", async () => {
  await data("collections/create", { collectionName: "metrics", dimension: 2, metricType: "L2" });
  await imported("metrics", "metrics.jsonl", '{"id":1,"vector":[1,0]}\n{"id":2,"vector":[2,0]}');
  const search = (body: object, path = "search") =>
    post(`entities/${path}`, { collectionName: "metrics", limit: 1, data: [[1, 0]], ...body });
  const plain = await search({});
  expect(plain).toEqual({ code: 0, cost: 0, topks: [1], data: [{ id: "1", distance: 0 }] });
  expect(await search({ metricType: "l2", searchParams: { metricType: "L2" } })).toEqual(plain);
  const warnings = ["metricType IP has no effect: the index of vector is by L2, and so are the hits"];
  for (const body of [
    { metricType: "IP" },
    { searchParams: { metricType: "IP" } },
    { searchParams: { params: { metricType: "IP" } } },
  ])
    expect(await search(body)).toEqual({ ...plain, warnings });
  const one = { data: [[1, 0]], limit: 1, annsField: "vector", metricType: "IP" };
  const hybrid = { data: undefined, search: [one], rerank: { strategy: "rrf", params: { k: 60 } } };
  expect(await search(hybrid, "hybrid_search")).toMatchObject({ code: 0, data: [{ id: "1" }], warnings });
  expect(await search({ searchParams: { metric_type: "IP" } })).toMatchObject({
    ...{
      code: 1100,
      message: expect.stringContaining("metric type not match: invalid parameter[expected=L2][actual=IP]"),
    },
  });
});

describe("integers that no double holds", () => {
  const large = "9007199254740993";
  const least = "-9223372036854775808";
  const raw = async (path: string, body: string, asNumbers = false) => {
    const headers = { "content-type": "application/json", "accept-type-allow-int64": String(asNumbers) };
    return (await fetch(`${fixture.url}/v2/vectordb/${path}`, { method: "POST", headers, body })).text();
  };

  it("come back as they were sent, in keys, fields, defaults, JSON and dynamic keys", async () => {
    const field =
      '{"fieldName":"n","dataType":"Int64","defaultValue":9007199254740993},{"fieldName":"j","dataType":"JSON"}';
    const vector = '{"fieldName":"v","dataType":"FloatVector","elementTypeParams":{"dim":2}}';
    const fields = `[{"fieldName":"id","dataType":"Int64","isPrimary":true},${field},${vector}]`;
    const index = '"indexParams":[{"fieldName":"v","metricType":"L2"}]';
    const schema = `"schema":{"enableDynamicField":true,"fields":${fields}}`;
    await raw("collections/create", `{"collectionName":"large",${schema},${index}}`);
    const rows = `[{"id":${large},"j":{"a":[${large},1.0]},"k":${large},"v":[0,0]},{"id":${least},"j":{},"v":[1,0]}]`;
    expect(await raw("entities/insert", `{"collectionName":"large","data":${rows}}`, true)).toContain(
      `[${large},${least}]`,
    );
    const all = '{"collectionName":"large","filter":"n > 0","outputFields":["id","n","j","k"]}';
    const shown = (number: (text: string) => string) =>
      `[{"id":${number(least)},"n":${number(large)},"j":"{}"},{"id":${number(large)},"n":${number(large)},"j":"{\\"a\\":[${large},1.0]}","k":${large}}]`;
    expect(await raw("entities/query", all, true)).toContain(shown((text) => text));
    expect(await raw("entities/query", all)).toContain(shown((text) => `"${text}"`));
  });

  it("are found by get, by the values of a filter and by the keys of a search, also as numbers", async () => {
    const found = (path: string, about: string) =>
      raw(path, `{"collectionName":"large","outputFields":["id"],${about}}`);
    for (const id of [large, least]) {
      const row = `{"id":"${id}"`;
      expect(await found("entities/get", `"id":${id}`)).toContain(row);
      expect(await found("entities/get", `"ID":[${id}]`)).toContain(row);
      expect(await found("entities/query", `"filter":"id == {x}","exprParams":{"x":${id}}`)).toContain(row);
      expect(await found("entities/query", `"filter":"id in {x}","exprParams":{"x":[${id},1]}`)).toContain(row);
      expect(await found("entities/search", `"ids":[${id}]`)).toContain(row);
      const one = `{"ids":[${id}],"annsField":"v","limit":1}`;
      expect(
        await found("entities/hybrid_search", `"search":[${one}],"limit":1,"rerank":{"strategy":"rrf"}`),
      ).toContain(row);
    }
    const lists = `"filter":"k in {x}","exprParams":{"x":["a",${large}]}`;
    expect(await found("entities/query", lists)).toContain(`{"id":"${large}"`);
    const deleted = `{"collectionName":"large","filter":"id == {x}","exprParams":{"x":${large}}}`;
    expect(await raw("entities/delete", deleted)).toContain('"deleteCount":1');
  });
});

it("takes rows as it answers them, and numbers and flags as text", async () => {
  const vector = (fieldName: string, dataType: string) => ({ fieldName, dataType, elementTypeParams: { dim: 8 } });
  const fields = [
    { fieldName: "id", dataType: "VarChar", isPrimary: true, elementTypeParams: { max_length: 9 } },
    ...[vector("f", "FloatVector"), vector("h", "Float16Vector"), vector("bh", "BFloat16Vector")],
    ...[vector("b", "BinaryVector"), vector("i8", "Int8Vector"), { fieldName: "s", dataType: "SparseFloatVector" }],
    ...["Bool", "Int8", "Int64", "Float", "Double", "JSON"].map((dataType) => ({ fieldName: dataType, dataType })),
  ];
  const indexParams = fields.slice(1, 7).map(({ fieldName }) => ({ fieldName }));
  await data("collections/create", { collectionName: "back", schema: { fields }, indexParams });
  const dense = [1, -2, 3.5, 4, 5, 6, 7, 8];
  const vectors = { f: dense, h: dense, bh: dense, b: [170], i8: [1, -2, 3, 4, 5, 6, 7, 8], s: { 7: 0.5 } };
  const scalars = {
    Bool: "true",
    Int8: "-5",
    Int64: "9007199254740993",
    Float: "0.1",
    Double: " 2.5e3 ",
    JSON: '{"a":1}',
  };
  await data("entities/insert", { collectionName: "back", data: { id: "one", ...vectors, ...scalars } });
  const [row] = await data("entities/get", { collectionName: "back", id: "one" });
  expect(row).toEqual({
    ...{
      id: "one",
      ...vectors,
      h: "ADwAwABDAEQARQBGAEcASA==",
      bh: "gD8AwGBAgECgQMBA4EAAQQ==",
      b: "qg==",
    },
    ...{ Bool: true, Int8: -5, Int64: "9007199254740993", Float: 0.1, Double: 2500, JSON: '{"a":1}' },
  });
  await data("entities/upsert", { collectionName: "back", data: { ...row, id: "two" } });
  expect(await data("entities/get", { collectionName: "back", id: ["two"] })).toEqual([{ ...row, id: "two" }]);
  const refused = async (given: object) =>
    (await post("entities/insert", { collectionName: "back", data: { ...row, ...given } })).message;
  expect(await refused({ Float: "1e39" })).toContain("expected type 'Float' for field 'Float', got type 'string'");
  expect(await refused({ Double: "NaN" })).toContain("it is not the text of such a number");
  expect(await refused({ Bool: "yes" })).toContain("expected type 'Bool' for field 'Bool', got type 'string'");
  expect(await refused({ h: "ADw=" })).toContain("expected 16 bytes, got 2");
  for (const id of [{ a: 1 }, [null], [true]])
    expect(await post("entities/get", { collectionName: "back", id })).toMatchObject({ code: 1806 });
});

it("takes any JSON for a JSON field, text that holds JSON as well, and shows it as it is stored", async () => {
  const fields = [
    { fieldName: "id", dataType: "Int64", isPrimary: true },
    { fieldName: "j", dataType: "JSON", nullable: true },
    { fieldName: "v", dataType: "FloatVector", elementTypeParams: { dim: 2 } },
  ];
  const index = { indexParams: [{ fieldName: "v", metricType: "L2" }] };
  await data("collections/create", { collectionName: "jsons", schema: { fields }, ...index });
  const values = [7, 1.5, true, [1, { a: 1 }], '{"x": 1.0}', '"text"', null, "null"];
  const rows = values.map((j, id) => ({ id, j, v: [id, 0] }));
  expect(await data("entities/insert", { collectionName: "jsons", data: rows })).toMatchObject({ insertCount: 8 });
  const shown = await data("entities/query", { collectionName: "jsons", filter: "id >= 0", outputFields: ["j"] });
  const texts = ["7", "1.5", "true", '[1,{"a":1}]', '{"x": 1.0}', '"text"', null, "null"];
  expect(shown.map(({ j }: { j: unknown }) => j)).toEqual(texts);
  const bare = await post("entities/insert", { collectionName: "jsons", data: { id: 9, j: "text", v: [0, 0] } });
  expect(bare).toMatchObject({ code: 1804, message: expect.stringContaining("expected type 'JSON' for field 'j'") });
});

it("tells scores that no float holds by their name", async () => {
  await data("collections/create", { collectionName: "far", dimension: 2, metricType: "L2" });
  await imported("far", "far.jsonl", '{"id":1,"vector":[3e38,0]}\n{"id":2,"vector":[1,0]}\n');
  const hits = await data("entities/search", { collectionName: "far", data: [[0, 0]], limit: 2 });
  expect(hits).toMatchObject([
    { id: "2", distance: 1 },
    { id: "1", distance: "Infinity" },
  ]);
});

it("a schema of all types is made as it is said, and its rows come back", async () => {
  const field = (fieldName: string, dataType: string, more: object = {}) => ({ fieldName, dataType, ...more });
  await data("collections/create", {
    collectionName: "all",
    schema: {
      autoID: false,
      fields: [
        field("key", "VarChar", { isPrimary: true, elementTypeParams: { max_length: 20 } }),
        field("half", "Float16Vector", { elementTypeParams: { dim: "2" } }),
        field("bits", "BinaryVector", { elementTypeParams: { dim: 8 } }),
        field("sparse", "SparseFloatVector"),
        field("tags", "Array", { elementDataType: "Int64", elementTypeParams: { max_capacity: 4 } }),
        field("doc", "JSON", { nullable: true }),
        field("year", "Int16", { defaultValue: 7 }),
      ],
    },
    indexParams: ["half", "bits", "sparse"].map((fieldName) => ({
      ...{ fieldName, indexType: "AUTOINDEX" },
      metricType: { half: "L2", bits: "HAMMING", sparse: "IP" }[fieldName],
    })),
  });
  const row = { key: "a", half: [1, 2], bits: [5], sparse: { 3: 0.5 }, tags: [1, 2], doc: { x: 1 } };
  await imported("all", "all.jsonl", `${JSON.stringify(row)}\n`);
  expect(await data("entities/query", { collectionName: "all", outputFields: ["*"] })).toEqual([
    {
      ...{ key: "a", half: "ADwAQA==", bits: "BQ==", sparse: { 3: 0.5 }, doc: '{"x":1}', year: 7 },
      tags: { Data: { LongData: { data: ["1", "2"] } } },
    },
  ]);
  const search = (annsField: string, vector: unknown) =>
    post("entities/search", { collectionName: "all", annsField, data: [vector], limit: 1 });
  for (const [name, vector] of [
    ["half", [1, 2]],
    ["half", "ADwAQA=="],
    ["bits", "BQ=="],
    ["sparse", { 3: 2 }],
  ] as const)
    expect(await search(name, vector)).toMatchObject({ code: 0, data: [{ key: "a" }] });
  expect((await search("sparse", { indices: [3], values: [2] })).data[0].distance).toBe(1);
});

it("lists that say what a call is about are asked for: without them it would do nothing, and say that it is done", async () => {
  const indexParams: object[] = [];
  expect(await post("indexes/create", books)).toMatchObject({
    code: 1802,
    message: expect.stringMatching(/indexParams is required$/),
  });
  expect(await post("indexes/create", { indexParams })).toMatchObject({ code: 1802 });
  expect(await post("partitions/load", books)).toMatchObject({ code: 1802 });
  expect(await post("partitions/release", books)).toMatchObject({ code: 1802 });
  expect(await post("common/run_analyzer", {})).toMatchObject({ code: 1802 });
  expect(await post("indexes/create", { ...books, indexParams })).toEqual({ code: 0, data: {} });
});

it("the time that rows live has several names over REST, and is refused when it is given by two", async () => {
  const brief = { collectionName: "brief" };
  const twice = { code: 1100, message: "collection TTL is specified multiple times" };
  const ttl = { "ttl.seconds": 60 };
  const made = (more: object) => post("collections/create", { ...brief, dimension: 2, ...more });
  expect(await made({ properties: { ...ttl, "collection.ttl.seconds": 60 } })).toMatchObject(twice);
  expect(await made({ properties: ttl, params: { ttlSeconds: 60 } })).toMatchObject(twice);
  expect(await made({ properties: ttl })).toMatchObject({ code: 0 });
  const seconds = async () => (await data("collections/describe", brief)).properties;
  expect(await seconds()).toEqual([{ key: "collection.ttl.seconds", value: "60" }]);
  await data("collections/alter_properties", { ...brief, properties: { "ttl.seconds": 70 } });
  expect(await seconds()).toEqual([{ key: "collection.ttl.seconds", value: "70" }]);
  const odd = { ...brief, properties: { "colection.ttl.seconds": 5 } };
  expect(await post("collections/alter_properties", odd)).toEqual({
    ...{ code: 0, data: {} },
    warnings: ["properties that are not known and have no effect: colection.ttl.seconds"],
  });
});

it("a default of 64 bits and what a struct may be are described whole", async () => {
  const fields = [
    { fieldName: "id", dataType: "Int64", isPrimary: true },
    { fieldName: "v", dataType: "FloatVector", elementTypeParams: { dim: 2 } },
    { fieldName: "large", dataType: "Int64", defaultValue: "9007199254740993" },
  ];
  const members = [{ fieldName: "n", dataType: "Array", elementDataType: "Int32" }];
  const struct = { fieldName: "s", nullable: true, elementTypeParams: { max_capacity: 5 }, fields: members };
  const collectionName = "whole";
  await data("collections/create", { collectionName, schema: { fields, structFields: [struct] } });
  const described = await data("collections/describe", { collectionName });
  expect(described.fields[2]).toMatchObject({ name: "large", defaultValue: "9007199254740993" });
  expect(described.structFields).toMatchObject([
    { name: "s", nullable: true, params: [{ key: "max_capacity", value: "5" }] },
  ]);
});

it("what a field cannot be is refused, and not left out: a key made by the server, a default of another type", async () => {
  const add = (more: object) =>
    post("collections/fields/add", { ...books, schema: { fieldName: "f", nullable: true, ...more } });
  const refused = (message: string) => ({ code: 1100, message: expect.stringContaining(message) });
  const auto = await add({ dataType: "Int64", autoID: true });
  expect(auto).toMatchObject(refused("only primary field can speficy AutoID with true, field name = f"));
  const flag = await add({ dataType: "Bool", defaultValue: "yes" });
  expect(flag).toMatchObject(refused("the default value yes is no true or false"));
  expect(await add({ dataType: "Float", defaultValue: true })).toMatchObject(refused("true is no number"));
  expect(await add({ dataType: "Double", defaultValue: "" })).toMatchObject({ code: 1100 });
});

it("a clustering compaction is refused over REST as it is over gRPC", async () => {
  expect(await post("collections/compact", { ...books, isClustering: true })).toMatchObject({
    ...{ code: 1100, message: expect.stringContaining("clustering compaction is not supported") },
  });
  expect(await post("collections/compact", { ...books, isClustering: false })).toMatchObject({ code: 0 });
});

it("partitions, indexes, aliases and databases are declared and listed", async () => {
  const part = { ...books, partitionName: "p" };
  await data("partitions/create", part);
  expect(await data("partitions/list", books)).toEqual(["_default", "p"]);
  expect(await data("partitions/has", part)).toEqual({ has: true });
  expect(await data("partitions/get_stats", part)).toEqual({ rowCount: 0 });
  await data("partitions/load", { ...books, partitionNames: ["p"] });
  await data("partitions/release", { ...books, partitionNames: ["p"] });
  await data("partitions/drop", part);
  expect(await data("indexes/list", books)).toEqual(["vector"]);
  expect(await data("indexes/describe", { ...books, indexName: "vector" })).toMatchObject([
    { fieldName: "vector", metricType: "COSINE", indexState: "Finished", totalRows: 3, pendingRows: 0 },
  ]);
  await data("aliases/create", { ...books, aliasName: "b" });
  expect(await data("aliases/list", books)).toEqual(["b"]);
  expect(await data("aliases/describe", { aliasName: "b" })).toMatchObject({ collectionName: "books", aliasName: "b" });
  await data("aliases/drop", { aliasName: "b" });
  await data("databases/create", { dbName: "other", properties: { "database.replica.number": 1 } });
  expect(await data("databases/list")).toEqual(["default", "other"]);
  expect(await data("databases/describe", { dbName: "other" })).toMatchObject({
    properties: [{ key: "database.replica.number", value: "1" }],
  });
  await data("collections/create", { collectionName: "there", dimension: 2 }, { "db-name": "other" });
  expect(await data("collections/list", { dbName: "other" })).toEqual(["there"]);
  await data("collections/rename", { collectionName: "there", dbName: "other", newCollectionName: "here" });
  await data("collections/drop", { collectionName: "here", dbName: "other" });
  await data("collections/drop", { collectionName: "here", dbName: "other" });
  await data("databases/drop", { dbName: "other" });
});

it.each<[string, string, object, number, string]>([
  ["no collection", "collections/describe", {}, 1802, "collectionName is required"],
  ["an unknown one", "collections/describe", { collectionName: "x" }, 100, "can't find collection"],
  ["an unknown one's load state", "collections/get_load_state", { collectionName: "x" }, 100, "can't find collection"],
  ["another type", "collections/describe", { collectionName: 5 }, 1801, "the type of collectionName is wrong"],
  ["no dimension", "collections/create", { collectionName: "y" }, 1802, "dimension is required"],
  [
    "no such type",
    "collections/create",
    { collectionName: "y", schema: { fields: [{ fieldName: "a", dataType: "int64" }] } },
    1100,
    "data type int64 is invalid(case sensitive).",
  ],
  [
    "an index of nothing",
    "collections/create",
    { collectionName: "y", schema: { fields: [] }, indexParams: [{ fieldName: "z" }] },
    1802,
    "hasn't defined in schema",
  ],
  ["no vectors", "entities/search", { collectionName: "books" }, 1802, "data is required"],
  [
    "a vector of text",
    "entities/search",
    { collectionName: "books", data: ["x"] },
    1801,
    "no vector of the type of vector",
  ],
  ["no keys", "entities/get", { collectionName: "books" }, 1802, "id is required"],
  ["keys of another type", "entities/get", { collectionName: "books", id: ["x"] }, 1806, "can only in [int, string]"],
  [
    "a consistency level that there is not",
    "entities/query",
    { collectionName: "books", filter: "id > 0", consistencyLevel: "Nope" },
    1100,
    "consistencyLevel can only be [Strong, Session, Bounded, Eventually, Customized], but got Nope",
  ],
  [
    "such a level of a search",
    "entities/search",
    { collectionName: "books", data: [[1, 1]], consistencyLevel: "strong" },
    1100,
    "but got strong",
  ],
  ["a bad filter", "entities/query", { collectionName: "books", filter: "id ===" }, 1100, "cannot parse expression"],
  [
    "an unknown partition",
    "partitions/get_stats",
    { collectionName: "books", partitionName: "q" },
    200,
    "partition not found",
  ],
  ["an unknown alias", "aliases/describe", { aliasName: "q" }, 1600, "alias"],
])("is refused: %s", async (_, path, body, code, reason) => {
  const answer = await post(path, body);
  expect([answer.code, answer.message]).toEqual([code, expect.stringContaining(reason)]);
});

it.each([
  ["resource_groups/create", /all querynodes are one group/],
  ["file_resources/list", /analyzer_params/],
  ["jobs/snapshot/create", /jobs\/export\/create/],
  ["jobs/external_collection/refresh", /jobs\/import\/create/],
  ["quotacenter/describe", /request-rate/],
  ["collections/add_function", /when a collection is made/],
])("%s is refused with what there is instead", async (path, instead) => {
  const message = expect.stringMatching(instead);
  expect(await post(path, {})).toEqual({ code: 10, status: 10, message });
});

it("there is one resource group", async () => {
  expect(await data("resource_groups/list", {})).toEqual(["__default_resource_group"]);
});
