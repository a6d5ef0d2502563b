import { beforeAll, describe, expect, it } from "@jest/globals";
import { checkStatus, common, milvus, schema } from "@sluice/rpc";
import { DataType } from "@sluice/schema";
import { type FieldSpec, useServer } from "../support/index.ts";

// Chains of functions, step by step compared with the same steps on plain rows.

const fixture = useServer();
const { FunctionChainStage } = schema;

const things = Array.from({ length: 60 }, (_, id) => ({
  id,
  stars: id % 4 === 0 ? null : (id * 7) % 5,
  price: ((id * 13) % 17) / 4,
  day: 1000 + ((id * 11) % 30),
  name: `n${(id * 5) % 9}`,
  place: [id % 10, Math.floor(id / 10)],
}));
const fields: FieldSpec[] = [
  { name: "id", type: DataType.Int64, key: true },
  { name: "stars", type: DataType.Int32, nullable: true },
  { name: "price", type: DataType.Float },
  { name: "day", type: DataType.Int64 },
  { name: "name", type: DataType.VarChar, maxLength: 20 },
  { name: "place", type: DataType.FloatVector, dim: 2 },
];

beforeAll(async () => {
  const { client, files } = fixture;
  await client.createCollection({ name: "things", fields, shards: 2 });
  await client.importAndWait("things", await files.jsonl("chain.jsonl", things));
});

const pairs = (values: Readonly<Record<string, unknown>>) =>
  Object.entries(values).map(([key, value]) => ({ key, value: typeof value === "string" ? value : JSON.stringify(value) })); // biome-ignore format: short

type Op = Parameters<typeof schema.FunctionChainOp.fromPartial>[0];
type Param = string | number | boolean | readonly number[];

function paramOf(value: Param): schema.FunctionParamValue {
  if (typeof value === "string") return { value: { $case: "stringValue", value } };
  if (typeof value === "boolean") return { value: { $case: "boolValue", value } };
  if (typeof value !== "number") return { value: { $case: "arrayValue", value: { values: value.map(paramOf) } } };
  if (Number.isInteger(value)) return { value: { $case: "int64Value", value: BigInt(value) } };
  return { value: { $case: "doubleValue", value } };
}
const params = (values: Readonly<Record<string, Param>>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, paramOf(value)]));
const map = (
  output: string,
  name: string,
  columns: readonly string[],
  values: Readonly<Record<string, Param>>,
): Op => ({
  op: "map",
  outputs: [output],
  expr: {
    name,
    args: columns.map((column) => ({ arg: { $case: "column", value: { name: column } } })),
    params: params(values),
  },
});
const sort = (column: string, desc: boolean, tie = ""): Op => ({
  op: "sort",
  params: params({ column, desc, ...(tie && { tie_break_col: tie }) }),
});
const limit = (count: number, offset = 0): Op => ({ op: "limit", params: params({ limit: count, offset }) });

function request(queries: readonly (readonly number[])[], ops: readonly Op[], more: object = {}): milvus.SearchRequest {
  const values = queries.map((query) => Buffer.from(Float32Array.from(query).buffer));
  const placeholder = { tag: "$0", type: 101 as common.PlaceholderType, values };
  const group = common.PlaceholderGroup.encode(common.PlaceholderGroup.fromPartial({ placeholders: [placeholder] }));
  return milvus.SearchRequest.fromPartial({
    collectionName: "things",
    searchInput: { $case: "placeholderGroup", value: Buffer.from(group.finish()) },
    searchParams: pairs({ metric_type: "L2", topk: 20, offset: 3 }),
    functionChains: [{ stage: FunctionChainStage.FunctionChainStageL2Rerank, ops: [...ops] }],
    ...more,
  });
}

type Thing = (typeof things)[number];
interface Hit {
  readonly thing: Thing;
  readonly score: number;
}

async function hitsOf(asked: milvus.SearchRequest): Promise<(readonly [id: number, score: number])[][]> {
  const { status, results } = await fixture.client.raw.search(asked);
  checkStatus(status);
  const ids = (results?.ids?.idField?.value.data ?? []) as bigint[];
  let at = 0;
  return (results?.topks ?? []).map((count) =>
    Array.from({ length: Number(count) }, () => [Number(ids[at]), results?.scores[at++] ?? Number.NaN] as const),
  );
}

/** Those that the chain gets. */
function nearest([x, y]: readonly number[]): Hit[] {
  const all = things.map((thing) => ({ thing, score: (thing.place[0] - x) ** 2 + (thing.place[1] - y) ** 2 }));
  return all.sort((a, b) => a.score - b.score || a.thing.id - b.thing.id).slice(3, 23);
}
const shown = (hits: readonly Hit[]) => hits.map(({ thing, score }) => [thing.id, score] as const);
const single = Math.fround;

describe("a chain of functions", () => {
  const queries = [
    [4, 2],
    [8, 5],
  ];

  it("scores, sorts and cuts the hits of each query", async () => {
    const ops = [
      map("fresh", "decay", ["day"], { function: "exp", origin: 1005, scale: 10, offset: 2, decay: 0.4 }),
      map("$score", "num_combine", ["$score", "fresh", "price"], { mode: "weighted", weights: [0.1, 2, 0.5] }),
      map("$score", "round_decimal", ["$score"], { decimal: 2 }),
      sort("$score", true, "$id"),
      limit(7, 2),
    ];
    const scored = ({ thing, score }: Hit): Hit => {
      const fresh = single(Math.exp((Math.max(0, Math.abs(thing.day - 1005) - 2) * Math.log(0.4)) / 10));
      const combined = single(score * 0.1 + fresh * 2 + thing.price * 0.5);
      return { thing, score: single(Math.floor(combined * 100 + 0.5) / 100) };
    };
    const wanted = queries.map((query) => {
      const hits = nearest(query).map(scored);
      return hits.sort((a, b) => b.score - a.score || a.thing.id - b.thing.id).slice(2, 9);
    });
    expect(await hitsOf(request(queries, ops))).toEqual(wanted.map(shown));
  });

  it.each<[policy: string, of: (stars: number | null, price: number) => number | null]>([
    ["propagate", (stars, price) => (stars === null ? null : stars + price)],
    ["as_zero", (stars, price) => (stars ?? 0) + price],
    ["skip", (stars, price) => (stars ?? 0) + price],
  ])(
    "takes nulls by the policy %s; a score that nothing is made of is 0, and sorts as the least",
    async (policy, of) => {
      const ops = [
        map("$score", "num_combine", ["stars", "price"], { mode: "sum", null_policy: policy }),
        sort("$score", false),
      ];
      const hits = nearest(queries[0]).map(({ thing }) => ({ thing, score: of(thing.stars, thing.price) }));
      hits.sort((a, b) => (a.score ?? -1) - (b.score ?? -1));
      const wanted = hits.map(({ thing, score }) => ({ thing, score: single(score ?? 0) }));
      expect(await hitsOf(request([queries[0]], ops))).toEqual([shown(wanted)]);
    },
  );

  it("leaves the order of hits as it is without a sort, and sorts by texts too", async () => {
    const ops = [map("$score", "num_combine", ["price", "$score"], { mode: "max" })];
    const scored = nearest(queries[0]).map(({ thing, score }) => ({ thing, score: Math.max(thing.price, score) }));
    expect(await hitsOf(request([queries[0]], ops))).toEqual([shown(scored)]);
    const named = nearest(queries[0]).sort((a, b) => (a.thing.name < b.thing.name ? -1 : a.thing.name > b.thing.name ? 1 : a.thing.day - b.thing.day)); // biome-ignore format: one order
    expect(await hitsOf(request([queries[0]], [sort("name", false, "day")]))).toEqual([shown(named)]);
  });

  const refusedOps: readonly (readonly [ops: readonly Op[], reason: string])[] = [
    [[], "function chain[0] must contain at least one op"],
    [[{ op: "filter" }], "op[0]: unknown operator type: filter: use map, sort or limit"],
    [[{ op: "map", outputs: ["a"] }], "op[0]: map operator requires function"],
    [[map("a", "nothing", ["price"], {})], "unknown function: nothing: use num_combine, decay, round_decimal"],
    [[map("a", "rerank_model", ["name"], {})], "function rerank_model is not supported by this server"],
    [[map("a", "xgboost", ["price"], {})], "function xgboost is not supported by this server"],
    [[map("a", "num_combine", ["price"], {})], "num_combine: expected at least 2 input columns, got 1"],
    [[map("a", "num_combine", ["price", "day"], { mode: "mean" })], 'num_combine: invalid mode "mean"'],
    [[map("a", "num_combine", ["price", "day"], { mode: "weighted" })], "weighted mode requires weights"],
    [[map("a", "num_combine", ["price", "day"], { mode: "weighted", weights: [1] })], "requires 2 weights, got 1"],
    [[map("a", "num_combine", ["price", "day"], { null_policy: "x" })], 'invalid null_policy "x"'],
    [[map("a", "num_combine", ["price", "day"], { modes: "sum" })], "parameter modes is not known: leave it out"],
    [[map("a", "num_combine", ["price", "name"], {})], "column name: unsupported input column type, expected numeric"],
    [[map("a", "decay", ["day"], { function: "cube", origin: 1, scale: 1 })], "invalid decay function: cube"],
    [[map("a", "decay", ["day"], { function: "exp", origin: 1 })], "decay: parameter scale is required"],
    [[map("a", "decay", ["day"], { function: "exp", origin: 1, scale: 0 })], "decay: scale must be > 0, got 0"],
    [[map("a", "decay", ["day"], { function: "exp", origin: 1, scale: 1, decay: 1 })], "decay must be 0 < decay < 1"],
    [[map("a", "round_decimal", ["price"], { decimal: 7 })], "round_decimal: decimal must be in range [0, 6], got 7"],
    [[map("a", "round_decimal", ["day"], { decimal: 1 })], "round_decimal: column day must be Float"],
    [[map("$id", "round_decimal", ["price"], { decimal: 1 })], 'system output "$id" is not writable'],
    [[sort("$time", true)], 'system input "$time" is not supported by L2 rerank function chain'],
    [[sort("shape", true)], 'function chain input "shape" is neither a previous output nor a collection field'],
    [[sort("place", true)], 'function chain input "place" has unsupported field type FloatVector'],
    [[limit(0)], "limit_op: limit must be positive"],
  ];
  it.each(refusedOps.map(([ops, reason]) => [reason, ops] as const))("is refused: %s", async (reason, ops) => {
    expect((await fixture.client.raw.search(request([[1, 2]], ops))).status?.reason).toContain(reason);
  });

  it("is of one stage, and of one search, beside no ranker", async () => {
    const reason = async (more: object) =>
      (await fixture.client.raw.search(request([[1, 2]], [limit(1)], more))).status?.reason;
    const of = (...stages: schema.FunctionChainStage[]) => ({
      functionChains: stages.map((stage) => schema.FunctionChain.fromPartial({ stage, ops: [limit(1)] })),
    });
    const { FunctionChainStageL0Rerank: l0, FunctionChainStageL2Rerank: l2 } = FunctionChainStage;
    expect(await reason(of(l0))).toContain("stage FunctionChainStageL0Rerank is not supported in search request");
    expect(await reason(of(l2, l2))).toContain("stage FunctionChainStageL2Rerank appears more than once");
    const score = { functions: [{ name: "f", type: 3, inputFieldNames: ["day"], params: pairs({ reranker: "decay", function: "exp", origin: 1, scale: 1 }) }] }; // biome-ignore format: short
    expect(await reason({ functionScore: score })).toContain(
      "function_score and function_chains cannot be used together",
    );
    const iterator = { iterator: "True", search_iter_v2: "True", search_iter_batch_size: 5, topk: 5 };
    expect(await reason({ searchParams: pairs(iterator) })).toContain("not supported with search iterators");
    expect(await reason({ searchAggregation: { fields: ["name"], size: 1n }, searchParams: [] })).toContain(
      "function_chains and search_aggregation cannot be used simultaneously",
    );
  });
});
