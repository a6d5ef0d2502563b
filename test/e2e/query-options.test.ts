import { beforeAll, describe, expect, it } from "@jest/globals";
import { checkStatus, milvus, schema } from "@sluice/rpc";
import { DataType } from "@sluice/schema";
import { bookCollection, books, eventually, type FieldSpec, type Row, rowsOf, useServer } from "../support/index.ts";

const fixture = useServer();
const vector: FieldSpec = { name: "vector", type: DataType.FloatVector, dim: 2 };

/** Rows as the server orders them. */
async function query(collectionName: string, params: Record<string, string>, outputFields = ["id"]): Promise<Row[]> {
  const queryParams = Object.entries(params).map(([key, value]) => ({ key, value }));
  const request = { collectionName, expr: "id >= 0", outputFields, queryParams };
  const answer = await fixture.client.raw.query(milvus.QueryRequest.fromPartial(request));
  checkStatus(answer.status);
  return rowsOf(answer.fieldsData);
}

describe("order_by_fields", () => {
  const name = "ordered";
  const price: FieldSpec = { name: "price", type: DataType.Double, nullable: true };
  const kind: FieldSpec = { name: "kind", type: DataType.VarChar, maxLength: 9 };
  const id: FieldSpec = { name: "id", type: DataType.Int64, key: true };
  const rows = Array.from({ length: 200 }, (_, i) => ({
    id: BigInt(i),
    price: i % 10 === 3 ? null : (i * 37) % 50,
    kind: ["b", "a", "ä"][i % 3],
    vector: [i, 1],
  }));

  beforeAll(async () => {
    const { client, files } = fixture;
    await client.createCollection({ name, fields: [id, price, kind, vector], shards: 2 });
    // Two segments a shard: the order goes over all of them.
    for (const half of [rows.slice(0, 90), rows.slice(90)])
      await client.importAndWait(name, await files.jsonl(`ordered-${half.length}.jsonl`, half));
  });

  const ids = (found: Row[]) => found.map((row) => row.id);
  /** Nulls first in descending order; ties by key. */
  const byPriceDown = [...rows].sort((a, b) => (b.price ?? 1e9) - (a.price ?? 1e9) || Number(a.id - b.id));

  it("orders before offset and limit, over all segments, ties by key", async () => {
    const wanted = byPriceDown.map((row) => row.id);
    expect(ids(await query(name, { order_by_fields: "price:desc", limit: "200" }))).toEqual(wanted);
    expect(ids(await query(name, { order_by_fields: "price:desc", limit: "7", offset: "30" }))).toEqual(
      wanted.slice(30, 37),
    );
  });

  it("takes several fields, and other output than these", async () => {
    const found = await query(name, { order_by_fields: "kind:asc,id:desc", limit: "200" }, ["vector"]);
    const wanted = [...rows].sort(
      (a, b) => Buffer.compare(Buffer.from(a.kind), Buffer.from(b.kind)) || Number(b.id - a.id),
    );
    expect(found.map((row) => row.vector)).toEqual(wanted.map((row) => row.vector));
  });

  it.each([
    [{ order_by_fields: "nope:desc", limit: "5" }, "field nope not exist"],
    [{ order_by_fields: "price" }, "ORDER BY requires explicit limit"],
    [{ order_by_fields: "vector", limit: "5" }, "unsupported data type"],
    [{ order_by_fields: "price", limit: "5", iterator: "True" }, "not supported with iterators"],
    [{ group_by_fields: "kind", limit: "5" }, "output field 'id' is not allowed: when using GROUP BY"],
    [
      { time_fields: "year, week", limit: "5" },
      "unsupported field for extraction: week, fields should be seprated by ',' or ' '",
    ],
    [{ ignore_growing: "perhaps", limit: "5" }, "parse ignore growing field failed"],
    [{ collection_id: "77", limit: "5", iterator: "True" }, "Input collection id is not consistent to collectionID in the context"], // biome-ignore format: one row
  ])("%j is refused", async (params, reason) => {
    await expect(query(name, params as unknown as Record<string, string>)).rejects.toThrow(reason);
  });
});

it("parts of times are shown as lists, in the zone of the call, also of groups", async () => {
  const { client, files } = fixture;
  const fields: FieldSpec[] = [
    { name: "id", type: DataType.Int64, key: true },
    { name: "at", type: DataType.Timestamptz, nullable: true },
    vector,
  ];
  await client.createCollection({ name: "times", fields, shards: 2 });
  const at = ["2024-12-31T20:30:15.000120Z", null, "2025-03-01T00:00:00Z"];
  const rows = at.map((time, id) => ({ id, at: time, vector: [1, 2] }));
  await client.importAndWait("times", await files.jsonl("times.jsonl", rows));
  const all = { time_fields: "year,month day, HOUR minute second microsecond", timezone: "Asia/Shanghai", limit: "9" };
  expect((await query("times", all, ["at"])).map((row) => row.at)).toEqual([
    [2025n, 1n, 1n, 4n, 30n, 15n, 120n],
    null,
    [2025n, 3n, 1n, 8n, 0n, 0n, 0n],
  ]);
  expect((await query("times", { time_fields: "year", limit: "9" }, ["at"])).map((row) => row.at)).toEqual([
    ...[[2024n], null, [2025n]],
  ]);
  const groups = await query("times", { time_fields: "year", group_by_fields: "at" }, ["at", "count(*)"]);
  expect(groups.map((row) => row.at)).toEqual(expect.arrayContaining([[2024n], [2025n], null]));
});

it("times are in the zone that a call over REST names", async () => {
  const { client, files } = fixture;
  const fields: FieldSpec[] = [
    { name: "id", type: DataType.Int64, key: true },
    { name: "at", type: DataType.Timestamptz },
    vector,
  ];
  await client.createCollection({ name: "zones", fields });
  const rows = [{ id: 1, at: "2024-12-31T20:00:00Z", vector: [1, 2] }];
  await client.importAndWait("zones", await files.jsonl("zones.jsonl", rows));
  const timezone = "Asia/Shanghai";
  const about = { collectionName: "zones", outputFields: ["at"], timezone };
  const post = async (path: string, body: object) => {
    const sent = { method: "POST", body: JSON.stringify(body) };
    return (await fetch(`${fixture.url}/v2/vectordb/entities/${path}`, sent)).json();
  };
  const found = { code: 0, data: [{ at: "2025-01-01T04:00:00+08:00" }] };
  const filter = "at == ISO '2025-01-01T04:00:00'";
  const near = { data: [[1, 2]], annsField: "vector" };
  expect(await post("query", { ...about, filter })).toMatchObject(found);
  expect(await post("get", { ...about, id: [1] })).toMatchObject(found);
  expect(await post("search", { ...about, ...near, filter })).toMatchObject(found);
  const { timezone: _, ...plain } = about;
  expect(await post("search", { ...plain, ...near, filter, searchParams: { timezone } })).toMatchObject(found);
  const several = { ...about, search: [{ ...near, filter }], rerank: { strategy: "rrf" } };
  expect(await post("hybrid_search", several)).toMatchObject(found);
  for (const [path, body] of [
    ["query", { ...about, filter }],
    ["search", { ...about, ...near }],
  ] as const)
    expect(await post(path, { ...body, timezone: "Mars/Base" })).toMatchObject({
      code: 1100,
      message: expect.stringContaining("unknown or invalid IANA Time Zone ID: Mars/Base"),
    });
  expect(await post("hybrid_search", { ...several, search: [{ ...near, timezone }] })).toMatchObject({
    code: 1100,
    message: expect.stringContaining('"search[0].timezone" means nothing to this call'),
  });
});

describe("the time that rows live", () => {
  it("counts from their commit, for queries and counts, and can be changed", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("aging", { shards: 2 }));
    await client.importAndWait("aging", await files.jsonl("aging.jsonl", books(10)));
    const alter = async (value: string) =>
      checkStatus(
        await client.raw.alterCollection(
          milvus.AlterCollectionRequest.fromPartial({
            collectionName: "aging",
            properties: [{ key: "collection.ttl.seconds", value }],
          }),
        ),
      );
    await alter("3");
    await eventually(async () => expect(await client.count("aging")).toBe(0));
    expect(await client.query("aging", "id in [1, 2]", ["id"])).toEqual([]);
    await client.importAndWait("aging", await files.jsonl("younger.jsonl", books(3, 100n)));
    expect(await client.count("aging")).toBe(3);
    await alter("-1");
    expect(await client.count("aging")).toBe(13);
  });

  it("may be a field's: a row without one stays", async () => {
    const { client, files } = fixture;
    const fields: FieldSpec[] = [
      { name: "id", type: DataType.Int64, key: true },
      { name: "until", type: DataType.Timestamptz, nullable: true },
      vector,
    ];
    await client.createCollection({ name: "expiring", fields, properties: { ttl_field: "until" } });
    const rows = ["2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z", null].map((until, id) => ({
      id,
      until,
      vector: [1, 2],
    }));
    await client.importAndWait("expiring", await files.jsonl("expiring.jsonl", rows));
    expect(await client.count("expiring")).toBe(2);
    expect((await client.query("expiring", "id in [0, 1, 2]", ["id"])).map((row) => row.id)).toEqual([1n, 2n]);
    expect(await client.count("expiring", "id < 2")).toBe(1);
    const ids = schema.IDs.fromPartial({ idField: { $case: "intId", value: { data: [1n, 0n] } } });
    const searchParams = Object.entries({ anns_field: "vector", topk: "9" }).map(([key, value]) => ({ key, value }));
    const search = {
      collectionName: "expiring",
      searchInput: { $case: "ids", value: ids } as const,
      nq: 2n,
      searchParams,
    };
    expect((await client.raw.search(milvus.SearchRequest.fromPartial(search))).status?.reason).toContain(
      "missing IDs = [0]",
    );
  });
});
