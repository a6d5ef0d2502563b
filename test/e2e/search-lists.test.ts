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
  lists: Array.from({ length: id === 0 ? 0 : next(6) }, () => ({ f32: vectorOf(), i8: vectorOf(), bits: next(256) })),
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
          fields: [member("f32", "FloatVector"), member("i8", "Int8Vector"), member("bits", "BinaryVector")],
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

async function search(field: string, type: number, values: readonly Buffer[], params: object = {}) {
  const group = common.PlaceholderGroup.fromPartial({
    placeholders: [{ tag: "$0", type: type as common.PlaceholderType, values: [...values] }],
  });
  const all = { topk: 20, anns_field: `lines[${field}]`, ...params };
  const answer = await fixture.client.raw.search(
    milvus.SearchRequest.fromPartial({
      collectionName: "pages",
      searchInput: {
        $case: "placeholderGroup",
        value: Buffer.from(common.PlaceholderGroup.encode(group).finish()),
      },
      searchParams: Object.entries(all).map(([key, value]) => ({ key, value: String(value) })),
      ...("dsl" in params ? { dsl: String(params.dsl) } : {}),
    }),
  );
  checkStatus(answer.status);
  const ids = (answer.results?.ids?.idField?.value.data ?? []) as bigint[];
  let at = 0;
  return (answer.results?.topks ?? []).map((count) =>
    Array.from({ length: Number(count) }, () => ({ id: Number(ids[at]), score: answer.results!.scores[at++] })),
  );
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

  it("by plain metrics with plain vectors: a row scores as its best vector", async () => {
    const query = vectorOf();
    const found = await search("f32", 101, [floatBytes([query])], { metric_type: "COSINE", topk: 1000 });
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
    expect(await near("f32", [query[0]], "COSINE")).toEqual(ids("f32", [query[0]], "COSINE"));
    expect(await near("i8", [query[0]], "L2")).toEqual(ids("i8", [query[0]], "L2"));
    expect(await near("f32", [query], "MAX_SIM_IP")).toEqual(ids("f32", query, "IP"));
    const bits = nearest((id) => rows[id].lists.map((line) => [line.bits]), [[7], [240]], "HAMMING").slice(0, 7);
    expect(await near("bits", [[[7], [240]]], "MAX_SIM_HAMMING")).toEqual(bits.map(({ id }) => id));
    expect(await near("f32", [query, query[0]], "MAX_SIM_IP")).toContain("no vector of the type of lines[f32]");
  });

  it("with a filter; what does not fit is refused", async () => {
    const query = vectorOf();
    const found = await search("f32", 101, [floatBytes([query])], { metric_type: "IP", dsl: "id < 40" });
    const listOf = (id: number) => (id < 40 ? rows[id].lists.map(({ f32 }) => f32) : []);
    expect(found).toEqual([nearest(listOf, [query], "IP").slice(0, 20)]);
    await expect(search("f32", 301, [Buffer.alloc(33)])).rejects.toThrow("vector dimension mismatch");
    await expect(search("f32", 305, [Buffer.alloc(8)])).rejects.toThrow("vector type must be the same");
  });
});
