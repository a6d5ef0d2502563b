import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { checkStatus, common, milvus, type queryNode, rowsOf } from "@sluice/rpc";
import { DIM, numbers, openQueryWorld, type QueryClient, type QueryWorld, storedSchema } from "./query-world.ts";

// R1. Whatever is asked, nodes that share the segments answer what one node answers that reads all of them.

let world: QueryWorld;
/** Some keys that there are. */
let existing: readonly bigint[];
beforeAll(async () => {
  world = await openQueryWorld(5, 14);
  const request = milvus.QueryRequest.fromPartial({
    outputFields: ["id"],
    queryParams: pairs({ limit: 3, offset: 90 }),
  });
  const { fieldsData } = await world.alone.query(queryOrder(request));
  const [scalars] = fieldsData.map(({ field }) => (field?.$case === "scalars" ? field.value.data : undefined));
  existing = scalars?.$case === "longData" ? scalars.value.data : [];
});
afterAll(async () => world?.[Symbol.asyncDispose]());

const next = numbers(Number(process.env.SLUICE_SEED ?? 1));
const oneOf = <T>(values: readonly T[]): T => values[next(values.length)];
const pairs = (values: Record<string, string | number | undefined>) =>
  Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value: String(value) }]));

const names = { collectionId: 7n, collectionName: "books", schema: storedSchema, partitionIds: [], timezone: "UTC" };
const target: queryNode.SearchTarget = {
  ...{ ...names, ttlSeconds: 0n, ttlField: "", loadedPartitionIds: [] },
  metrics: [{ fieldName: "terms", metric: "BM25", bm25K1: "", bm25B: "" }],
};
const expressions = ["", "year > 2005", "genre == 'poem' or year < 1995", "id in [3, 30, 31, 32, 399]", "id >= 200"];
const ofElements = ["element_filter(lines, $[n] > 3)", "year > 1999 and element_filter(lines, $[n] in [1, 4, 5])"];
const outputs = () => oneOf([["id"], ["year", "genre"], ["*"], ["vector", "text"]]);

const vectors = (count: number) =>
  Array.from({ length: count }, () => Buffer.from(Float32Array.from({ length: DIM }, () => next(4) - 1).buffer));
const placeholders = (type: common.PlaceholderType, values: Buffer[]) =>
  Buffer.from(
    common.PlaceholderGroup.encode({ placeholders: [{ tag: "$0", type, values, elementLevel: false }] }).finish(),
  );

function vectorSearch(more: Record<string, string | number> = {}): milvus.SearchRequest {
  const metric = oneOf(["L2", "IP", "COSINE"]);
  const window = { topk: oneOf([1, 5, 40]), offset: oneOf([0, 0, 3]) };
  const special = oneOf([
    {},
    {},
    { group_by_field: "genre", group_size: oneOf([1, 3]) },
    { group_by_field: "year" },
    { group_by_fields: "genre,year", group_size: 2 },
    { round_decimal: 1 },
    { params: JSON.stringify({ radius: metric === "L2" ? 9 : 0.5 }) },
  ]);
  return milvus.SearchRequest.fromPartial({
    ...{ dsl: oneOf(expressions), outputFields: outputs() },
    searchInput: { $case: "placeholderGroup", value: placeholders(101, vectors(oneOf([1, 3]))) },
    searchParams: pairs({ anns_field: "vector", metric_type: metric, ...window, ...special, ...more }),
  });
}

const ungrouped = { group_by_field: "", group_by_fields: "" };

/** Elements of struct arrays are the hits, or rows by their best. */
function elementSearch(more: Record<string, string | number> = {}): milvus.SearchRequest {
  const metric = oneOf(["L2", "IP", "COSINE"]);
  const special = oneOf([{}, {}, { group_by_field: "id" }, { offset: 3 }, { round_decimal: 1 }]);
  return milvus.SearchRequest.fromPartial({
    ...{ dsl: oneOf([...expressions, ...ofElements, ...ofElements]), outputFields: oneOf([["id"], ["lines"]]) },
    searchInput: { $case: "placeholderGroup", value: placeholders(101, vectors(oneOf([1, 3]))) },
    searchParams: pairs({ anns_field: "lines[v]", metric_type: metric, topk: oneOf([1, 5, 40]), ...special, ...more }),
  });
}

function elementQuery(): milvus.QueryRequest {
  const window = oneOf([{ limit: 7, offset: 3 }, { limit: 1000 }, { limit: 1 }]);
  const isCount = next(3) === 0;
  return milvus.QueryRequest.fromPartial({
    expr: oneOf(ofElements),
    outputFields: isCount ? ["count(*)"] : oneOf([["id"], ["lines", "year"]]),
    queryParams: pairs(isCount ? {} : window),
  });
}

const textSearch = () =>
  milvus.SearchRequest.fromPartial({
    ...{ dsl: oneOf(expressions), outputFields: outputs() },
    searchInput: {
      $case: "placeholderGroup",
      value: placeholders(21, [
        Buffer.from(oneOf(["river stone", "light", "winter garden cloud"])),
        Buffer.from("stone"),
      ]),
    },
    searchParams: pairs({ anns_field: "terms", topk: oneOf([2, 30]) }),
  });

function query(): milvus.QueryRequest {
  const window = oneOf([
    { limit: 7, offset: 3 },
    { limit: 1000 },
    { limit: 20, order_by_fields: "year:desc,genre:asc" },
    { limit: 5, offset: 9, order_by_fields: "genre:asc" },
  ]);
  return milvus.QueryRequest.fromPartial({
    ...{ expr: oneOf(expressions), outputFields: outputs(), queryParams: pairs(window) },
  });
}

const queryOrder = (request: milvus.QueryRequest) => ({ request, ...names, ttlSeconds: 0n, ttlField: "" });

/** The same is asked of a node alone and of nodes together, each once. */
async function sameEverywhere(ask: (node: QueryClient) => Promise<{ status: common.Status | undefined }>) {
  const expected = await ask(world.alone);
  checkStatus(expected.status);
  for (const node of world.together) expect(await ask(node)).toEqual(expected);
  return expected;
}

const asked: [string, () => (node: QueryClient) => Promise<{ status: common.Status | undefined }>][] = [
  [
    "searches",
    () => {
      const request = vectorSearch();
      return (node) => node.search({ request, target });
    },
  ],
  [
    "searches by keys",
    () => {
      const ids = { idField: { $case: "intId" as const, value: { data: [...existing] } } };
      const request = { ...vectorSearch(), searchInput: { $case: "ids" as const, value: ids } };
      return (node) => node.search({ request, target });
    },
  ],
  [
    "full-text searches",
    () => {
      const request = textSearch();
      return (node) => node.search({ request, target });
    },
  ],
  [
    "searches with marked words",
    () => {
      const params = pairs({ highlight_search_text: "true", fragment_size: oneOf([1, 9]), fragment_offset: 3 });
      const request = { ...textSearch(), highlighter: { type: common.HighlightType.Lexical, params } };
      return (node) => node.search({ request, target });
    },
  ],
  [
    "searches with buckets",
    () => {
      const metrics = { n: { op: "count", fieldName: "*" }, mean: { op: "avg", fieldName: "year" } };
      const topHits = { size: oneOf([1n, 3n]), sort: oneOf([[], [{ fieldName: "year" }]]) };
      const inner = { fields: ["genre"], size: oneOf([2n, 9n]), topHits };
      const searchAggregation = oneOf([inner, { fields: ["year"], size: 5n, metrics, subAggregation: inner }]);
      const special = { ...ungrouped, offset: 0 };
      const { outputFields: _, ...plain } = oneOf([textSearch(), vectorSearch(special)]);
      const request = milvus.SearchRequest.fromPartial({ ...plain, outputFields: ["text"], searchAggregation });
      return (node) => node.search({ request, target });
    },
  ],
  [
    "hybrid searches",
    () => {
      const nq = { searchInput: { $case: "placeholderGroup" as const, value: placeholders(101, vectors(2)) } };
      const request = milvus.HybridSearchRequest.fromPartial({
        requests: [textSearch(), { ...vectorSearch(ungrouped), ...nq }],
        rankParams: pairs({ strategy: "rrf", params: '{"k": 60}', limit: 12 }),
        outputFields: outputs(),
      });
      return (node) => node.hybridSearch({ request, target });
    },
  ],
  [
    "searches of elements",
    () => {
      const request = elementSearch();
      return (node) => node.search({ request, target });
    },
  ],
  [
    "hybrid searches with elements",
    () => {
      const nq = { searchInput: { $case: "placeholderGroup" as const, value: placeholders(101, vectors(2)) } };
      const elements = () => ({ ...elementSearch(ungrouped), ...nq });
      const request = milvus.HybridSearchRequest.fromPartial({
        requests: [elements(), oneOf([elements(), { ...vectorSearch(ungrouped), ...nq }])],
        rankParams: pairs({ strategy: "rrf", params: '{"k": 60}', limit: 12 }),
        outputFields: ["id"],
      });
      return (node) => node.hybridSearch({ request, target });
    },
  ],
  [
    "queries of elements",
    () => {
      const order = queryOrder(elementQuery());
      return (node) => node.query(order);
    },
  ],
  [
    "queries",
    () => {
      const order = queryOrder(query());
      return (node) => node.query(order);
    },
  ],
  [
    "counts",
    () => {
      const request = milvus.QueryRequest.fromPartial({ expr: oneOf(expressions), outputFields: ["count(*)"] });
      return (node) => node.query(queryOrder(request));
    },
  ],
  [
    "aggregations",
    () => {
      const groupBy = oneOf(["", "genre", "year", "genre,year"]);
      const calls = ["count(*)", "sum(year)", "avg(year)", "min(text)", "max(genre)", "count(genre)", "min(year)"];
      const outputFields = [
        ...calls.filter(() => next(3) > 0),
        "max(year)",
        ...groupBy.split(",").filter((key) => key),
      ];
      const window = groupBy
        ? oneOf([{}, { limit: 9, offset: 2 }, { limit: 30, order_by_fields: "max(year):desc" }])
        : {};
      const params = pairs({ group_by_fields: groupBy, ...window });
      const request = milvus.QueryRequest.fromPartial({ expr: oneOf(expressions), outputFields, queryParams: params });
      return (node) => node.query(queryOrder(request));
    },
  ],
  [
    "deletes",
    () => {
      const order = {
        schema: storedSchema,
        expr: oneOf(expressions.slice(1)),
        exprTemplateValues: {},
        timezone: "UTC",
      };
      return async (node) => {
        const { segments, ...answer } = await node.findRows({ ...order, segments: [...world.segments] });
        return { ...answer, segments: segments.sort((a, b) => Number(a.segmentId - b.segmentId)) };
      };
    },
  ],
];

function numberIn({ fieldsData: [{ field }] }: milvus.QueryResults): number {
  const data = field?.$case === "scalars" ? field.value.data : undefined;
  return data?.$case === "longData" ? Number(data.value.data[0]) : -1;
}

it.each([
  ["genre", "", 2],
  ["genre", "year > 2000 or genre == 'poem'", 1],
  ["genre,year", "", 3],
  ["year", "id < 200", 50],
])(
  "groups by %s of rows with %j, %i of each, are those of a walk over all hits, where fewer are than wanted too",
  async (by, dsl, size) => {
    const [wanted] = vectors(1);
    const found = async (params: Record<string, string | number>) => {
      const request = milvus.SearchRequest.fromPartial({
        ...{ dsl, outputFields: ["genre", "year"] },
        searchInput: { $case: "placeholderGroup", value: placeholders(101, [wanted]) },
        searchParams: pairs({ anns_field: "vector", metric_type: "L2", ...params }),
      });
      const { status, results } = await world.together[0].search({ request, target });
      checkStatus(status);
      const rows = rowsOf(results?.fieldsData ?? []);
      const ids = (results?.ids?.idField?.value.data ?? []) as bigint[];
      return rows.map((row, i) => ({ id: ids[i], genre: row.genre, year: row.year, score: results?.scores[i] }));
    };
    // Rows of one key are one hit, the best of them, whatever their groups are.
    const all = await found({ topk: 16_000 });
    const groups = Map.groupBy(all, ({ genre, year }) =>
      [by.includes("genre") && genre, by.includes("year") && year].join(),
    );
    const best = [...groups.values()].map((hits) => hits.slice(0, size));
    for (const topk of [2, 300]) {
      const grouped = await found({ topk, group_by_fields: by, group_size: Math.min(size, 10) });
      expect(grouped).toEqual(best.slice(0, topk).flatMap((hits) => hits.slice(0, 10)));
    }
  },
);

describe("nodes that share segments answer as one that reads them all", () => {
  it.each(asked)("%s", async (_name, make) => {
    for (let run = 0; run < Number(process.env.SLUICE_RUNS ?? 3); run++) await sameEverywhere(make());
  });

  it.each([
    ["", "vector", 0, 140],
    [" of rows that are answered with infinite distances", "vector", 3e38, 140],
    [" over elements", "lines[v]", 0, 490],
  ])("pages of an iterator, each from another node%s", async (_title, field, number, most) => {
    const wanted = Buffer.from(new Float32Array(DIM).fill(number).buffer);
    const pages = async (nodes: readonly QueryClient[]) => {
      const ids: string[] = [];
      let token = "";
      let lastBound: number | undefined;
      for (let page = 0; page < most / 7; page++) {
        const iterator = { search_iter_batch_size: 7, search_iter_v2: "True", iterator: "True" };
        const going = lastBound === undefined ? {} : { search_iter_id: token, search_iter_last_bound: lastBound };
        const request = milvus.SearchRequest.fromPartial({
          searchInput: { $case: "placeholderGroup", value: placeholders(101, [wanted]) },
          searchParams: pairs({ anns_field: field, metric_type: "L2", topk: 7, ...iterator, ...going }),
        });
        const { status, results } = await nodes[page % nodes.length].search({ request, target });
        checkStatus(status);
        const found = (results?.ids?.idField?.value.data ?? []) as bigint[];
        ids.push(...found.map((id, i) => `${id}/${results?.elementIndices?.data[i] ?? ""}`));
        ({ token = "", lastBound } = results?.searchIteratorV2Results ?? {});
      }
      return ids;
    };
    const expected = await pages([world.alone]);
    expect(expected).toHaveLength(most);
    expect(await pages(world.together)).toEqual(expected);
  });

  it("pages of a query iterator over elements, each from another node", async () => {
    const expr = "element_filter(lines, $[n] > 3)";
    const pages = async (nodes: readonly QueryClient[], limit: number) => {
      const found: string[] = [];
      for (let page = 0; ; page++) {
        const [key, element] = found.at(-1)?.split("/") ?? [];
        const cursor = key === undefined ? {} : { query_iter_last_pk: key, query_iter_last_element_offset: element };
        const request = milvus.QueryRequest.fromPartial({
          ...{ expr: key === undefined ? expr : `id >= ${key} and (${expr})`, outputFields: ["id"] },
          queryParams: pairs({ limit, iterator: "True", ...cursor }),
        });
        const { status, fieldsData, elementIndices } = await nodes[page % nodes.length].query(queryOrder(request));
        checkStatus(status);
        if (elementIndices.length === 0) return found;
        const [scalars] = fieldsData.map(({ field }) => (field?.$case === "scalars" ? field.value.data : undefined));
        const ids = scalars?.$case === "longData" ? scalars.value.data : [];
        expect(elementIndices).toHaveLength(ids.length);
        found.push(...ids.flatMap((id, i) => (elementIndices[i].indices?.data ?? []).map((one) => `${id}/${one}`)));
      }
    };
    const all = await pages([world.alone], 1000);
    expect(all.length).toBeGreaterThan(100);
    expect(await pages([world.alone], 1)).toEqual(all);
    expect(await pages(world.together, 7)).toEqual(all);
    const count = milvus.QueryRequest.fromPartial({ expr, outputFields: ["count(*)"] });
    // Rows that share a key count each, and are answered once.
    expect(numberIn(await world.alone.query(queryOrder(count)))).toBeGreaterThanOrEqual(all.length);
  });

  it("who reads what, for every segment one of them", async () => {
    const segmentIds = world.segments.map(({ segmentId }) => segmentId);
    const said = await Promise.all(world.together.map((node) => node.getShares({ segmentIds })));
    const sorted = said.map(({ nodes }) => nodes.toSorted((a, b) => (a.nodeId < b.nodeId ? -1 : 1)));
    for (const nodes of sorted) expect(nodes).toEqual(sorted[0]);
    expect(sorted[0].flatMap((node) => node.segmentIds).sort()).toEqual(segmentIds.toSorted());
    expect(new Set(sorted[0].map(({ nodeId }) => nodeId)).size).toBe(world.together.length);
  });

  it("when a node is listed that answers nobody, too", async () => {
    world.addDead();
    for (const [, make] of asked) await sameEverywhere(make());
  });
});

it("small segments are read some at once, as many as there are or as a node may", async () => {
  await using many = await openQueryWorld(6, 30, 0);
  const request = milvus.QueryRequest.fromPartial({ expr: "year > 2005", outputFields: ["count(*)"] });
  checkStatus((await many.alone.query(queryOrder(request))).status);
  expect(many.store.mostAtOnce).toBeGreaterThan(8);
  // Of a part with deletes, its keys and its deletes.
  expect(many.store.mostAtOnce).toBeLessThanOrEqual(2 * 16);
});
