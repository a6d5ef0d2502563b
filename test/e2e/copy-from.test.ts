import { beforeAll, describe, expect, it } from "@jest/globals";
import { checkStatus, milvus, schema } from "@sluice/rpc";
import { DataType } from "@sluice/schema";
import { bookCollection, books, FaultProxy, useRest, useServer } from "../support/index.ts";
import { collectionFacts, makeCopiedCollection, tenantCollection, tenantRows } from "./copied-collection.ts";

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
const { describeCollection, indexesOf } = collectionFacts(fixture);

beforeAll(async () => {
  const { client, files } = fixture;
  await makeCopiedCollection(fixture);
  await client.createCollection(bookCollection("many", { shards: 2 }));
  await client.importAndWait("many", await files.jsonl("many.jsonl", books(30_000)));
});

describe("a copy of a collection of another service", () => {
  it("has its schema, partitions, indexes, load state and rows", async () => {
    const { client } = fixture;
    const job = await copy("everything", "twin", { checkRows: 1000 });
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
    await client.createCollection(tenantCollection);
    await client.importAndWait("tenants", await files.jsonl("tenants.jsonl", tenantRows));
    expect(await copy("tenants", "tenants_too", { checkRows: 100 })).toMatchObject({
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
    expect(await copy("articles", "articles_too", { checkRows: 10 })).toMatchObject({
      state: "Completed",
      copiedRows: 2,
    });
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

describe("a copy from another service that goes away", () => {
  it("goes on when it is back, and has each row once", async () => {
    await using proxy = await FaultProxy.open(Number(fixture.server.address.split(":")[1]));
    const address = `127.0.0.1:${proxy.port}`;
    const body = { from: { address }, collectionName: "many", targetCollectionName: "cut" };
    const { data } = await post("create", body);
    proxy.set({ kind: "cut" });
    // It was planned by then, or will be; without the other service it cannot end.
    const { state } = (await post("describe", data)).data;
    proxy.set({ kind: "pass" });
    expect(["Pending", "Copying", "Completed"]).toContain(state);
    expect(await ended(data.jobId)).toMatchObject({ state: "Completed", copiedRows: 30_000 });
    expect(await fixture.client.count("cut")).toBe(30_000);
  });

  it("is refused at once where there is no connection, with the reason", async () => {
    const port = await FaultProxy.open(1).then(async (proxy) => {
      const { port } = proxy;
      await proxy[Symbol.asyncDispose]();
      return port;
    });
    const body = { from: { address: `127.0.0.1:${port}` }, collectionName: "many", targetCollectionName: "x" };
    expect((await post("create", body)).message).toMatch(/describing many: service not ready: .*ECONNREFUSED/);
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
