import { describe, expect, it } from "@jest/globals";
import { milvus } from "@sluice/rpc";
import { bookCollection, books, useServer } from "../support/index.ts";

const fixture = useServer();

async function rest(path: string, body: object) {
  const response = await fetch(`${fixture.url}/v2/vectordb/jobs/import/${path}`, {
    method: "POST",
    body: JSON.stringify(body),
  });
  // biome-ignore lint/suspicious/noExplicitAny: the shape is what the tests check
  return (await response.json()) as any;
}

/** Imports `groups` of files and waits; the last description over REST. */
async function described(collectionName: string, groups: string[][]) {
  const { data } = await rest("create", { collectionName, files: groups });
  await fixture.client.waitFor(BigInt(data.jobId)).catch(() => undefined);
  return (await rest("describe", { jobId: data.jobId })).data;
}

describe("answers agree with each other", () => {
  it("files of a failed job have ended with it", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("ended"));
    const [bad] = await files.jsonl("ended-bad.jsonl", [{}]);
    const good = await Promise.all(
      Array.from({ length: 6 }, (_, i) => files.jsonl(`ended-${i}.jsonl`, books(20_000, BigInt(i * 100_000)))),
    );
    const job = await described("ended", [[bad], ...good]);
    expect(job).toMatchObject({ state: "Failed", progress: 0, progressAtFailure: expect.any(Number) });
    for (const { state } of job.details) expect(["Completed", "Failed", "Cancelled", "NotBegun"]).toContain(state);
    expect(job.details[0].state).toBe("Failed");
  });

  it("a footer's rows are the total from the first report on", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("announced"));
    const rows = 150_000;
    const [file] = await files.parquet("announced.parquet", books(rows));
    const { data } = await rest("create", { collectionName: "announced", files: [[file]] });
    for (;;) {
      const job = (await rest("describe", { jobId: data.jobId })).data;
      if (job.details[0]?.startTime || job.state === "Completed")
        expect([job.totalRows, job.details[0].totalRows, job.totalRowsEstimated]).toEqual([rows, rows, undefined]);
      if (job.state !== "Pending" && job.state !== "Importing") break;
    }
  });

  it("jobs are listed by state, newest first, by the collection's name as of now", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("listed_old"));
    const [good] = await files.jsonl("listed.jsonl", books(3));
    const [bad] = await files.jsonl("listed-bad.jsonl", [{}]);
    const done = await described("listed_old", [[good]]);
    const failed = await described("listed_old", [[bad]]);
    const rename = milvus.RenameCollectionRequest.fromPartial({ oldName: "listed_old", newName: "listed" });
    expect((await client.raw.renameCollection(rename)).code).toBe(0);
    const list = async (more: object) => (await rest("list", { collectionName: "listed", ...more })).data.records;
    const idsOf = (records: { jobId: string }[]) => records.map(({ jobId }) => jobId);
    expect(idsOf(await list({}))).toEqual([done.jobId, failed.jobId]);
    expect(idsOf(await list({ order: "newest" }))).toEqual([failed.jobId, done.jobId]);
    const [only, ...others] = await list({ state: "Completed" });
    expect(others).toEqual([]);
    expect(only).toMatchObject({ jobId: done.jobId, collectionName: "listed", importedRows: 3, totalRows: 3 });
    expect(only.createTime).toMatch(/^\d{4}-/);
    const [{ progress, progressAtFailure }] = await list({ state: "Failed" });
    expect([progress, progressAtFailure]).toEqual([
      0,
      (await rest("describe", { jobId: failed.jobId })).data.progressAtFailure,
    ]);
    expect((await rest("describe", { jobId: done.jobId })).data.collectionName).toBe("listed");
  });

  it("a refusal over REST has its code under `status` too", async () => {
    const answer = await rest("describe", { jobId: "x" });
    expect([answer.code, answer.status]).toEqual([1100, 1100]);
  });
});

describe("no call pretends", () => {
  it("segments add up to the rows, loaded ones to those of loaded partitions", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("segments", { shards: 2 }));
    await client.importAndWait("segments", await files.jsonl("segments.jsonl", books(500)));
    const collectionName = "segments";
    const request = { base: undefined, dbName: "", collectionName };
    const replicas = milvus.GetReplicasRequest.fromPartial({ collectionName });
    const rowsOf = (infos: readonly { numRows: bigint }[]) => infos.reduce((sum, { numRows }) => sum + numRows, 0n);
    const { infos } = await client.raw.getPersistentSegmentInfo(request);
    expect([infos.length, rowsOf(infos)]).toEqual([2, 500n]);
    const queried = await client.raw.getQuerySegmentInfo(request);
    expect(rowsOf(queried.infos)).toBe(500n);
    const [{ nodeIds, shardReplicas }] = (await client.raw.getReplicas(replicas)).replicas;
    expect([nodeIds.length, shardReplicas.map((shard) => shard.nodeIds)]).toEqual([1, [nodeIds, nodeIds]]);
    expect(new Set(queried.infos.map(({ nodeID }) => nodeID))).toEqual(new Set(nodeIds));
    await client.raw.releaseCollection(milvus.ReleaseCollectionRequest.fromPartial({ collectionName }));
    expect((await client.raw.getQuerySegmentInfo(request)).infos).toEqual([]);
    expect((await client.raw.getReplicas(replicas)).status?.code).toBe(101);
  });

  it("the one resource group has the nodes and the loaded collections; of another name there is none", async () => {
    const { client } = fixture;
    await client.createCollection(bookCollection("grouped"));
    const describe = async (resourceGroup: string) =>
      client.raw.describeResourceGroup(milvus.DescribeResourceGroupRequest.fromPartial({ resourceGroup }));
    const { resourceGroup } = await describe("__default_resource_group");
    const [{ nodeIds }] = (
      await client.raw.getReplicas(milvus.GetReplicasRequest.fromPartial({ collectionName: "grouped" }))
    ).replicas;
    expect(resourceGroup).toMatchObject({ capacity: 1, numAvailableNode: 1, numLoadedReplica: { grouped: 1 } });
    expect(resourceGroup?.nodes.map(({ nodeId }) => nodeId)).toEqual(nodeIds);
    expect((await describe("mine")).status).toMatchObject({
      code: 300,
      reason: expect.stringContaining("resource group not found[rg=mine]: there is none but __default_resource_group"),
    });
  });

  it("metrics are refused with the place where they are", async () => {
    const { status, response } = await fixture.client.raw.getMetrics({ base: undefined, request: "{}" });
    expect([status?.code, status?.reason]).toEqual([10, expect.stringContaining("/metrics")]);
    expect(JSON.parse(response)).toEqual({});
  });
});
