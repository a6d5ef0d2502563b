import { beforeAll, describe, expect, it } from "@jest/globals";
import { checkStatus, milvus } from "@sluice/rpc";
import { DataType } from "@sluice/schema";
import { type FieldSpec, type Row, rowsOf, useRestCalls, useServer } from "../support/index.ts";

const fixture = useServer();
const { data } = useRestCalls(fixture);

const fields: FieldSpec[] = [
  { name: "id", type: DataType.Int64, key: true },
  { name: "kind", type: DataType.VarChar, maxLength: 9, nullable: true },
  { name: "year", type: DataType.Int16 },
  { name: "price", type: DataType.Float, nullable: true },
  { name: "at", type: DataType.Timestamptz },
  { name: "vector", type: DataType.FloatVector, dim: 2 },
];
const rows = Array.from({ length: 300 }, (_, i) => ({
  id: BigInt(i) * 2n ** 52n,
  kind: ["b", "a", "ä", null][i % 4],
  year: 1990 + (i % 3),
  price: i % 10 === 3 ? null : i / 4,
  at: `2024-01-${String(1 + (i % 28)).padStart(2, "0")}T00:00:00Z`,
  vector: [i, 1],
}));

beforeAll(async () => {
  const { client, files } = fixture;
  await client.createCollection({ name: "sold", fields, shards: 2 });
  for (const half of [rows.slice(0, 130), rows.slice(130)])
    await client.importAndWait("sold", await files.jsonl(`sold-${half.length}.jsonl`, half));
});

async function query(outputFields: string[], params: Record<string, string> = {}, expr = ""): Promise<Row[]> {
  const queryParams = Object.entries(params).map(([key, value]) => ({ key, value }));
  const request = milvus.QueryRequest.fromPartial({ collectionName: "sold", expr, outputFields, queryParams });
  const answer = await fixture.client.raw.query(request);
  checkStatus(answer.status);
  expect(answer.outputFields).toEqual(answer.fieldsData.map(({ fieldName }) => fieldName));
  return rowsOf(answer.fieldsData);
}

const sumOf = (some: readonly { price: number | null }[]) => some.reduce((sum, { price }) => sum + (price ?? 0), 0);

describe("a query with group_by_fields", () => {
  it("gives a row for each group, over all segments, in order of the groups, nulls last", async () => {
    const found = await query(["kind", "count(*)", "sum(price)", "max(id)", "count(price)"], {
      group_by_fields: "kind",
    });
    expect(found).toEqual(
      ["a", "b", "ä", null].map((kind) => {
        const group = rows.filter((row) => row.kind === kind);
        const priced = group.filter(({ price }) => price !== null);
        const values = { "count(*)": BigInt(group.length), "count(price)": BigInt(priced.length) };
        return { kind, ...values, "sum(price)": sumOf(group), "max(id)": group.at(-1)?.id };
      }),
    );
  });

  it("orders and cuts groups by what they have", async () => {
    const params = { group_by_fields: "kind,year", order_by_fields: "sum(price):desc", limit: "3", offset: "1" };
    const sums = Map.groupBy(rows, ({ kind, year }) => JSON.stringify({ kind, year }));
    const wanted = [...sums].map(([key, group]) => ({ ...JSON.parse(key), "sum(price)": sumOf(group) }));
    wanted.sort((a, b) => b["sum(price)"] - a["sum(price)"]);
    expect(await query(["kind", "year", "sum(price)"], params)).toEqual(wanted.slice(1, 4));
  });

  it("needs nothing but the fields: then groups alone are told", async () => {
    expect(await query([], { group_by_fields: "year", limit: "9" })).toEqual(
      [1990, 1991, 1992].map((year) => ({ year })),
    );
  });
});

describe("functions of all rows", () => {
  it("give one row, with a filter and without", async () => {
    const [found] = await query(["avg(year)", "min(price)", "max(kind)", "max(at)", "count(*)"]);
    expect(found).toMatchObject({ "avg(year)": 1991, "min(price)": 0, "max(kind)": "ä", "count(*)": 300n });
    expect(found["max(at)"]).toBe("2024-01-28T00:00:00Z");
    expect(await query(["sum(year)"], {}, "year == 1992 and price is null")).toEqual([{ "sum(year)": 1992n * 10n }]);
  });

  it("are null of no rows, and a count is 0", async () => {
    const none = await query(["count(kind)", "sum(price)", "avg(price)", "min(kind)"], {}, "id < 0");
    expect(none).toEqual([{ "count(kind)": 0n, "sum(price)": null, "avg(price)": null, "min(kind)": null }]);
  });

  it("refuse a sum that is no Int64, and give its average", async () => {
    await expect(query(["sum(id)"])).rejects.toThrow("the sum of field id is no Int64");
    const [{ "avg(id)": average }] = await query(["avg(id)"]);
    expect(average).toBeCloseTo(149.5 * 2 ** 52, -5);
  });
});

it.each([
  [["count(*)"], { limit: "5" }, "count entities with pagination is not allowed"],
  [[], { group_by_fields: "year" }, "empty expression should be used with limit"],
  [["count(*)"], { group_by_fields: "year", iterator: "True" }, "aggregation is not supported with iterators"],
  [["year"], { group_by_fields: "year", order_by_fields: "price", limit: "3" }, "field price not exist"],
])("%j with %j is refused", async (names, params, reason) => {
  await expect(query(names, params as unknown as Record<string, string>)).rejects.toThrow(reason);
});

it("is asked for over REST, too", async () => {
  const about = { collectionName: "sold", filter: "year > 1990" };
  const asked = { outputFields: ["year", "count(*)", "avg(price)"], groupByFields: ["year"], limit: 1 };
  const [found] = await data("entities/query", { ...about, ...asked, orderByFields: ["year:desc"] });
  expect(found).toMatchObject({ year: 1992, "count(*)": "100" });
  expect(await data("entities/query", { ...about, outputFields: ["max(year)", "count(*)"] })).toEqual([
    { "max(year)": 1992, "count(*)": "200" },
  ]);
});
