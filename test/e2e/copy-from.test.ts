import { beforeAll, describe, expect, it } from "@jest/globals";
import { checkStatus, milvus, schema } from "@sluice/rpc";
import { DataType } from "@sluice/schema";
import { bookCollection, books, type CollectionSpec, useRest, useServer } from "../support/index.ts";

// A server is another service to itself: it is read as any Milvus is, over gRPC.

const key = Buffer.alloc(32, 7).toString("base64");
const fixture = useServer({
  ...{ flushSize: "64KB", splitSize: "1MB", gcGrace: "100ms", readerGrace: "60s", compactionInterval: "0s" },
  ...{ dataSourceEndpoint: "127.0.0.1", credentialsKey: key },
});
const { post, ended, run } = useRest(fixture, "copy");
const from = () => ({ address: fixture.server.address });

async function copy(collectionName: string, targetCollectionName: string, more: object = {}) {
  return run({ from: from(), collectionName, targetCollectionName, ...more });
}

const everything: CollectionSpec = {
  ...{ name: "everything", shards: 2, dynamic: true, properties: { "collection.ttl.seconds": "1000000" } },
  fields: [
    { name: "id", type: DataType.VarChar, key: true, maxLength: 40 },
    { name: "flag", type: DataType.Bool },
    { name: "i8", type: DataType.Int8, nullable: true },
    { name: "n", type: DataType.Int64, nullable: true },
    { name: "d", type: DataType.Double },
    { name: "at", type: DataType.Timestamptz },
    { name: "geo", type: DataType.Geometry, nullable: true },
    { name: "json", type: DataType.JSON },
    { name: "tags", type: DataType.Array, element: DataType.VarChar, capacity: 4, maxLength: 20 },
    { name: "v", type: DataType.FloatVector, dim: 4 },
    { name: "hv", type: DataType.Float16Vector, dim: 2, nullable: true },
    { name: "sv", type: DataType.SparseFloatVector },
  ],
};
const row = (i: number) => ({
  ...{ id: `k"\\\n${i}é`, flag: i % 2 === 0, i8: i % 3 ? -i % 128 : null, n: i % 5 ? i * 1e9 : null, d: i / 7 },
  ...{ at: "2026-01-01T00:00:00Z", geo: i % 4 ? `POINT (${i} 2)` : null, json: { i }, tags: ["a", `t${i}`] },
  ...{ v: [i, 0, 1, 2], hv: i % 2 ? [1, 0.5] : null, sv: { 3: i + 1 }, extra: i },
});
const describeCollection = (collectionName: string) =>
  fixture.client.raw.describeCollection(milvus.DescribeCollectionRequest.fromPartial({ collectionName }));
const indexesOf = async (collectionName: string) => {
  const request = milvus.DescribeIndexRequest.fromPartial({ collectionName });
  return (await fixture.client.raw.describeIndex(request)).indexDescriptions.map(({ indexName, params }) => [
    indexName,
    params,
  ]);
};

beforeAll(async () => {
  const { client, files } = fixture;
  await client.createCollection(everything);
  await client.createPartition("everything", "new");
  const rows = (first: number) => Array.from({ length: 600 }, (_, i) => row(first + i));
  await client.importAndWait("everything", await files.jsonl("everything.jsonl", rows(0)));
  await client.importAndWait("everything", await files.jsonl("new.jsonl", rows(1000)), { partition: "new" });
  await client.createCollection(bookCollection("many", { shards: 2 }));
  await client.importAndWait("many", await files.jsonl("many.jsonl", books(30_000)));
});

describe("a copy of a collection of another service", () => {
  it("has its schema, partitions, indexes, load state and rows", async () => {
    const { client } = fixture;
    const job = await copy("everything", "twin");
    expect(job).toMatchObject({
      ...{ state: "Completed", copiedRows: 1200, from: fixture.server.address, strategy: "rows" },
      strategyReason: expect.stringMatching(/out of reach, so its rows are read, at one timestamp/),
      partitions: [
        { name: "_default", sourceRows: 600, rows: 600 },
        { name: "new", sourceRows: 600, rows: 600 },
      ],
      warnings: [expect.stringMatching(/count anew/)],
    });
    const all = await client.query("everything", 'id > ""', ["*"]);
    expect(await client.query("twin", 'id > ""', ["*"])).toEqual(all);
    expect(await client.count("twin", "", ["new"])).toBe(600);
    expect(await indexesOf("twin")).toEqual(await indexesOf("everything"));
    const [source, target] = [await describeCollection("everything"), await describeCollection("twin")];
    expect(target.schema?.fields).toEqual(source.schema?.fields);
    expect([target.shardsNum, target.properties]).toEqual([source.shardsNum, source.properties]);
  });

  it("is read in several ranges of keys, each row once", async () => {
    const job = await copy("many", "many_too");
    expect(job).toMatchObject({ state: "Completed", copiedRows: 30_000, partitions: [{ rows: 30_000 }] });
    const { client } = fixture;
    expect(await client.query("many_too", "id >= 0", ["*"])).toEqual(await client.query("many", "id >= 0", ["*"]));
    expect((await client.segments("many_too")).length).toBeGreaterThan(2);
  });

  it("has the rows that a filter is true for, of the partitions that are named, and no indexes if wished", async () => {
    const job = await copy("everything", "some", {
      filter: "i8 is null or flag == true",
      partitionNames: ["new"],
      indexes: false,
    });
    const count = await fixture.client.count("everything", "i8 is null or flag == true", ["new"]);
    expect(job).toMatchObject({ state: "Completed", copiedRows: count, filter: "i8 is null or flag == true" });
    expect(await indexesOf("some")).toEqual([]);
    await expect(fixture.client.count("some")).rejects.toThrow(/not loaded/);
  });

  it("keeps automatic keys, and rows of a partition key in their partitions", async () => {
    const { client, files } = fixture;
    await client.createCollection({
      ...{ name: "tenants", shards: 2, partitions: 8 },
      fields: [
        { name: "id", type: DataType.Int64, key: true, auto: true },
        { name: "tenant", type: DataType.VarChar, partitionKey: true, maxLength: 20 },
        { name: "v", type: DataType.FloatVector, dim: 2 },
      ],
    });
    const rows = Array.from({ length: 500 }, (_, i) => ({ tenant: `t${i % 30}`, v: [i, 1] }));
    await client.importAndWait("tenants", await files.jsonl("tenants.jsonl", rows));
    expect(await copy("tenants", "tenants_too")).toMatchObject({
      partitions: [{ name: "*", sourceRows: 500, rows: 500 }],
    });
    const read = (name: string) => client.query(name, 'tenant in ["t1", "t2"]', ["*"]);
    expect(await read("tenants_too")).toEqual(await read("tenants"));
  });

  it("computes what functions do, which no service gives out", async () => {
    const { client, files } = fixture;
    const text = {
      name: "text",
      dataType: DataType.VarChar,
      typeParams: [
        { key: "max_length", value: "100" },
        { key: "enable_analyzer", value: "true" },
      ],
    };
    const message = schema.CollectionSchema.fromPartial({
      name: "articles",
      fields: [
        { name: "id", dataType: DataType.Int64, isPrimaryKey: true },
        text,
        { name: "sparse", dataType: DataType.SparseFloatVector, isFunctionOutput: true },
      ],
      functions: [{ name: "bm25", type: 1, inputFieldNames: ["text"], outputFieldNames: ["sparse"] }],
    });
    const collectionName = "articles";
    checkStatus(
      await client.raw.createCollection(
        milvus.CreateCollectionRequest.fromPartial({
          collectionName,
          schema: Buffer.from(schema.CollectionSchema.encode(message).finish()),
        }),
      ),
    );
    const extraParams = [
      { key: "index_type", value: "AUTOINDEX" },
      { key: "metric_type", value: "BM25" },
    ];
    checkStatus(
      await client.raw.createIndex(
        milvus.CreateIndexRequest.fromPartial({ collectionName, fieldName: "sparse", extraParams }),
      ),
    );
    checkStatus(await client.raw.loadCollection(milvus.LoadCollectionRequest.fromPartial({ collectionName })));
    await client.importAndWait(
      "articles",
      await files.jsonl("articles.jsonl", [
        { id: 1, text: "a whale" },
        { id: 2, text: "a ship" },
      ]),
    );
    expect(await copy("articles", "articles_too")).toMatchObject({ state: "Completed", copiedRows: 2 });
    const functions = async (name: string) =>
      (await describeCollection(name)).schema?.functions.map(({ id: _, ...one }) => one);
    expect(await functions("articles_too")).toEqual(await functions("articles"));
    expect(await client.query("articles_too", "id > 0", ["*"])).toEqual(
      await client.query("articles", "id > 0", ["*"]),
    );
    expect(await indexesOf("articles_too")).toEqual(await indexesOf("articles"));
  });

  it("is that of an empty collection too", async () => {
    await fixture.client.createCollection(bookCollection("empty"));
    expect(await copy("empty", "empty_too")).toMatchObject({ state: "Completed", copiedRows: 0 });
    expect(await fixture.client.count("empty_too")).toBe(0);
  });

  it.each<[what: string, body: object, message: RegExp]>([
    [
      "an address that no setting lists",
      { from: { address: "10.0.0.1:19530" } },
      /connects to no "10.0.0.1:19530".*--data-source-endpoint/,
    ],
    ["what is no address", { from: { address: "u:p@127.0.0.1:1" } }, /address must be HOST:PORT/],
    [
      "two ways to say who one is",
      { from: { address: "127.0.0.1:1", token: "a", user: "b", password: "c" } },
      /give token, or user and password/,
    ],
    [
      "a collection that is not there",
      { collectionName: "none" },
      /describing none: .*can't find collection.*\(code 100\)/,
    ],
    ["a filter that is none", { filter: "id >" }, /a query of everything: .*\(code 1100\)/],
    ["an unknown partition", { partitionNames: ["no"] }, /has no partition "no"/],
    ["a target that is there", { targetCollectionName: "many" }, /"many" of database "default" exists/],
  ])("is refused for %s", async (_, body, message) => {
    const about = { from: from(), collectionName: "everything", targetCollectionName: "x" };
    const answer = await post("create", { ...about, ...body });
    expect([answer.code !== 0, answer.message]).toEqual([true, expect.stringMatching(message)]);
  });

  it("is refused for a collection that is not loaded there, in the words of the other service", async () => {
    await fixture.client.createCollection(bookCollection("away"));
    checkStatus(
      await fixture.client.raw.releaseCollection(
        milvus.ReleaseCollectionRequest.fromPartial({ collectionName: "away" }),
      ),
    );
    await expect(copy("away", "x")).rejects.toThrow(/a query of away: .*not loaded/);
  });

  it("with the key of an earlier one is that one", async () => {
    const headers = { "idempotency-key": "pull-1" };
    const body = { from: from(), collectionName: "everything", targetCollectionName: "keyed" };
    const first = await post("create", body, headers);
    expect(await post("create", body, headers)).toEqual(first);
    expect((await post("create", { ...body, filter: "flag" }, headers)).message).toMatch(/was used before/);
    await ended(first.data.jobId);
  });
});

describe("a copy to another service", () => {
  const to = () => ({ address: fixture.server.address });
  const push = (collectionName: string, targetCollectionName: string, more: object = {}) =>
    run({ to: to(), collectionName, targetCollectionName, ...more });

  it("has schema, partitions, indexes and rows there, of all types", async () => {
    const { client } = fixture;
    const job = await push("everything", "sent");
    expect(job).toMatchObject({
      ...{ state: "Completed", copiedRows: 1200, to: fixture.server.address, targetCollectionName: "sent" },
      partitions: [
        { name: "_default", sourceRows: 600, rows: 600 },
        { name: "new", sourceRows: 600, rows: 600 },
      ],
    });
    expect(job).not.toHaveProperty("interimName");
    const all = await client.query("everything", 'id > ""', ["*"]);
    expect(await client.query("sent", 'id > ""', ["*"])).toEqual(all);
    expect(await client.count("sent", "", ["new"])).toBe(600);
    expect(await indexesOf("sent")).toEqual(await indexesOf("everything"));
    const [source, target] = [await describeCollection("everything"), await describeCollection("sent")];
    expect(target.schema?.fields).toEqual(source.schema?.fields);
  });

  it("keeps automatic keys, and has what a filter is true for", async () => {
    const { client } = fixture;
    const job = await push("tenants", "tenants_sent", { filter: 'tenant in ["t1", "t2"]', load: false });
    expect(job).toMatchObject({ state: "Completed", partitions: [{ name: "*" }] });
    const request = milvus.LoadCollectionRequest.fromPartial({ collectionName: "tenants_sent" });
    checkStatus(await client.raw.loadCollection(request));
    const read = (name: string) => client.query(name, 'tenant in ["t1", "t2", "t3"]', ["*"]);
    expect(await read("tenants_sent")).toEqual((await read("tenants")).filter(({ tenant }) => tenant !== "t3"));
  });

  it.each<[what: string, body: object, message: RegExp]>([
    ["a target that is there", { targetCollectionName: "many" }, /"many" exists in 127.0.0.1:\d+: choose another name/],
    ["an address that no setting lists", { to: { address: "10.0.0.1" } }, /connects to no "10.0.0.1:19530"/],
    ["two other services", { from: { address: "127.0.0.1:1" } }, /one other service/],
    ["indexes left out", { indexes: false }, /give every vector an index/],
    ["a filter that is none", { filter: "id >" }, /cannot parse expression/],
    ["an unknown partition", { partitionNames: ["no"] }, /partition not found/],
  ])("is refused for %s", async (_, body, message) => {
    const about = { to: to(), collectionName: "everything", targetCollectionName: "x" };
    const answer = await post("create", { ...about, ...body });
    expect([answer.code !== 0, answer.message]).toEqual([true, expect.stringMatching(message)]);
  });

  it("that is cancelled has nothing under the name that was asked for, and says what is left there", async () => {
    const { data } = await post("create", { to: to(), collectionName: "many", targetCollectionName: "never" });
    expect((await post("pause", data)).code).toBe(0);
    expect((await post("cancel", data)).code).toBe(0);
    expect(await ended(data.jobId)).toMatchObject({ state: "Failed", interimName: `copying_${data.jobId}` });
    expect(await describeCollection("never")).toMatchObject({ status: { code: 100 } });
  });
});

describe("a copy from another service that is stopped", () => {
  it("leaves no target once it is cancelled, and its name is free", async () => {
    const body = { from: from(), collectionName: "many", targetCollectionName: "gone" };
    const { data } = await post("create", body);
    expect((await post("pause", data)).code).toBe(0);
    expect(await describeCollection("gone")).toMatchObject({ status: { code: 100 } });
    expect((await post("cancel", data)).code).toBe(0);
    expect(await ended(data.jobId)).toMatchObject({ state: "Failed" });
    expect((await copy("many", "gone")).copiedRows).toBe(30_000);
  });
});
