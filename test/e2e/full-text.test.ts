import { crc32 } from "node:zlib";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { checkStatus, common, milvus, schema } from "@sluice/rpc";
import { useServer } from "../support/index.ts";

// Scores are compared with a plain BM25 over the texts themselves.

const fixture = useServer();
const ROWS = 300;
const K1 = 1.5;
const B = 0.6;
const vocabulary = "red green blue dog cat fish tree house milvus vector data base".split(" ");

let seed = 11;
const next = (limit: number) => {
  seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
  return Math.floor((seed / 2 ** 32) * limit);
};

interface Page {
  readonly id: number;
  readonly text: string;
  readonly year: number;
  readonly dense: readonly number[];
}
const pages: Page[] = Array.from({ length: ROWS }, (_, id) => ({
  id,
  text: Array.from({ length: next(12) }, () => vocabulary[Math.min(next(12), next(12))]).join(id % 2 ? " " : ", "),
  year: next(10),
  dense: [id, 0],
}));

const pairs = (values: Readonly<Record<string, unknown>>) =>
  Object.entries(values).map(([key, value]) => ({ key, value: typeof value === "string" ? value : JSON.stringify(value) })); // biome-ignore format: short

function message(name: string, analyzer?: string): schema.CollectionSchema {
  return schema.CollectionSchema.fromPartial({
    name,
    fields: [
      { name: "id", dataType: schema.DataType.Int64, isPrimaryKey: true },
      {
        name: "text",
        dataType: schema.DataType.VarChar,
        typeParams: pairs({
          max_length: "500",
          enable_analyzer: "true",
          ...(analyzer && { analyzer_params: analyzer }),
        }),
      },
      { name: "year", dataType: schema.DataType.Int64 },
      { name: "dense", dataType: schema.DataType.FloatVector, typeParams: pairs({ dim: "2" }) },
      { name: "terms", dataType: schema.DataType.SparseFloatVector },
    ],
    functions: [{ name: "f", type: schema.FunctionType.BM25, inputFieldNames: ["text"], outputFieldNames: ["terms"] }],
  });
}

async function createPages(name: string, analyzer?: string): Promise<void> {
  const { raw } = fixture.client;
  const about = { collectionName: name };
  const bytes = Buffer.from(schema.CollectionSchema.encode(message(name, analyzer)).finish());
  checkStatus(
    await raw.createCollection(milvus.CreateCollectionRequest.fromPartial({ ...about, schema: bytes, shardsNum: 2 })),
  );
  const bm25 = pairs({ index_type: "SPARSE_INVERTED_INDEX", metric_type: "BM25", params: { bm25_k1: K1, bm25_b: B } });
  const flat = pairs({ index_type: "FLAT", metric_type: "L2" });
  for (const [fieldName, extraParams] of [
    ["terms", bm25],
    ["dense", flat],
  ] as const)
    checkStatus(await raw.createIndex(milvus.CreateIndexRequest.fromPartial({ ...about, fieldName, extraParams })));
  checkStatus(await raw.loadCollection(milvus.LoadCollectionRequest.fromPartial(about)));
}

beforeAll(async () => {
  const { client, files } = fixture;
  await createPages("pages");
  await client.createPartition("pages", "late");
  await client.importAndWait("pages", await files.jsonl("text-1.jsonl", pages.slice(0, 120)));
  await client.importAndWait("pages", await files.jsonl("text-2.jsonl", pages.slice(120, 200)));
  await client.importAndWait("pages", await files.jsonl("text-3.jsonl", pages.slice(200)), { partition: "late" });
});

interface Hit {
  readonly id: number;
  readonly score: number;
}

const wordsOf = (text: string): readonly string[] => text.match(/[a-z]+/g) ?? [];

/** BM25 as its definition has it. @param among the rows that are searched, of all */
function best(query: string, among: (page: Page) => boolean): Hit[] {
  const lists = pages.map(({ text }) => wordsOf(text));
  const average = lists.reduce((sum, { length }) => sum + length, 0) / ROWS;
  const hits = pages.filter(among).map(({ id }) => {
    const score = wordsOf(query).reduce((sum, word) => {
      const containing = lists.filter((list) => list.includes(word)).length;
      const idf = Math.log(1 + (ROWS - containing + 0.5) / (containing + 0.5));
      const count = lists[id].filter((one) => one === word).length;
      return sum + (idf * count * (K1 + 1)) / (count + K1 * (1 - B + (B * lists[id].length) / average));
    }, 0);
    return { id, score };
  });
  return hits.filter(({ score }) => score > 0).sort((a, b) => b.score - a.score || a.id - b.id);
}

function textRequest(texts: readonly string[], more: object = {}, params: object = {}): milvus.SearchRequest {
  const placeholder = { tag: "$0", type: 21 as common.PlaceholderType, values: texts.map((text) => Buffer.from(text)) };
  const group = common.PlaceholderGroup.encode(common.PlaceholderGroup.fromPartial({ placeholders: [placeholder] }));
  return milvus.SearchRequest.fromPartial({
    collectionName: "pages",
    searchInput: { $case: "placeholderGroup", value: Buffer.from(group.finish()) },
    searchParams: pairs({ anns_field: "terms", topk: 20, ...params }),
    ...more,
  });
}

/** For the pages next to a vector. */
function vectorRequest(vector: readonly number[], more: object): milvus.SearchRequest {
  const values = [Buffer.from(new Float32Array(vector).buffer)];
  const placeholder = { tag: "$0", type: 101 as common.PlaceholderType, values };
  const group = common.PlaceholderGroup.encode(common.PlaceholderGroup.fromPartial({ placeholders: [placeholder] }));
  return milvus.SearchRequest.fromPartial({
    collectionName: "pages",
    searchInput: { $case: "placeholderGroup", value: Buffer.from(group.finish()) },
    searchParams: pairs({ anns_field: "dense", topk: 5 }),
    ...more,
  });
}

function hitsOf({ status, results }: milvus.SearchResults): Hit[][] {
  checkStatus(status);
  const ids = (results?.ids?.idField?.value.data ?? []) as bigint[];
  let at = 0;
  return (results?.topks ?? []).map((count) =>
    Array.from({ length: Number(count) }, () => ({ id: Number(ids[at]), score: results?.scores[at++] ?? Number.NaN })),
  );
}

/** Scores alike; equal ones by key. */
function expectHits(found: readonly Hit[], expected: readonly Hit[]): void {
  expect(found.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
  for (const [i, { score }] of found.entries()) expect(score).toBeCloseTo(expected[i].score, 5);
}

const search = async (request: milvus.SearchRequest) => hitsOf(await fixture.client.raw.search(request));
const refusal = async (request: milvus.SearchRequest) => (await fixture.client.raw.search(request)).status?.reason;

describe("search by text", () => {
  const queries = ["dog", "Red, GREEN fish", "dog dog data", "unknown words", "vector data base"];

  it("scores and order are BM25's", async () => {
    const found = await search(textRequest(queries));
    for (const [i, query] of queries.entries())
      expectHits(found[i], best(query.toLowerCase(), () => true).slice(0, 20));
  });

  it("rarity and mean length are those of all rows, whatever filter and partitions leave", async () => {
    const request = textRequest(["cat milvus"], { dsl: "year < 5", dslType: 1, partitionNames: ["late"] });
    const among = ({ id, year }: Page) => id >= 200 && year < 5;
    expectHits((await search(request))[0], best("cat milvus", among).slice(0, 20));
  });

  it("a range, and pages", async () => {
    const all = best("tree house", () => true);
    const radius = all[6].score;
    const [inRange] = await search(textRequest(["tree house"], {}, { params: { radius } }));
    expect(inRange.length).toBe(all.findIndex(({ score }) => Math.fround(score) <= radius));
    expectHits((await search(textRequest(["tree house"], {}, { offset: 3, topk: 4 })))[0], all.slice(3, 7));
  });

  it("by keys the text of these rows is searched for", async () => {
    const wanted = pages.filter(({ text }) => text.length > 20).slice(0, 2);
    const ids = { idField: { $case: "intId", value: { data: wanted.map(({ id }) => BigInt(id)) } } };
    const found = await search(textRequest([], { searchInput: { $case: "ids", value: ids } }));
    for (const [i, { text }] of wanted.entries()) expectHits(found[i], best(text, () => true).slice(0, 20));
  });

  it("together with vectors", async () => {
    const placeholder = {
      tag: "$0",
      type: 101 as common.PlaceholderType,
      values: [Buffer.from(Float32Array.of(7, 0).buffer)],
    };
    const group = common.PlaceholderGroup.encode(common.PlaceholderGroup.fromPartial({ placeholders: [placeholder] }));
    const dense = milvus.SearchRequest.fromPartial({
      searchInput: { $case: "placeholderGroup", value: Buffer.from(group.finish()) },
      searchParams: pairs({ anns_field: "dense", topk: 5 }),
    });
    const rankParams = pairs({ strategy: "rrf", params: { k: 60 }, limit: 5 });
    const requests = [textRequest(["fish"], {}, { topk: 5 }), dense];
    const answer = await fixture.client.raw.hybridSearch(
      milvus.HybridSearchRequest.fromPartial({ collectionName: "pages", requests, rankParams }),
    );
    const scores = new Map<number, number>();
    const lists = [
      best("fish", () => true)
        .slice(0, 5)
        .map(({ id }) => id),
      [7, 6, 8, 5, 9],
    ];
    for (const list of lists)
      for (const [i, id] of list.entries()) scores.set(id, (scores.get(id) ?? 0) + 1 / (61 + i));
    const expected = [...scores].map(([id, score]) => ({ id, score })).sort((a, b) => b.score - a.score || a.id - b.id);
    expectHits(hitsOf(answer)[0], expected.slice(0, 5));
  });

  it("what is no text is refused, and another metric", async () => {
    const request = textRequest([]);
    const placeholder = { tag: "$0", type: 104 as common.PlaceholderType, values: [Buffer.alloc(8)] };
    const group = common.PlaceholderGroup.encode(common.PlaceholderGroup.fromPartial({ placeholders: [placeholder] }));
    request.searchInput = { $case: "placeholderGroup", value: Buffer.from(group.finish()) };
    expect(await refusal(request)).toContain("please provide varchar/text for BM25 Function based search");
    expect(await refusal(textRequest(["a"], {}, { metric_type: "IP" }))).toContain("metric type not match");
    expect(await refusal(textRequest(["a"], {}, { anns_field: "dense" }))).toContain(
      "text is searched for in outputs of BM25",
    );
  });

  it("texts that no field could have are refused, and very many at once", async () => {
    const long = "a ".repeat(32_768);
    expect(await refusal(textRequest([long]))).toContain("a text of 65536 bytes is longer than 65535");
    const many = Array.from({ length: 65 }, () => long.slice(1));
    expect(await refusal(textRequest(many))).toContain("the texts of a search have 4259775 bytes, more than 4194304");
  });
});

describe("the output of a function", () => {
  it("is not given back, not with all fields", async () => {
    const [row] = await fixture.client.query("pages", "id == 3", ["*"]);
    expect(Object.keys(row).sort()).toEqual(["dense", "id", "text", "year"]);
    const request = milvus.QueryRequest.fromPartial({
      collectionName: "pages",
      expr: "id == 3",
      outputFields: ["terms"],
    });
    expect((await fixture.client.raw.query(request)).status?.reason).toContain(
      "not allowed to retrieve raw data of field terms",
    );
  });

  it("is refused in files", async () => {
    const { client, files } = fixture;
    const file = await files.jsonl("given.jsonl", [{ ...pages[0], terms: { 1: 2 } }]);
    const { reason } = await client.importAndFail("pages", [...file]);
    expect(reason).toContain("not allowed to provide data for BM25 function output field 'terms'");
  });

  it("is described with its function, over REST too", async () => {
    const { schema: described } = await fixture.client.raw.describeCollection(
      milvus.DescribeCollectionRequest.fromPartial({ collectionName: "pages" }),
    );
    expect(described?.functions).toMatchObject([
      { name: "f", id: 100n, type: 1, inputFieldIds: [101n], outputFieldIds: [104n], outputFieldNames: ["terms"] },
    ]);
    expect(described?.fields.filter(({ isFunctionOutput }) => isFunctionOutput).map(({ name }) => name)).toEqual([
      "terms",
    ]);
  });
});

it("texts are analyzed for who asks", async () => {
  const { raw } = fixture.client;
  const call = { placeholder: [Buffer.from("The Dogs"), Buffer.from("")], withDetail: true, withHash: true };
  const shown = await raw.runAnalyzer(
    milvus.RunAnalyzerRequest.fromPartial({ ...call, analyzerParams: '{"type":"english"}' }),
  );
  checkStatus(shown.status);
  expect(shown.results.map(({ tokens }) => tokens)).toEqual([
    [{ token: "dog", startOffset: 4n, endOffset: 8n, position: 1n, positionLength: 1n, hash: crc32("dog") }],
    [],
  ]);
  const field = { ...call, withDetail: false, withHash: false, collectionName: "pages", fieldName: "text" };
  const [{ tokens }] = (await raw.runAnalyzer(milvus.RunAnalyzerRequest.fromPartial(field))).results;
  expect(tokens.map(({ token }) => token)).toEqual(["the", "dogs"]);
  const other = milvus.RunAnalyzerRequest.fromPartial({ ...call, analyzerParams: '{"tokenizer":"icu"}' });
  expect((await raw.runAnalyzer(other)).status?.reason).toContain("tokenizer icu is not supported by this server");
});

it("Chinese is found by its words, whichever thread has cut them", async () => {
  const { client, files } = fixture;
  await createPages("chinese", '{"type":"chinese"}');
  const texts = ["我来到北京清华大学", "他来到了网易杭研大厦", "小明毕业于中国科学院"];
  const rows = texts.map((text, id) => ({ id, text, year: 1, dense: [id, 0] }));
  await client.importAndWait("chinese", await files.jsonl("chinese.jsonl", rows));
  const found = async (query: string) => {
    const group = {
      placeholders: [{ tag: "$0", type: 21 as const, values: [Buffer.from(query)], elementLevel: false }],
    };
    const request = milvus.SearchRequest.fromPartial({
      ...{ collectionName: "chinese", outputFields: ["id"] },
      searchInput: { $case: "placeholderGroup", value: Buffer.from(common.PlaceholderGroup.encode(group).finish()) },
      searchParams: pairs({ anns_field: "terms", topk: "5" }),
    });
    const { status, results } = await client.raw.search(request);
    checkStatus(status);
    return results?.ids?.idField?.value.data ?? [];
  };
  expect(await found("清华")).toEqual([0n]);
  expect(await found("中国科学院的大厦")).toEqual([2n, 1n]);
  expect(await found("京清")).toEqual([]);
});

describe("highlighter", () => {
  const highlighter = (params: Readonly<Record<string, unknown>>) => ({
    highlighter: { type: 0 as common.HighlightType, params: pairs(params) },
  });
  const marksOf = async (request: milvus.SearchRequest) => {
    const { status, results } = await fixture.client.raw.search(request);
    checkStatus(status);
    return results?.highlightResults ?? [];
  };
  /** Words marked that are among these, of a text no longer than a fragment. */
  const marked = (text: string, words: readonly string[]) => {
    const all = text.replace(/[a-z]+/g, (word) => (words.includes(word) ? `<em>${word}</em>` : word));
    return all === text ? [] : [all.slice(all.indexOf("<em>"))];
  };

  it("marks the words of each query in the texts of its hits", async () => {
    const queries = ["dog", "Red, GREEN fish"];
    const request = textRequest(queries, highlighter({ highlight_search_text: true, fragment_size: 500 }));
    const [{ fieldName, datas }] = await marksOf(request);
    const wanted = queries.flatMap((query) =>
      best(query.toLowerCase(), () => true)
        .slice(0, 20)
        .map(({ id }) => marked(pages[id].text, wordsOf(query.toLowerCase()))),
    );
    expect(fieldName).toBe("text");
    expect(datas.map(({ fragments }) => fragments)).toEqual(wanted);
  });

  it("marks words of other texts in the hits of a search of any kind", async () => {
    const queries = [{ type: "TextMatch", field: "text", text: "Cat" }, { type: "TextMatch", field: "text", text: "tree" }]; // biome-ignore format: short
    const near = (more: object) => vectorRequest([7, 0], more);
    const [{ datas }] = await marksOf(near(highlighter({ highlight_query: queries, fragment_size: 500 })));
    const ids = hitsOf(await fixture.client.raw.search(near({})))[0].map(({ id }) => id);
    expect(ids).toHaveLength(5);
    expect(datas.map(({ fragments }) => fragments)).toEqual(ids.map((id) => marked(pages[id].text, ["cat", "tree"])));
    expect(await marksOf(near(highlighter({ fragment_size: 500 })))).toEqual([]);
  });

  it.each<[params: Readonly<Record<string, unknown>>, reason: string]>([
    [{ highlight_search_text: true }, 'Search highlight only support with metric type "BM25" but was: L2'],
    [{ highlight_search_text: "maybe" }, "unmarshal highlight_search_text as bool failed"],
    [{ pre_tags: "<em>" }, "unmarshal pre_tags as string array failed"],
    [{ post_tags: [1] }, "unmarshal post_tags as string list failed"],
    [{ post_tags: [] }, "post_tags cannot be empty list"],
    [{ fragment_size: 0 }, "invalid fragment_size: 0"],
    [{ fragment_offset: -1 }, "invalid fragment_offset: -1"],
    [{ num_of_fragments: "many" }, "invalid num_of_fragments: many"],
    [{ highlight_query: {} }, "unmarshal highlight queries as json array failed"],
    [{ highlight_query: [1] }, "item in array is not json object"],
    [{ highlight_query: [{ type: "TextMatch", field: "text" }] }, "must set `text` in query"],
    [{ highlight_query: [{ type: "TextMatch", field: 1, text: "a" }] }, "`field` must be string"],
    [{ highlight_query: [{ type: "Match", field: "text", text: "a" }] }, "invalid highlight query type: Match"],
    [{ highlight_query: [{ type: "TextMatch", field: "x", text: "a" }] }, "highlight field not found in schema: x"],
    [
      { highlight_query: [{ type: "TextMatch", field: "year", text: "a" }] },
      "get highlight failed, the highlight field not found, year:102: words are marked in texts with enable_analyzer",
    ],
  ])("%j is refused", async (params, reason) => {
    expect(await refusal(vectorRequest([7, 0], highlighter(params)))).toContain(reason);
  });

  it("is of one search, not of one among several", async () => {
    const one = textRequest(["dog"], highlighter({ highlight_search_text: true }));
    const hybrid = { collectionName: "pages", requests: [one], rankParams: pairs({ strategy: "rrf", limit: 3 }) };
    const { status } = await fixture.client.raw.hybridSearch(milvus.HybridSearchRequest.fromPartial(hybrid));
    expect(status?.reason).toContain("a highlighter of one search among several is not supported");
  });
});
