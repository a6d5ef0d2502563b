import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "@jest/globals";
import { formatNamed } from "@sluice/formats";
import { fixtureSchema, readerInput } from "@sluice/formats/testing";
import { MemoryMetaStore } from "@sluice/metastore/testing";
import type { SourceFile } from "@sluice/object-store";
import { memoryFile } from "@sluice/object-store/testing";
import { checkStatus, common, milvus } from "@sluice/rpc";
import { DataType } from "@sluice/schema";
import { IdAllocator } from "../../../services/rootcoord/src/id-allocator.ts";
import { bookCollection, books, linesOf, type ServerFixture, useRest } from "../../support/index.ts";
import type { Defect } from "./defect.ts";
import { longWork } from "./long-work.ts";

async function heldBackIsPersisted({ client, files, url }: ServerFixture): Promise<void> {
  await client.createCollection(bookCollection("d7"));
  const paths = await files.jsonl("d7.jsonl", books(3));
  const task = await client.import("d7", paths, { options: { auto_commit: "false" } });
  const seen = new Set<common.ImportState>();
  let last = await client.state(task);
  for (; last.state !== common.ImportState.ImportPersisted; last = await client.state(task)) {
    expect(seen.add(last.state)).not.toContain(common.ImportState.ImportFailed);
    await sleep(10);
  }
  expect(last).toMatchObject({ rowCount: 3, reason: "" });
  await useRest({ url }).post("commit", { jobId: String(task) });
  expect(await client.waitFor(task)).toMatchObject({ isCompleted: true, rowCount: 3 });
}

async function listWithIds({ client, files }: ServerFixture): Promise<void> {
  await client.createCollection(bookCollection("d8"));
  const path = await files.jsonl("d8.jsonl", books(3));
  const ids: bigint[] = [];
  for (let i = 0; i < 5; i++) ids.push((await client.importAndWait("d8", path)).id);
  expect((await client.list("d8")).map((job) => job.id)).toEqual(ids);
  expect((await client.list("d8", 2)).map((job) => job.id)).toEqual(ids.slice(-2));
  expect((await client.list("d8")).every((job) => job.infos.collection === "d8" && job.rowCount === 3)).toBe(true);
}

async function smallJobsPass({ client, files, url }: ServerFixture): Promise<void> {
  await client.createCollection(bookCollection("d9_large", { shards: 2 }));
  await client.createCollection(bookCollection("d9_small"));
  const large = await longWork(files, "d9");
  const small = await files.jsonl("d9-small.jsonl", books(10));
  const tasks: bigint[] = [];
  for (let i = 0; i < 4; i++) tasks.push(await client.import("d9_large", large));
  await client.importAndWait("d9_small", small);
  const states = await Promise.all(tasks.map((task) => client.state(task)));
  expect(states.filter((state) => state.isCompleted).length).toBeLessThan(4);
  // Millions of rows, which nobody needs any more.
  for (const task of tasks) await useRest({ url }).post("cancel", { jobId: String(task) });
}

async function endsSoon({ client, files }: ServerFixture): Promise<void> {
  await client.createCollection(bookCollection("d10"));
  const paths = await longWork(files, "d10");
  const started = Date.now();
  const { reason } = await client.importAndFail("d10", paths, { options: { timeout: "1s" } });
  expect(reason).toContain("import timeout");
  expect(Date.now() - started).toBeLessThan(10_000);
  expect(await client.count("d10")).toBe(0);
  const task = await client.import("d10", paths);
  await sleep(100);
  await client.dropCollection("d10");
  const ended = await client.waitFor(task);
  expect(ended.isCompleted).toBe(false);
  expect(ended.reason).toMatch(/collection \S+ dropped/);
}

async function rangesOfAnyLength(): Promise<void> {
  const ids = await IdAllocator.open(new MemoryMetaStore());
  const first = await ids.allocate(2n ** 32n + 5n);
  expect((await ids.allocate(1)) - first).toBe(2n ** 32n + 5n);
}

/** The reader asks for each byte once, and what the job wrote is what is visible. */
async function readAndWrittenOnce({ client, files }: ServerFixture): Promise<void> {
  const text = linesOf(books(20_000));
  const file = await memoryFile("d12.jsonl", Buffer.from(text));
  let readBytes = 0;
  const counted: SourceFile = Object.assign(Object.create(file), {
    readInto: async (...args: Parameters<SourceFile["readInto"]>) => {
      const filled = await file.readInto(...args);
      readBytes += args[1].length;
      return filled;
    },
  });
  const schema = fixtureSchema({ fields: [{ name: "id", type: DataType.Int64, is_primary: true }] });
  await using reader = formatNamed("jsonl").open(readerInput(schema, [counted]));
  for await (const _ of reader.batches({ batchBytes: 1 << 20, signal: new AbortController().signal }));
  expect(readBytes).toBeLessThan(text.length * 1.1);
  await client.createCollection(bookCollection("d12"));
  const { segmentIds } = await client.importAndWait("d12", [await files.write("d12.jsonl", text)]);
  expect((await client.segments("d12")).map(({ segmentID }) => segmentID)).toEqual(segmentIds);
}

async function listOfDatabase({ client, files, url }: ServerFixture): Promise<void> {
  await client.createCollection(bookCollection("d13"));
  checkStatus(await client.raw.createDatabase(milvus.CreateDatabaseRequest.fromPartial({ dbName: "another" })));
  await client.importAndWait("d13", await files.jsonl("d13.jsonl", books(1)));
  const listed = async (dbName: string): Promise<{ jobId: string; collectionName: string }[]> =>
    (await useRest({ url }).post("list", { dbName })).data.records;
  const records = await listed("default");
  expect(records.map((record) => record.collectionName)).toContain("d13");
  expect(records.map((record) => BigInt(record.jobId))).toEqual(
    records.map((record) => BigInt(record.jobId)).sort((a, b) => (a < b ? -1 : 1)),
  );
  expect(await listed("another")).toEqual([]);
}

async function progressOfFailed({ client, files, url }: ServerFixture): Promise<void> {
  await client.createCollection(bookCollection("d16"));
  const good = await files.jsonl("d16-good.jsonl", books(100));
  const late: object[] = books(200_000, 1000n);
  late[199_999] = {};
  const bad = await files.jsonl("d16-bad.jsonl", late);
  const { id } = await client.importAndFail("d16", [...good, ...bad]);
  const { data } = await useRest({ url }).post("describe", { jobId: String(id) });
  expect(data).toMatchObject({ state: "Failed", progress: 0 });
  expect(data.progressAtFailure).toBeGreaterThan(0);
  expect(data.progressAtFailure).toBeLessThan(100);
  expect(data.details.map(({ state }: { state: string }) => state)).toEqual(["Completed", "Failed"]);
}

/** Defects of the service around the readers. */
export const defectsOfJobs: readonly Defect[] = [
  ["D7", "clients of the old calls see a job that waits for its commit as persisted", heldBackIsPersisted],
  ["D8", "the list gives ids, keeps to the limit, and is ascending", listWithIds],
  ["D9", "small jobs pass while large ones fill all workers", smallJobsPass],
  ["D10", "a timeout and a dropped collection end a job within seconds, and nothing of it is visible", endsSoon],
  ["D11", "ids of more than 2^32 rows are consecutive", rangesOfAnyLength],
  ["D12", "a file is read once, and its segments are written once", readAndWrittenOnce],
  ["D13", "the list keeps to its database and has an order", listOfDatabase],
  ["D16", "a failed job tells how far it came, beside the progress of 0 that Milvus gives", progressOfFailed],
];
