import { beforeAll, describe, expect, it } from "@jest/globals";
import { checkStatus, common, milvus } from "@sluice/rpc";
import { useRestCalls, useServer } from "../support/index.ts";

// Rows with lists of vectors. Every answer is compared with a model that goes through all rows.

const fixture = useServer();
const { data, post } = useRestCalls(fixture);
const DIM = 8;
const ROWS = 300;

let seed = 11;
const next = (limit: number) => {
  seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
  return Math.floor((seed / 2 ** 32) * limit);
};
const vectorOf = () => Array.from({ length: DIM }, () => next(7) - 3);
type Vector = readonly number[];

/** Row 0 has no vectors, others up to five. */
const rows = Array.from({ length: ROWS }, (_, id) => ({
  id,
  lists: Array.from({ length: id === 0 ? 0 : next(6) }, () => ({
    ...{ f32: vectorOf(), i8: vectorOf(), bits: next(256), n: next(10) },
  })),
}));

const member = (fieldName: string, elementDataType: string) => ({
  ...{ fieldName, dataType: "ArrayOfVector", elementDataType },
  elementTypeParams: { dim: DIM, max_capacity: 5 },
});

beforeAll(async () => {
  await data("collections/create", {
    collectionName: "pages",
    schema: {
      fields: [
        { fieldName: "id", dataType: "Int64", isPrimary: true },
        { fieldName: "v", dataType: "FloatVector", elementTypeParams: { dim: 2 } },
      ],
      structFields: [
        {
          fieldName: "lines",
          fields: [
            ...[member("f32", "FloatVector"), member("i8", "Int8Vector"), member("bits", "BinaryVector")],
            {
              ...{ fieldName: "n", dataType: "Array", elementDataType: "Int64" },
              elementTypeParams: { max_capacity: 5 },
            },
          ],
        },
      ],
    },
    indexParams: [{ fieldName: "v", metricType: "L2" }],
  });
  const all = rows.map(({ id, lists }) => ({
    ...{ id, v: [0, 0], lines: lists.map((line) => ({ ...line, bits: [line.bits] })) },
  }));
  await fixture.client.importAndWait("pages", await fixture.files.jsonl("lists-1.jsonl", all.slice(0, 120)));
  await fixture.client.importAndWait("pages", await fixture.files.jsonl("lists-2.jsonl", all.slice(120)));
});

const dot = (a: Vector, b: Vector) => a.reduce((sum, x, i) => sum + x * b[i], 0);
const scoreOf: Readonly<Record<string, (a: Vector, b: Vector) => number>> = {
  IP: dot,
  COSINE: (a, b) => dot(a, b) / (Math.sqrt(dot(a, a)) * Math.sqrt(dot(b, b)) || Number.POSITIVE_INFINITY),
  L2: (a, b) => a.reduce((sum, x, i) => sum + (x - b[i]) ** 2, 0),
  HAMMING: ([a], [b]) => (a ^ b).toString(2).replaceAll("0", "").length,
};

/** Hits of a query of some vectors, by the plain metric, the best first. */
function nearest(listOf: (id: number) => readonly Vector[], query: readonly Vector[], metric: string) {
  const isDistance = metric === "L2" || metric === "HAMMING";
  const best = isDistance ? Math.min : Math.max;
  return rows
    .filter(({ id }) => listOf(id).length > 0)
    .map(({ id }) => {
      const score = query.reduce((sum, q) => sum + best(...listOf(id).map((v) => scoreOf[metric](v, q))), 0);
      return { id, score: Math.fround(score) };
    })
    .sort((a, b) => (isDistance ? a.score - b.score : b.score - a.score) || a.id - b.id);
}

/** Elements as hits of a query, the nearest first. */
function nearestElements(listOf: (id: number) => readonly (Vector | undefined)[], query: Vector, metric: string) {
  const isDistance = metric === "L2" || metric === "HAMMING";
  return rows
    .flatMap(({ id }) =>
      listOf(id).flatMap((vector, offset) =>
        vector ? [{ id, score: Math.fround(scoreOf[metric](vector, query)), offset }] : [],
      ),
    )
    .sort((a, b) => (isDistance ? a.score - b.score : b.score - a.score) || a.id - b.id || a.offset - b.offset);
}

function searchRequest(field: string, type: number, values: readonly Buffer[], params: object = {}) {
  const group = common.PlaceholderGroup.fromPartial({
    placeholders: [{ tag: "$0", type: type as common.PlaceholderType, values: [...values] }],
  });
  const all = { topk: 20, anns_field: field.includes("[") ? field : `lines[${field}]`, ...params };
  return milvus.SearchRequest.fromPartial({
    collectionName: "pages",
    searchInput: { $case: "placeholderGroup", value: Buffer.from(common.PlaceholderGroup.encode(group).finish()) },
    searchParams: Object.entries(all).map(([key, value]) => ({ key, value: String(value) })),
    ...("dsl" in params ? { dsl: String(params.dsl) } : {}),
  });
}

/** Hits of each query; those that are elements with their place in the row. */
function hitsOf({ status, results }: milvus.SearchResults) {
  checkStatus(status);
  const ids = (results?.ids?.idField?.value.data ?? []) as bigint[];
  const elements = results?.elementIndices?.data;
  const hits = ids.map((id, i) => ({
    ...{ id: Number(id), score: results!.scores[i] },
    ...(elements && { offset: Number(elements[i]) }),
  }));
  let end = 0;
  return (results?.topks ?? []).map((count) => hits.slice(end, (end += Number(count))));
}

async function search(...[field, type, values, params]: Parameters<typeof searchRequest>) {
  return hitsOf(await fixture.client.raw.search(searchRequest(field, type, values, params)));
}

const floatBytes = (vectors: readonly Vector[]) => Buffer.from(Float32Array.from(vectors.flat()).buffer);
const int8Bytes = (vectors: readonly Vector[]) => Buffer.from(Int8Array.from(vectors.flat()).buffer);

describe("a list of vectors is searched", () => {
  it.each(["IP", "COSINE", "L2"])("by MAX_SIM_%s with lists: the sum of each one's best", async (metric) => {
    const queries = [3, 1, 5].map((length) => Array.from({ length }, vectorOf));
    for (const [field, type, bytes] of [["f32", 301, floatBytes] as const, ["i8", 305, int8Bytes] as const]) {
      const found = await search(field, type, queries.map(bytes), { metric_type: `MAX_SIM_${metric}` });
      const listOf = (id: number) => rows[id].lists.map((line) => line[field]);
      expect(found).toEqual(queries.map((query) => nearest(listOf, query, metric).slice(0, 20)));
    }
  });

  it("by MAX_SIM_COSINE with plain vectors: a row scores as its best vector", async () => {
    const query = vectorOf();
    const found = await search("f32", 101, [floatBytes([query])], { metric_type: "MAX_SIM_COSINE", topk: 1000 });
    const listOf = (id: number) => rows[id].lists.map(({ f32 }) => f32);
    expect(found).toEqual([nearest(listOf, [query], "COSINE")]);
  });

  it("by bits that differ", async () => {
    const found = await search("bits", 300, [Buffer.from([7, 240])], { metric_type: "MAX_SIM_HAMMING" });
    const listOf = (id: number) => rows[id].lists.map(({ bits }) => [bits]);
    expect(found).toEqual([nearest(listOf, [[7], [240]], "HAMMING").slice(0, 20)]);
  });

  it("over REST, with plain vectors and with lists", async () => {
    const near = async (field: string, queries: unknown[], metricType: string) => {
      const params = { searchParams: { metricType }, limit: 7, annsField: `lines[${field}]` };
      const answer = await post("entities/search", { collectionName: "pages", data: queries, ...params });
      return answer.code === 0 ? answer.data.map(({ id }: { id: string }) => Number(id)) : answer.message;
    };
    const query = [vectorOf(), vectorOf()];
    const ids = (field: "f32" | "i8", vectors: readonly Vector[], metric: string) =>
      nearest((id) => rows[id].lists.map((line) => line[field]), vectors, metric)
        .slice(0, 7)
        .map(({ id }) => id);
    expect(await near("f32", [query[0]], "MAX_SIM_COSINE")).toEqual(ids("f32", [query[0]], "COSINE"));
    expect(await near("i8", [query[0]], "MAX_SIM_L2")).toEqual(ids("i8", [query[0]], "L2"));
    expect(await near("f32", [query], "MAX_SIM_IP")).toEqual(ids("f32", query, "IP"));
    const bits = nearest((id) => rows[id].lists.map((line) => [line.bits]), [[7], [240]], "HAMMING").slice(0, 7);
    expect(await near("bits", [[[7], [240]]], "MAX_SIM_HAMMING")).toEqual(bits.map(({ id }) => id));
    expect(await near("f32", [query, query[0]], "MAX_SIM_IP")).toContain("no vector of the type of lines[f32]");
  });

  it("with a filter; what does not fit is refused", async () => {
    const query = vectorOf();
    const found = await search("f32", 101, [floatBytes([query])], { metric_type: "MAX_SIM_IP", dsl: "id < 40" });
    const listOf = (id: number) => (id < 40 ? rows[id].lists.map(({ f32 }) => f32) : []);
    expect(found).toEqual([nearest(listOf, [query], "IP").slice(0, 20)]);
    await expect(search("f32", 301, [Buffer.alloc(33)])).rejects.toThrow("vector dimension mismatch");
    await expect(search("f32", 305, [Buffer.alloc(8)])).rejects.toThrow("vector type must be the same");
  });
});

describe("elements are searched by plain metrics with plain vectors", () => {
  const f32Of = (id: number) => rows[id].lists.map(({ f32 }) => f32);
  const picked = (keep: (n: number) => boolean) => (id: number) =>
    rows[id].lists.map(({ f32, n }) => (keep(n) ? f32 : undefined));

  it.each(["IP", "COSINE", "L2"])("by %s: each vector is a hit of its own", async (metric) => {
    const queries = [vectorOf(), vectorOf()];
    for (const [field, type, bytes] of [["f32", 101, floatBytes] as const, ["i8", 105, int8Bytes] as const]) {
      const values = queries.map((query) => bytes([query]));
      const found = await search(field, type, values, { metric_type: metric, topk: 30, offset: 5 });
      const listOf = (id: number) => rows[id].lists.map((line) => line[field]);
      expect(found).toEqual(queries.map((query) => nearestElements(listOf, query, metric).slice(5, 35)));
    }
    const all = await search("f32", 101, [floatBytes([queries[0]])], { metric_type: metric, topk: 5000 });
    expect(all).toEqual([nearestElements(f32Of, queries[0], metric)]);
  });

  it("by bits, and within a range", async () => {
    const bits = await search("bits", 100, [Buffer.from([7])], { metric_type: "HAMMING" });
    const bitsOf = (id: number) => rows[id].lists.map((line) => [line.bits]);
    expect(bits).toEqual([nearestElements(bitsOf, [7], "HAMMING").slice(0, 20)]);
    const query = vectorOf();
    const range = { metric_type: "L2", topk: 1000, radius: 40, range_filter: 10 };
    const within = nearestElements(f32Of, query, "L2").filter(({ score }) => score >= 10 && score < 40);
    expect(within.length).toBeGreaterThan(0);
    expect(await search("f32", 101, [floatBytes([query])], range)).toEqual([within]);
  });

  it("those that element_filter means alone", async () => {
    const query = vectorOf();
    const params = { metric_type: "COSINE", topk: 1000, dsl: "id > 9 and element_filter(lines, $[n] > 6)" };
    const wanted = nearestElements(
      picked((n) => n > 6),
      query,
      "COSINE",
    ).filter(({ id }) => id > 9);
    expect(await search("f32", 101, [floatBytes([query])], params)).toEqual([wanted]);
    const none = { ...params, dsl: "element_filter(lines, $[n] > 60)" };
    expect(await search("f32", 101, [floatBytes([query])], none)).toEqual([[]]);
  });

  it("the best one of each row where hits are grouped by the primary key", async () => {
    const query = vectorOf();
    const params = { metric_type: "IP", topk: 12, group_by_field: "id", dsl: "element_filter(lines, $[n] > 3)" };
    const seen = new Set<number>();
    const wanted = nearestElements(
      picked((n) => n > 3),
      query,
      "IP",
    ).filter(({ id }) => !seen.has(id) && seen.add(id));
    expect(await search("f32", 101, [floatBytes([query])], params)).toEqual([wanted.slice(0, 12)]);
  });

  it("several searches of one array rank its elements, others the rows that these make", async () => {
    const [one, other] = [vectorOf(), vectorOf()];
    const f32 = searchRequest("f32", 101, [floatBytes([one])], { metric_type: "IP", topk: 50 });
    const i8 = searchRequest("i8", 105, [int8Bytes([other])], { metric_type: "IP", topk: 50 });
    const hybrid = (requests: milvus.SearchRequest[]) =>
      fixture.client.raw.hybridSearch(
        milvus.HybridSearchRequest.fromPartial({
          ...{ collectionName: "pages", requests },
          rankParams: Object.entries({ strategy: "weighted", params: '{"weights":[1,0.5]}', limit: "15" }).map(
            ([key, value]) => ({ key, value }),
          ),
        }),
      );
    const lists = [
      nearestElements(f32Of, one, "IP").slice(0, 50),
      nearestElements((id) => rows[id].lists.map((line) => line.i8), other, "IP").slice(0, 50),
    ];
    const sums = new Map<string, number>();
    for (const [i, hits] of lists.entries())
      for (const { id, offset, score } of hits)
        sums.set(`${id}/${offset}`, (sums.get(`${id}/${offset}`) ?? 0) + score * [1, 0.5][i]);
    const best = (await hybrid([f32, i8])).results;
    const found = hitsOf(await hybrid([f32, i8]))[0];
    expect(best?.elementIndices?.data).toHaveLength(15);
    const wanted = [...sums.values()].sort((a, b) => b - a).slice(0, 15);
    expect(found.map(({ score }) => score)).toEqual(wanted.map(Math.fround));
    for (const { id, offset, score } of found as { id: number; offset: number; score: number }[])
      expect(sums.get(`${id}/${offset}`)).toBeCloseTo(score, 4);

    const list = searchRequest("i8", 305, [int8Bytes([other])], { metric_type: "MAX_SIM_IP", topk: 50 });
    const scope = { params: '{"element_scope":{"collapse":{"strategy":"topk_sum","topk":2}}}' };
    const scoped = searchRequest("f32", 101, [floatBytes([one])], { metric_type: "IP", topk: 50, ...scope });
    const rowsOf = (top: number) => {
      const byRow = Map.groupBy(lists[0], ({ id }) => id);
      const totals = new Map<number, number>();
      for (const [id, hits] of byRow)
        totals.set(
          id,
          hits.slice(0, top).reduce((sum, { score }) => sum + score, 0),
        );
      for (const { id, score } of nearest((id) => rows[id].lists.map((line) => line.i8), [other], "IP").slice(0, 50))
        totals.set(id, (totals.get(id) ?? 0) + score / 2);
      const sorted = [...totals].sort(([a, x], [b, y]) => y - x || a - b).slice(0, 15);
      return sorted.map(([id, score]) => ({ id, score: Math.fround(score) }));
    };
    expect(hitsOf(await hybrid([f32, list]))).toEqual([rowsOf(1)]);
    expect(hitsOf(await hybrid([scoped, list]))).toEqual([rowsOf(2)]);
    const refused = async (requests: milvus.SearchRequest[]) => (await hybrid(requests)).status?.reason;
    expect(await refused([scoped, i8])).toContain("not allowed for same-struct element-level hybrid search");
    expect(
      await refused([f32, { ...list, searchParams: [...list.searchParams, ...scoped.searchParams.slice(-1)] }]),
    ).toContain("element_scope is only supported for element-level search");
  });

  it("over REST hits say which element they are, and queries answer each element", async () => {
    const query = vectorOf();
    const filter = "element_filter(lines, $[n] == 3)";
    const params = { searchParams: { metricType: "L2" }, limit: 7, annsField: "lines[f32]", filter };
    const { data: found } = await post("entities/search", { collectionName: "pages", data: [query], ...params });
    expect(found.map(({ id, offset }: { id: string; offset: number }) => [Number(id), offset])).toEqual(
      nearestElements(
        picked((n) => n === 3),
        query,
        "L2",
      )
        .slice(0, 7)
        .map(({ id, offset }) => [id, offset]),
    );
    const elements = rows.flatMap(({ id, lists }) => lists.flatMap(({ n }, i) => (n === 3 ? [[id, i]] : [])));
    const asked = { collectionName: "pages", filter, outputFields: ["id"], limit: 9, offset: 4 };
    const { data: queried } = await post("entities/query", asked);
    expect(queried.map(({ id, offset }: { id: string; offset: number }) => [Number(id), offset])).toEqual(
      elements.slice(4, 13),
    );
    const count = await post("entities/query", { collectionName: "pages", filter, outputFields: ["count(*)"] });
    expect(count.data).toEqual([{ "count(*)": String(elements.length) }]);
  });

  it("what elements are not for is refused", async () => {
    const vector = [floatBytes([vectorOf()])];
    const dsl = "element_filter(lines, $[n] > 6)";
    const only = "element_filter is only supported for element-level search on vector sub-fields";
    await expect(search("f32", 301, vector, { metric_type: "MAX_SIM_IP", dsl })).rejects.toThrow(only);
    await expect(search("f32", 101, vector, { metric_type: "MAX_SIM_IP", dsl })).rejects.toThrow(only);
    await expect(search("f32", 101, vector, { metric_type: "IP", iterator: "True" })).rejects.toThrow(
      "legacy search iterator is not supported for element-level search; use search iterator v2",
    );
    await expect(search("f32", 101, vector, { params: '{"element_scope":{}}' })).rejects.toThrow("for hybrid searches");
    const byName = { metric_type: "IP", anns_field: "lines" };
    await expect(search("f32", 101, vector, byName)).rejects.toThrow(
      /fieldName\(lines\) not found: of a struct array a member is searched, here lines\[/,
    );
    const query = { collectionName: "pages", filter: dsl, outputFields: ["id"], limit: 5 };
    expect((await post("entities/query", { ...query, orderByFields: ["id:desc"] })).message).toContain(
      "ORDER BY is not supported with element_filter",
    );
    expect((await post("entities/query", { ...query, groupByFields: ["id"] })).message).toContain("by match_any");
    const deleted = await post("entities/delete", { collectionName: "pages", filter: dsl });
    expect(deleted.message).toContain("rows that have such an element are found by match_any");
  });
});
