import { describe, expect, it } from "@jest/globals";
import { checkStatus, milvus } from "@sluice/rpc";
import { DataType } from "@sluice/schema";
import {
  bookCollection,
  books,
  type CollectionSpec,
  eventually,
  storedKeys,
  useRest,
  useServer,
} from "../support/index.ts";

const fixture = useServer({ flushSize: "64KB", gcGrace: "100ms", readerGrace: "100ms", compactionInterval: "0s" });

const { post, ended, run } = useRest(fixture, "copy");

async function copy(collectionName: string, targetCollectionName: string, more: object = {}) {
  return run({ collectionName, targetCollectionName, ...more });
}

const indexesOf = async (collectionName: string) => {
  const request = milvus.DescribeIndexRequest.fromPartial({ collectionName });
  const { indexDescriptions } = await fixture.client.raw.describeIndex(request);
  return indexDescriptions.map(({ indexName, params }) => [indexName, params]);
};
const describeCollection = (collectionName: string) =>
  fixture.client.raw.describeCollection(milvus.DescribeCollectionRequest.fromPartial({ collectionName }));
const partitionsOf = async (collectionName: string) => {
  const request = milvus.ShowPartitionsRequest.fromPartial({ collectionName });
  return (await fixture.client.raw.showPartitions(request)).partitionNames.slice().sort();
};

const kept: CollectionSpec = {
  name: "kept",
  shards: 2,
  dynamic: true,
  properties: { "collection.ttl.seconds": "1000000" },
  fields: [
    { name: "id", type: DataType.VarChar, key: true, maxLength: 40 },
    { name: "n", type: DataType.Int64, nullable: true },
    { name: "tags", type: DataType.Array, element: DataType.VarChar, capacity: 4, maxLength: 20 },
    { name: "v", type: DataType.FloatVector, dim: 4 },
    { name: "sv", type: DataType.SparseFloatVector },
  ],
};
const keptRow = (i: number) => ({
  id: `k${i}`,
  n: i % 3 ? i : null,
  tags: ["a"],
  v: [i, 0, 1, 2],
  sv: { 3: i + 1 },
  extra: i,
});

describe("a copy of a collection", () => {
  it("has its schema, partitions, indexes, load state and rows, and is a collection of its own", async () => {
    const { client, files } = fixture;
    await client.createCollection(kept);
    await client.createPartition("kept", "new");
    const rows = (from: number) => Array.from({ length: 300 }, (_, i) => keptRow(from + i));
    await client.importAndWait("kept", await files.jsonl("kept.jsonl", rows(0)));
    await client.importAndWait("kept", await files.jsonl("kept-new.jsonl", rows(1000)), { partition: "new" });
    const job = await copy("kept", "twin");
    expect(job).toMatchObject({
      ...{ state: "Completed", progress: 100, copiedRows: 600, collectionName: "kept", targetCollectionName: "twin" },
      ...{ strategy: "objects", strategyReason: expect.stringMatching(/one store/) },
      partitions: [
        { name: "_default", sourceRows: 300, rows: 300 },
        { name: "new", sourceRows: 300, rows: 300 },
      ],
      warnings: [expect.stringMatching(/expire/)],
    });
    const all = await client.query("kept", 'id > ""', ["*"]);
    expect(await client.query("twin", 'id > ""', ["*"])).toEqual(all);
    expect(await client.count("twin", "", ["new"])).toBe(300);
    expect(await partitionsOf("twin")).toEqual(await partitionsOf("kept"));
    expect(await indexesOf("twin")).toEqual(await indexesOf("kept"));
    const [source, target] = [await describeCollection("kept"), await describeCollection("twin")];
    expect(target.schema?.fields).toEqual(source.schema?.fields);
    expect([target.shardsNum, target.properties]).toEqual([source.shardsNum, source.properties]);
    await client.dropCollection("kept");
    await eventually(async () =>
      expect((await storedKeys(fixture.dataDir)).some((key) => key.includes(String(source.collectionID)))).toBe(false),
    );
    expect(await client.query("twin", 'id > ""', ["*"])).toEqual(all);
  });

  it("takes rows of the partitions that are named, and leaves out what is not wished", async () => {
    const job = await copy("twin", "part", { partitionNames: ["new"], indexes: false });
    expect(job.partitions).toEqual([{ name: "new", sourceRows: 300, rows: 300 }]);
    expect(await partitionsOf("part")).toEqual(["_default", "new"]);
    expect(await indexesOf("part")).toEqual([]);
    await expect(fixture.client.count("part")).rejects.toThrow(/not loaded/);
  });

  it("of a copy is the same again, and rows can be added to it", async () => {
    const { client, files } = fixture;
    await copy("twin", "third");
    await client.importAndWait("third", await files.jsonl("more.jsonl", [keptRow(5000)]));
    expect([await client.count("third"), await client.count("twin")]).toEqual([601, 600]);
  });

  it.each<[what: string, body: object, message: RegExp]>([
    ["no target", { collectionName: "twin" }, /targetCollectionName is required/],
    [
      "a target that is there",
      { collectionName: "twin", targetCollectionName: "third" },
      /"third" of database "default" exists/,
    ],
    ["itself", { collectionName: "twin", targetCollectionName: "twin" }, /exists/],
    ["a source that is not there", { collectionName: "none", targetCollectionName: "x" }, /can't find collection/],
    [
      "an unknown partition",
      { collectionName: "twin", targetCollectionName: "x", partitionNames: ["no"] },
      /partition not found/,
    ],
    ["a name that is none", { collectionName: "twin", targetCollectionName: "a-b" }, /Invalid collection name/],
    ["an unknown member", { collectionName: "twin", targetCollectionName: "x", aliases: true }, /aliases/],
  ])("is refused for %s", async (_, body, message) => {
    const answer = await post("create", body);
    expect(answer.code).not.toBe(0);
    expect(answer.message).toMatch(message);
  });

  it("with the key of an earlier one is that one", async () => {
    const headers = { "idempotency-key": "copy-1" };
    const body = { collectionName: "twin", targetCollectionName: "keyed" };
    const first = await post("create", body, headers);
    expect(await post("create", body, headers)).toEqual(first);
    expect((await post("create", { ...body, load: false }, headers)).message).toMatch(/was used before, for copy job/);
    await ended(first.data.jobId);
  });
});

describe("a copy that is stopped", () => {
  it("leaves no target and no objects once it is cancelled, and its name is free", async () => {
    const { client } = fixture;
    const { data } = await post("create", { collectionName: "twin", targetCollectionName: "gone" });
    expect((await post("pause", data)).code).toBe(0);
    expect(await describeCollection("gone")).toMatchObject({ status: { code: 100 } });
    expect((await post("cancel", data)).code).toBe(0);
    expect(await ended(data.jobId)).toMatchObject({
      state: "Failed",
      reason: expect.stringMatching(/the copy job was cancelled/),
    });
    expect((await copy("twin", "gone")).state).toBe("Completed");
    expect(await client.count("gone")).toBe(600);
  });

  it("is told by its name which partition was dropped meanwhile", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("parted"));
    await client.createPartition("parted", "new");
    await client.importAndWait("parted", await files.jsonl("parted.jsonl", books(50)), { partition: "new" });
    const { data } = await post("create", { collectionName: "parted", targetCollectionName: "late" });
    expect((await post("pause", data)).code).toBe(0);
    const drop = { collectionName: "parted", partitionName: "new" };
    await client.raw.releaseCollection(milvus.ReleaseCollectionRequest.fromPartial({ collectionName: "parted" }));
    checkStatus(await client.raw.dropPartition(milvus.DropPartitionRequest.fromPartial(drop)));
    await post("resume", data);
    expect(await ended(data.jobId)).toMatchObject({ state: "Failed", reason: "partition new dropped" });
  });

  it("goes on after a kill, as of its own moment, and its target appears whole", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("books", { shards: 2 }));
    await client.importAndWait("books", await files.jsonl("books.jsonl", books(2000)));
    const { data } = await post("create", { collectionName: "books", targetCollectionName: "shelf" });
    await client.importAndWait("books", await files.jsonl("later.jsonl", books(10, 50_000n)));
    await fixture.restart("kill9");
    const seen = new Set<number>();
    while ((await post("describe", data)).data.state !== "Completed") {
      const count = await fixture.client.count("shelf").catch(() => 0);
      seen.add(count);
    }
    seen.add(await fixture.client.count("shelf"));
    expect([...seen].filter((count) => count > 0)).toEqual([2000]);
  });
});
