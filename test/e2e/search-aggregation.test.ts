import { beforeAll, describe, expect, it } from "@jest/globals";
import { checkStatus, common, milvus, type schema } from "@sluice/rpc";
import { DataType } from "@sluice/schema";
import { type FieldSpec, useServer } from "../support/index.ts";

// Buckets of hits are compared with what a plain walk over all rows makes of them.

const fixture = useServer();
const ROWS = 300;

let seed = 5;
const next = (limit: number) => {
  seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
  return Math.floor((seed / 2 ** 32) * limit);
};

const things = Array.from({ length: ROWS }, (_, id) => ({
  id,
  brand: next(7) === 0 ? null : ["ant", "bee", "cat", "dog"][next(4)],
  stars: next(4) - 1,
  isNew: next(2) === 0,
  price: next(5) === 0 ? null : next(40) / 4,
  place: [next(20), next(20)],
}));
type Thing = (typeof things)[number];
type Value = string | number | boolean | null;

const fields: FieldSpec[] = [
  { name: "id", type: DataType.Int64, key: true },
  { name: "brand", type: DataType.VarChar, maxLength: 20, nullable: true },
  { name: "stars", type: DataType.Int32 },
  { name: "isNew", type: DataType.Bool },
  { name: "price", type: DataType.Double, nullable: true },
  { name: "place", type: DataType.FloatVector, dim: 2 },
];

beforeAll(async () => {
  const { client, files } = fixture;
  await client.createCollection({ name: "things", fields, shards: 2 });
  await client.importAndWait("things", await files.jsonl("things-1.jsonl", things.slice(0, 180)));
  await client.importAndWait("things", await files.jsonl("things-2.jsonl", things.slice(180)));
});

const pairs = (values: Readonly<Record<string, unknown>>) =>
  Object.entries(values).map(([key, value]) => ({ key, value: typeof value === "string" ? value : JSON.stringify(value) })); // biome-ignore format: short

type Spec = Parameters<typeof common.SearchAggregationSpec.fromPartial>[0];

function request(
  queries: readonly (readonly number[])[],
  spec: Spec,
  params: Readonly<Record<string, unknown>> = {},
  more: object = {},
): milvus.SearchRequest {
  const values = queries.map((query) => Buffer.from(Float32Array.from(query).buffer));
  const placeholder = { tag: "$0", type: 101 as common.PlaceholderType, values };
  const group = common.PlaceholderGroup.encode(common.PlaceholderGroup.fromPartial({ placeholders: [placeholder] }));
  return milvus.SearchRequest.fromPartial({
    collectionName: "things",
    searchInput: { $case: "placeholderGroup", value: Buffer.from(group.finish()) },
    searchParams: pairs({ metric_type: "L2", topk: 1, ...params }),
    searchAggregation: common.SearchAggregationSpec.fromPartial(spec),
    ...more,
  });
}

/** A bucket as its values alone. */
interface Plain {
  readonly key: readonly Value[];
  readonly count: number;
  readonly metrics: Readonly<Record<string, Value>>;
  readonly hits: readonly (readonly [id: number, score: number, price: Value])[];
  readonly inner: readonly Plain[];
}

const plainValue = (value: unknown): Value => (typeof value === "bigint" ? Number(value) : ((value ?? null) as Value));

function plainOf({ key, count, metrics, hits, subGroups }: schema.AggBucket): Plain {
  return {
    key: key.map(({ value }) => plainValue(value?.value)),
    count: Number(count),
    metrics: Object.fromEntries(Object.entries(metrics).map(([alias, { value }]) => [alias, plainValue(value?.value)])),
    hits: hits.map((hit) => [
      ...([Number(hit.pk?.value), hit.score] as const),
      plainValue(hit.fields.find(({ fieldName }) => fieldName === "price")?.value?.value),
    ]),
    inner: subGroups.map(plainOf),
  };
}

async function bucketsOf(asked: milvus.SearchRequest): Promise<Plain[][]> {
  const { status, results } = await fixture.client.raw.search(asked);
  checkStatus(status);
  const buckets = results?.aggBuckets.map(plainOf) ?? [];
  return results?.aggTopks.map((count) => buckets.splice(0, Number(count))) ?? [];
}

interface Found {
  readonly thing: Thing;
  readonly score: number;
}

/** The best of the best groups. */
function retained([x, y]: readonly number[], groups: number, groupSize: number, among: readonly Thing[]): Found[] {
  const all = among.map((thing) => ({ thing, score: (thing.place[0] - x) ** 2 + (thing.place[1] - y) ** 2 }));
  all.sort((a, b) => a.score - b.score || a.thing.id - b.thing.id);
  const counts = new Map<string, number>();
  return all.filter(({ thing: { brand, stars, isNew } }) => {
    const key = JSON.stringify([brand, stars, isNew]);
    const count = counts.get(key) ?? 0;
    if ((count === 0 && counts.size === groups) || count === groupSize) return false;
    counts.set(key, count + 1);
    return true;
  });
}

const numbers = (values: readonly Value[]) => values.filter((value): value is number => value !== null);
const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);
const mean = (values: readonly number[]) => (values.length === 0 ? null : sum(values) / values.length);

describe("search_aggregation", () => {
  const priced = (found: readonly Found[]) => numbers(found.map(({ thing }) => thing.price));
  const byStars = (found: readonly Found[]): Plain[] => {
    const groups = Map.groupBy(found, ({ thing }) => JSON.stringify([thing.stars, thing.isNew]));
    return [...groups.values()].slice(0, 3).map((members) => ({
      key: [members[0].thing.stars, members[0].thing.isNew],
      count: members.length,
      metrics: { total: sum(members.map(({ thing }) => thing.stars)) },
      hits: members.slice(0, 1).map(({ thing, score }) => [thing.id, score, thing.price] as const),
      inner: [],
    }));
  };
  const byBrand = (found: readonly Found[]): Plain[] => {
    const groups = Map.groupBy(found, ({ thing }) => thing.brand);
    const all = [...groups].map(([brand, members]) => ({
      key: [brand],
      count: members.length,
      metrics: {
        all: members.length,
        priced: priced(members).length,
        mean: mean(priced(members)),
        best: Math.min(...members.map(({ score }) => score)),
        most: Math.max(...members.map(({ thing }) => thing.stars)),
        first: members.map(({ thing }) => thing.brand).sort()[0],
      },
      hits: [...members]
        .sort((a, b) => (b.thing.price ?? -1) - (a.thing.price ?? -1))
        .slice(0, 2)
        .map(({ thing, score }) => [thing.id, score, thing.price] as const),
      inner: byStars(members),
    }));
    all.sort((a, b) => b.count - a.count || ((a.key[0] ?? "") < (b.key[0] ?? "") ? -1 : 1));
    return all.slice(0, 4);
  };
  const metric = (op: string, fieldName: string) => ({ op, fieldName });
  const spec: Spec = {
    ...{ fields: ["brand"], size: 4n },
    metrics: {
      ...{ all: metric("count", "*"), priced: metric("count", "price"), mean: metric("avg", "price") },
      ...{ best: metric("min", "_score"), most: metric("max", "stars"), first: metric("min", "brand") },
    },
    order: [{ key: "_count" }, { key: "_key", direction: "asc" }],
    topHits: { size: 2n, sort: [{ fieldName: "price", direction: "desc" }] },
    subAggregation: {
      ...{ fields: ["stars", "isNew"], size: 3n, topHits: { size: 1n }, metrics: { total: metric("sum", "stars") } },
    },
  };

  it("puts the hits of each query into buckets within buckets, with figures and some hits of each", async () => {
    const queries = [
      [3, 4],
      [15, 9],
    ];
    const found = await bucketsOf(request(queries, spec, {}, { outputFields: ["price"] }));
    expect(found).toEqual(queries.map((query) => byBrand(retained(query, 12, 2, things))));
    const filtered = await bucketsOf(request([[3, 4]], spec, {}, { outputFields: ["price"], dsl: "id % 3 == 0" }));
    expect(filtered).toEqual([byBrand(retained([3, 4], 12, 2, things.filter(({ id }) => id % 3 === 0)))]); // biome-ignore format: one answer
  });

  it("makes them of more hits than are answered, by search_size, and of those within a range", async () => {
    const wider: Spec = { fields: ["stars"], size: 1n, searchSize: 4n, order: [{ key: "_key", direction: "desc" }] };
    expect((await bucketsOf(request([[3, 4]], wider)))[0].map(({ key }) => key)).toEqual([[2]]);
    const near = things.filter(({ place: [x, y] }) => (x - 3) ** 2 + (y - 4) ** 2 < 4);
    const ranged: Spec = { fields: ["brand", "stars", "isNew"], size: 200n, topHits: { size: 50n } };
    const [found] = await bucketsOf(request([[3, 4]], ranged, { radius: 4 }));
    expect(sum(found.map(({ count }) => count))).toBe(near.length);
    expect(found.flatMap(({ hits }) => hits.map(([id]) => id)).sort()).toEqual(near.map(({ id }) => id).sort());
  });

  const refusal = async (asked: milvus.SearchRequest) => (await fixture.client.raw.search(asked)).status?.reason;

  it.each<[spec: Spec, reason: string]>([
    [{ fields: [], size: 1n }, "group_by level has no fields"],
    [{ fields: ["shape"], size: 1n }, 'invalid group_by field "shape": field "shape" not found in schema'],
    [{ fields: ["price"], size: 1n }, 'invalid group_by field "price": unsupported data type Double'],
    [{ fields: ["brand", "brand"], size: 1n }, "duplicate group_by field brand"],
    [{ fields: ["brand"] }, "search_aggregation size must be in range [1, 16384], but got 0"],
    [{ fields: ["brand"], size: -1n }, "search_aggregation size must be in range"],
    [{ fields: ["brand"], size: 9n, searchSize: 3n }, "search_size 3 is less than its size 9"],
    [{ fields: ["brand"], size: 1n, topHits: { size: 0n } }, "top_hits size must be in range"],
    [{ fields: ["brand"], size: 1n, metrics: { a: metric("median", "price") } }, "unsupported metric op: median"],
    [{ fields: ["brand"], size: 1n, metrics: { a: metric("sum", "*") } }, "field_name '*' only supports count op"],
    [{ fields: ["brand"], size: 1n, metrics: { a: metric("sum", "") } }, "metric field_name is empty"],
    [{ fields: ["brand"], size: 1n, metrics: { a: metric("sum", "brand") } }, "unsupported data type VarChar"],
    [{ fields: ["brand"], size: 1n, metrics: { a: metric("max", "place") } }, "unsupported data type FloatVector"],
    [{ fields: ["brand"], size: 1n, order: [{ key: "a" }] }, 'order key "a" is neither reserved key nor metric alias'],
    [{ fields: ["brand"], size: 1n, order: [{ key: "_key", direction: "up" }] }, "direction must be asc or desc"],
    [
      { fields: ["brand"], size: 10_000n, subAggregation: { fields: ["stars"], size: 10n } },
      "number of search_aggregation result entries is too large",
    ],
    [
      ["id", "brand", "stars", "isNew", "price"].reduceRight<Spec>(
        (subAggregation, name) => ({ fields: [name], size: 1n, subAggregation }),
        { fields: ["place"], size: 1n },
      ),
      "search_aggregation nesting exceeds max 4 levels",
    ],
  ])("%j is refused", async (refused, reason) => {
    expect(await refusal(request([[1, 2]], refused))).toContain(reason);
  });

  it("goes with nothing else that groups, orders, ranks, pages or marks hits, nor with several searches", async () => {
    const plain: Spec = { fields: ["brand"], size: 2n };
    const because = (params: Readonly<Record<string, unknown>>, more: object = {}) =>
      refusal(request([[1, 2]], plain, params, more));
    expect(await because({ group_by_field: "stars" })).toContain("cannot be used simultaneously");
    expect(await because({ offset: 1 })).toContain("offset is not supported with search_aggregation");
    expect(await because({ order_by_fields: "id" })).toContain("order_by_fields is not supported with");
    expect(await because({ iterator: "True" })).toContain("search iterator is not supported with search_aggregation");
    expect(await because({}, { highlighter: { type: 0 } })).toContain("cannot be used simultaneously");
    expect(await because({}, { outputFields: ["place"] })).toContain("output field place of type FloatVector is not");
    const decay = { functions: [{ name: "f", type: 3, params: pairs({ reranker: "decay" }) }] };
    expect(await because({}, { functionScore: decay })).toContain("a ranker is not supported with search_aggregation");
    const several = { collectionName: "things", requests: [request([[1, 2]], plain)], rankParams: pairs({ limit: 3 }) };
    const { status } = await fixture.client.raw.hybridSearch(milvus.HybridSearchRequest.fromPartial(several));
    expect(status?.reason).toContain("search aggregation is not supported for hybrid search");
  });
});
