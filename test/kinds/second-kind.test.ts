import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import {
  COLLECTIONS,
  type CollectionRecord,
  JOBS,
  RecordReader,
  RecordTable,
  type StoredJob,
  TASKS,
} from "@sluice/catalog";
import { startDataCoord } from "@sluice/datacoord";
import { startDataNode, WorkerThread } from "@sluice/datanode";
import { MemoryMetaStore } from "@sluice/metastore/testing";
import { broughtSources, ExportRoots, openObjectStore, openSources } from "@sluice/object-store";
import { startRootCoord } from "@sluice/rootcoord";
import { connectClient, dataCoord, RootCoordClient } from "@sluice/rpc";
import { collectionId, jobId, partitionId } from "@sluice/schema";
import { EmbeddedTaskQueue } from "@sluice/task-queue";
import { Metrics, silentLogger } from "@sluice/telemetry";
import { eventually } from "../support/index.ts";
import { duplicatePlanner } from "./duplicate/planner.ts";
import type { DuplicateSpec } from "./duplicate/task.ts";

const collection = {
  collectionId: collectionId(77n),
  dbName: "default",
  name: "books",
  vchannels: ["v0"],
  partitions: [{ partitionId: partitionId(5n), name: "_default" }],
  state: "active",
} as unknown as CollectionRecord;

/** As a handler of a call for it would record it. */
function duplicateJob(id: bigint, spec: DuplicateSpec): StoredJob {
  return {
    ...{ jobId: jobId(id), kind: "duplicate", state: "pending", collectionId: collection.collectionId },
    ...{ collectionName: "books", dbName: "default", partitionName: "", partitionIds: [5n], vchannels: ["v0"] },
    ...{ idempotencyKey: "", createdMs: Date.now(), deadlineMs: 0, completedMs: 0 },
    ...{ rowCount: 0, segmentIds: [], autoIds: [], timestamp: 1n },
    spec: { options: [], warnings: [], ...spec },
  } as unknown as StoredJob;
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-kinds-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Coordinators and a datanode that know one kind more, on the records of `store`. */
async function start(store: MemoryMetaStore, cleanup: AsyncDisposableStack) {
  const telemetry = { log: silentLogger, metrics: new Metrics() };
  const stores = {
    objects: { kind: "local", options: { root: join(folder, "objects") } },
    sources: [{ name: "files", isDefault: true, kind: "local", options: { roots: [folder] } }],
    secrets: {},
  };
  const objects = cleanup.use(await openObjectStore(stores.objects));
  const sources = cleanup.use(await openSources(stores.sources));
  const queue = cleanup.use(new EmbeddedTaskQueue());
  const dataCoordAddress = Promise.withResolvers<string>();
  const place = { host: "127.0.0.1", port: 0 };
  const root = cleanup.use(
    await startRootCoord(
      { ...place, splitBytes: 1 << 20, maxOpenJobs: 10, maxNodesKilled: 3, jobRetentionMs: 60_000 } as never,
      {
        ...{
          store,
          sources,
          objects,
          brought: () => broughtSources({}, []),
          exports: new ExportRoots({ roots: [], secrets: {} }),
          ...telemetry,
          queryNodes: () => 0,
          dataCoordAddress: () => dataCoordAddress.promise,
        },
        moreKinds: { duplicate: duplicatePlanner },
      },
    ),
  );
  const rootCoordAddress = async () => root.address;
  const data = cleanup.use(
    await startDataCoord({ ...place, gcIntervalMs: 100, gcGraceMs: 100 } as never, {
      ...{ store, objects, queue, rootCoordAddress, ...telemetry },
      queryNodeAddress: rootCoordAddress, // Nobody deletes rows here.
    }),
  );
  dataCoordAddress.resolve(data.address);
  const limits = { batchBytes: 1 << 20, flushBytes: 1 << 20, workerMemoryBytes: 1 << 22, segmentBytes: 1 << 22 };
  const openRunner = () =>
    new WorkerThread({ ...stores, limits }, new URL("./duplicate/thread.ts", `file://${import.meta.filename}`));
  cleanup.use(
    await startDataNode({ workers: 1, smallTaskBytes: 1 << 20, taskLeaseMs: 10_000, ...limits } as never, {
      ...{ queue, stores, rootCoordAddress, dataCoordAddress: async () => data.address, ...telemetry, openRunner },
    }),
  );
  return {
    root: cleanup.use(connectClient(RootCoordClient, rootCoordAddress)),
    data: cleanup.use(connectClient(dataCoord.DataCoordClient, async () => data.address)),
  };
}

/** Runs a job to its end, on coordinators that have just started: they find it in the records. */
async function run(store: MemoryMetaStore, job: StoredJob) {
  await store.commit({ guards: [], writes: [new RecordTable(store, JOBS).write(job)] });
  await using cleanup = new AsyncDisposableStack();
  const clients = await start(store, cleanup);
  const jobs = new RecordReader(store, JOBS);
  await eventually(async () => expect((await jobs.get(job.jobId))?.record.completedMs).toBeGreaterThan(0));
  const ended = (await jobs.get(job.jobId))?.record as StoredJob;
  const { segments } = await clients.data.getVisibleSegments({
    ...{ collectionId: 77n, partitionIds: [], timestamp: 0n, segmentIds: [] },
  });
  const visible = segments.map(({ segmentId, rowCount }) => ({ from: segmentId, rowCount: Number(rowCount) }));
  const { job: shown } = await clients.root.describeJob({ jobId: job.jobId, scope: undefined });
  return { ended, visible, shown };
}

describe("a second kind of job", () => {
  it("is planned, run, committed and shown by what all kinds have in common", async () => {
    const store = new MemoryMetaStore();
    await store.commit({ guards: [], writes: [new RecordTable(store, COLLECTIONS).write(collection)] });
    const segments = [
      { from: 2n, rowCount: 10 },
      { from: 3n, rowCount: 5 },
    ];
    const copied = await run(store, duplicateJob(1n, { segments, moves: false }));
    expect(copied.ended).toMatchObject({ state: "completed", rowCount: 15 });
    expect(copied.visible.map(({ rowCount }) => rowCount).sort()).toEqual([10, 5]);
    expect(copied.shown).toMatchObject({
      kind: "duplicate",
      state: "Completed",
      progressPercent: 100,
      importedRows: 15n,
    });
    const tasks = await Array.fromAsync(new RecordReader(store, TASKS).scan([1n]), ({ record }) => record);
    expect(tasks.map(({ kind, state, warnings }) => [kind, state, warnings])).toEqual([
      ["duplicate", "persisted", ["segment 2 was copied without its rows"]],
      ["duplicate", "persisted", ["segment 3 was copied without its rows"]],
    ]);

    const moved = await run(store, duplicateJob(2n, { segments: copied.visible, moves: true }));
    expect(moved.ended.state).toBe("completed");
    expect(moved.visible.map(({ from }) => from)).toEqual([...moved.ended.segmentIds]);

    const late = await run(store, duplicateJob(3n, { segments: copied.visible, moves: true }));
    expect(late.ended).toMatchObject({ state: "failed", failure: { code: "job_failed" } });
    expect(late.shown?.reason).toMatch(/^segments that are not visible cannot be changed/);
    expect(late.visible).toEqual(moved.visible);
  });
});
