import { beforeAll, expect, it } from "@jest/globals";
import { checkStatus, common, milvus, schema } from "@sluice/rpc";
import { useServer } from "../support/index.ts";

// A field whose texts are of several languages: another field of the row names the analyzer of each.

const fixture = useServer();

const pairs = (values: Readonly<Record<string, unknown>>) =>
  Object.entries(values).map(([key, value]) => ({ key, value: typeof value === "string" ? value : JSON.stringify(value) })); // biome-ignore format: short

const german = { tokenizer: "standard", filter: ["lowercase", { type: "stemmer", language: "german" }] };
const analyzers = { english: { type: "english" }, german, default: { tokenizer: "whitespace" } };
const several = { by_field: "language", alias: { en: "english" }, analyzers };

const text = { name: "text", dataType: schema.DataType.VarChar };
const typeParams = { max_length: "500", enable_analyzer: "true", multi_analyzer_params: several };

function message(name: string, params: object = {}): schema.CollectionSchema {
  return schema.CollectionSchema.fromPartial({
    name,
    fields: [
      { name: "id", dataType: schema.DataType.Int64, isPrimaryKey: true },
      { ...text, typeParams: pairs({ ...typeParams, ...params }) },
      { name: "language", dataType: schema.DataType.VarChar, nullable: true, typeParams: pairs({ max_length: "20" }) },
      { name: "terms", dataType: schema.DataType.SparseFloatVector },
    ],
    functions: [{ name: "f", type: schema.FunctionType.BM25, inputFieldNames: ["text"], outputFieldNames: ["terms"] }],
  });
}

const rows = [
  { id: 1, text: "The houses are running away", language: "english" },
  { id: 2, text: "The houses are running away", language: "en" },
  { id: 3, text: "Die Häuser laufen weg", language: "german" },
  { id: 4, text: "The houses are running away", language: "klingon" },
  { id: 5, text: "Houses", language: null },
];

beforeAll(async () => {
  const { client, files } = fixture;
  const bytes = Buffer.from(schema.CollectionSchema.encode(message("pages")).finish());
  const about = { collectionName: "pages" };
  checkStatus(
    await client.raw.createCollection(milvus.CreateCollectionRequest.fromPartial({ ...about, schema: bytes })),
  );
  const extraParams = pairs({ index_type: "SPARSE_INVERTED_INDEX", metric_type: "BM25" });
  const index = milvus.CreateIndexRequest.fromPartial({ ...about, fieldName: "terms", extraParams });
  checkStatus(await client.raw.createIndex(index));
  checkStatus(await client.raw.loadCollection(milvus.LoadCollectionRequest.fromPartial(about)));
  await client.importAndWait("pages", await files.jsonl("pages.jsonl", rows.slice(0, 3)));
  await client.importAndWait("pages", await files.jsonl("more.jsonl", rows.slice(3)));
});

async function search(query: string, params: object = {}, more: object = {}): Promise<number[] | string> {
  const placeholder = { tag: "$0", type: 21 as common.PlaceholderType, values: [Buffer.from(query)] };
  const group = common.PlaceholderGroup.encode(common.PlaceholderGroup.fromPartial({ placeholders: [placeholder] }));
  const request = milvus.SearchRequest.fromPartial({
    ...{ collectionName: "pages", searchParams: pairs({ anns_field: "terms", topk: 9, ...params }) },
    searchInput: { $case: "placeholderGroup", value: Buffer.from(group.finish()) },
    ...more,
  });
  const { status, results } = await fixture.client.raw.search(request);
  if (status?.reason) return status.reason;
  return ((results?.ids?.idField?.value.data ?? []) as bigint[]).map(Number).sort();
}

it.each([
  ["house", "english", [1, 2]],
  ["HOUSES runs", "en", [1, 2]],
  ["haus", "german", [3]],
  ["häusern", "german", [3]],
  ["houses", "", [4]],
  ["Houses", "default", [5]],
  ["houses", "nobody", [4]],
  ["the", "english", []],
  ["The", "german", []],
  ["The", "default", [4]],
])("%s, split as %j, is found in %j", async (query, name, ids) => {
  expect(await search(query, name === "" ? {} : { analyzer_name: name })).toEqual(ids);
  expect(await search(query, { params: { analyzer_name: name } })).toEqual(ids);
});

it("texts of keys are split by the named analyzer as well", async () => {
  const ids = { idField: { $case: "intId", value: { data: [1n] } } };
  const searchInput = { $case: "ids", value: ids };
  // "away" is a word of the fourth too, whatever splits it.
  expect(await search("", { analyzer_name: "english" }, { searchInput })).toEqual([1, 2, 4]);
  expect(await search("", {}, { searchInput })).toEqual([1, 2, 4]);
});

it("are shown for who asks, by their names", async () => {
  const about = {
    collectionName: "pages",
    fieldName: "text",
    placeholder: [Buffer.from("Houses"), Buffer.from("The")],
  };
  const run = async (analyzerNames: string[]) => {
    const request = milvus.RunAnalyzerRequest.fromPartial({ ...about, analyzerNames });
    const { status, results } = await fixture.client.raw.runAnalyzer(request);
    return status?.reason || results.map(({ tokens }) => tokens.map(({ token }) => token));
  };
  expect(await run([])).toEqual([["Houses"], ["The"]]);
  expect(await run(["en"])).toEqual([["hous"], []]);
  expect(await run(["en", ""])).toEqual([["hous"], ["The"]]);
  expect(await run(["en", "en", "en"])).toContain(
    "analyzer names size must be 0, 1, or equal to text size, got analyzer names size [3], text size [2]",
  );
  const plain = milvus.RunAnalyzerRequest.fromPartial({ placeholder: about.placeholder, analyzerNames: ["en"] });
  expect((await fixture.client.raw.runAnalyzer(plain)).status?.reason).toContain("analyzer_names has no effect");
});

it("over REST they are parameters of the field", async () => {
  const post = async (path: string, body: object) => {
    const answer = await fetch(`${fixture.url}/v2/vectordb/${path}`, { method: "POST", body: JSON.stringify(body) });
    return (await answer.json()) as { code: number; message: string; data: { id: string }[] };
  };
  const elementTypeParams = { max_length: 500, enable_analyzer: true, multi_analyzer_params: several };
  const fields = [
    { fieldName: "id", dataType: "Int64", isPrimary: true },
    { fieldName: "text", dataType: "VarChar", elementTypeParams },
    { fieldName: "language", dataType: "VarChar", elementTypeParams: { max_length: 20 } },
    { fieldName: "terms", dataType: "SparseFloatVector" },
  ];
  const functions = [{ name: "f", type: "BM25", inputFieldNames: ["text"], outputFieldNames: ["terms"], params: {} }];
  const indexParams = [{ fieldName: "terms", metricType: "BM25", indexName: "terms" }];
  const made = { collectionName: "rest", schema: { fields, functions }, indexParams };
  expect(await post("collections/create", made)).toMatchObject({ code: 0 });
  const data = rows.slice(0, 4);
  expect(await post("entities/insert", { collectionName: "rest", data })).toMatchObject({ code: 0 });
  const searchParams = { analyzer_name: "english" };
  const found = await post("entities/search", { collectionName: "rest", data: ["house"], limit: 5, searchParams });
  expect(found.data.map(({ id }) => id).sort()).toEqual(["1", "2"]);
  const { multi_analyzer_params: _, ...plain } = elementTypeParams;
  for (const multiAnalyzerParam of [several, JSON.stringify(several)]) {
    const named = [fields[0], { ...fields[1], elementTypeParams: plain, multiAnalyzerParam }, ...fields.slice(2)];
    const collectionName = `rest_${typeof multiAnalyzerParam}`;
    const schema = { fields: named, functions };
    expect(await post("collections/create", { ...made, collectionName, schema })).toMatchObject({ code: 0 });
    expect(await post("entities/insert", { collectionName, data })).toMatchObject({ code: 0 });
    const same = await post("entities/search", { collectionName, data: ["house"], limit: 5, searchParams });
    expect(same.data.map(({ id }) => id).sort()).toEqual(["1", "2"]);
  }
  const twice = [fields[0], { ...fields[1], multiAnalyzerParam: several }, ...fields.slice(2)];
  expect(await post("collections/create", { ...made, schema: { fields: twice, functions } })).toMatchObject({
    code: 1100,
    message: expect.stringContaining("cannot be given together: leave one out"),
  });
});
