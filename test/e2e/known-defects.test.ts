import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import { checkStatus, milvus } from "@sluice/rpc";
import { bookCollection, books, jsonText, npyBytes, type SourceFiles, useServer } from "../support/index.ts";

// Defects of other importers that must not come back; D-numbers as in the import specification, section 14. Those of single
// formats (D1, D2, D4-D6, D14, D15) are tested with the formats.

const fixture = useServer({ workers: 2, smallTaskSize: "100KB" });

/** Files that take all workers some seconds. */
function longWork(files: SourceFiles, name: string): Promise<string[]> {
  const lines = books(100_000)
    .map((row) => `${jsonText(row)}\n`)
    .join("");
  return Promise.all(Array.from({ length: 16 }, (_, i) => files.write(`${name}-${i}.jsonl`, lines)));
}

describe("defects that other importers had", () => {
  it("D3: a shorter NumPy column fails the job, even when its length is a multiple of any batch size", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("d3"));
    const paths = await files.npy("d3", books(8192));
    const short = npyBytes("<i4", [4096], new Int32Array(4096));
    await files.write("d3/year.npy", short);
    const { reason } = await client.importAndFail("d3", paths);
    expect(reason).toMatch(/year/);
    expect(reason).toMatch(/8192/);
    expect(reason).toMatch(/4096/);
    expect(await client.count("d3")).toBe(0);
  });

  it("D8: the list gives ids, keeps to the limit, and is ascending", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("d8"));
    const path = await files.jsonl("d8.jsonl", books(3));
    const ids: bigint[] = [];
    for (let i = 0; i < 5; i++) ids.push((await client.importAndWait("d8", path)).id);
    expect((await client.list("d8")).map((job) => job.id)).toEqual(ids);
    expect((await client.list("d8", 2)).map((job) => job.id)).toEqual(ids.slice(-2));
    expect((await client.list("d8")).every((job) => job.infos.collection === "d8" && job.rowCount === 3)).toBe(true);
  });

  it("D9: small jobs pass while large ones fill all workers", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("d9_large", { shards: 2 }));
    await client.createCollection(bookCollection("d9_small"));
    const large = await Promise.all(
      [0, 1, 2, 3].map((i) => files.jsonl(`d9-${i}.jsonl`, books(150_000, BigInt(i * 1_000_000)))),
    );
    const small = await files.jsonl("d9-small.jsonl", books(10));
    const tasks: bigint[] = [];
    for (const paths of large) tasks.push(await client.import("d9_large", paths));
    await client.importAndWait("d9_small", small);
    const states = await Promise.all(tasks.map((task) => client.state(task)));
    expect(states.filter((state) => state.isCompleted).length).toBeLessThan(4);
    for (const task of tasks)
      expect(await client.waitFor(task)).toMatchObject({ isCompleted: true, rowCount: 150_000 });
  });

  it("D10: a timeout ends a job within seconds, and nothing of it is visible", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("d10"));
    const paths = await longWork(files, "d10");
    const started = Date.now();
    const { reason } = await client.importAndFail("d10", paths, { options: { timeout: "1s" } });
    expect(reason).toContain("import timeout");
    expect(Date.now() - started).toBeLessThan(10_000);
    expect(await client.count("d10")).toBe(0);
  });

  it("D10: a job ends soon after its collection is dropped", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("d10_dropped"));
    const paths = await longWork(files, "d10d");
    const task = await client.import("d10_dropped", paths);
    await sleep(100);
    await client.dropCollection("d10_dropped");
    const { reason, isCompleted } = await client.waitFor(task);
    expect({ reason, isCompleted }).toEqual({
      reason: expect.stringMatching(/collection \S+ dropped/),
      isCompleted: false,
    });
  });

  it("a job ends soon after its partition is dropped", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("part_dropped"));
    await client.createPartition("part_dropped", "p1");
    await client.raw.releaseCollection(milvus.ReleaseCollectionRequest.fromPartial({ collectionName: "part_dropped" }));
    const paths = await longWork(files, "part-dropped");
    const task = await client.import("part_dropped", paths, { partition: "p1" });
    await sleep(100);
    const drop = { collectionName: "part_dropped", partitionName: "p1" };
    checkStatus(await client.raw.dropPartition(milvus.DropPartitionRequest.fromPartial(drop)));
    expect(await client.waitFor(task)).toMatchObject({ reason: "partition p1 dropped", isCompleted: false });
  });

  it("D13: the list keeps to its database", async () => {
    const { client, files, url } = fixture;
    await client.createCollection(bookCollection("d13"));
    checkStatus(await client.raw.createDatabase(milvus.CreateDatabaseRequest.fromPartial({ dbName: "another" })));
    await client.importAndWait("d13", await files.jsonl("d13.jsonl", books(1)));
    const listed = async (dbName: string) => {
      const response = await fetch(`${url}/v2/vectordb/jobs/import/list`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ dbName }),
      });
      return ((await response.json()) as { data: { records: { collectionName: string }[] } }).data.records;
    };
    expect((await listed("default")).map((record) => record.collectionName)).toContain("d13");
    expect(await listed("another")).toEqual([]);
  });

  it("D16: a failed job tells how far it came, beside the progress of 0 that Milvus gives", async () => {
    const { client, files, url } = fixture;
    await client.createCollection(bookCollection("d16"));
    const good = await files.jsonl("d16-good.jsonl", books(100));
    const late: object[] = books(200_000, 1000n);
    late[199_999] = {};
    const bad = await files.jsonl("d16-bad.jsonl", late);
    const { id } = await client.importAndFail("d16", [...good, ...bad]);
    const response = await fetch(`${url}/v2/vectordb/jobs/import/describe`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jobId: String(id) }),
    });
    const { data } = (await response.json()) as {
      data: { state: string; progress: number; progressAtFailure: number; details: { state: string }[] };
    };
    expect(data.state).toBe("Failed");
    expect(data.progress).toBe(0);
    expect(data.progressAtFailure).toBeGreaterThan(0);
    expect(data.progressAtFailure).toBeLessThan(100);
    expect(data.details.map((detail) => detail.state)).toEqual(["Completed", "Failed"]);
  });
});
