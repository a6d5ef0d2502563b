import { describe, expect, it } from "@jest/globals";
import type { JobRecord, StoredJob, TaskRecord } from "@sluice/catalog";
import { newTask } from "@sluice/jobs";
import { MemoryObjectStore } from "@sluice/object-store/testing";
import { schema } from "@sluice/rpc";
import type { VisibleSegment } from "@sluice/schema";
import { silentLogger } from "@sluice/telemetry";
import { ExportSweeper } from "../src/jobs/export-sweeper.ts";
import { ExportPlanner } from "../src/jobs/kinds/export.ts";

const spec = { form: "parquet", root: "out", folder: "a/books_7", filter: "", output: { fields: [] }, partitions: [] };
const job = { jobId: 7n, kind: "export", spec, state: "importing", timestamp: 5n, createdMs: 0, completedMs: 0 };
const task = {
  ...{ ...newTask, group: 0, rowCount: 3, state: "persisted" },
  findings: {
    sets: [],
    rejected: [],
    exported: [{ path: "p/1-0.parquet", partition: "p", rows: 3, sizeBytes: 4, sha256: "x" }],
  },
} as unknown as TaskRecord;

const segment = (id: bigint): VisibleSegment => ({
  ...{ segmentId: id, collectionId: 5n, partitionId: 6n, vchannel: "v0", rowCount: 3, sizeBytes: 9, memoryBytes: 20 },
  ...{ timestamp: 40n, commitTs: 50n, statsLogs: [] },
  insertLogs: [{ fieldId: 0, logIds: [1n], rowCounts: [3], sizesBytes: [9] }],
});
const message = schema.CollectionSchema.fromPartial({ name: "books" });
const snapshotJob = {
  ...{ ...job, collectionId: 5n, partitionIds: [], vchannels: ["v0"], properties: [], timestamp: 90n, dbName: "d" },
  spec: { ...spec, form: "snapshot", partitions: [{ name: "_default", partitionId: 6n }] },
  schema: Buffer.from(schema.CollectionSchema.encode(message).finish()).toString("base64"),
} as unknown as JobRecord;
const getCollection = async () => ({ indexes: [], partitions: [], consistencyLevel: 2, hasPartitionKey: false });

/** A task that has copied segments. */
const copiedTask = (...ids: bigint[]) => {
  const of = { partition: "_default", rows: 3, sizeBytes: 9, sha256: "x" };
  const exported = ids.map((id) => ({ ...of, path: `files/insert_log/5/6/${id}/` }));
  return { ...task, findings: { sets: [], rejected: [], exported } } as unknown as TaskRecord;
};

async function storeWith(...keys: string[]): Promise<MemoryObjectStore> {
  const store = new MemoryObjectStore();
  for (const key of keys) await store.put(key, [Buffer.from("rows")]);
  return store;
}
const keysOf = async (store: MemoryObjectStore) => (await Array.fromAsync(store.list(""))).map(({ key }) => key);

describe("the end of an export", () => {
  it("leaves its files, the manifest, and nothing that an attempt has called otherwise", async () => {
    const store = await storeWith("a/books_7/p/1-0.parquet", "a/books_7/p/1-1.parquet", "a/books_70/p/1-0.parquet");
    const planner = new ExportPlanner({ roots: { open: async () => store } } as never);
    const end = () => planner.finish(job as unknown as JobRecord, [task], new AbortController().signal);
    expect([await end(), await end()]).toEqual([{ rowCount: 3 }, { rowCount: 3 }]);
    expect(await keysOf(store)).toEqual([
      "a/books_7/_manifest.json",
      "a/books_7/p/1-0.parquet",
      "a/books_70/p/1-0.parquet",
    ]);
  });

  it("of a snapshot writes the metadata when all manifests stand, the same whenever it is called, of segments that were copied", async () => {
    const store = await storeWith("a/books_7/files/insert_log/5/6/8/0/1", "a/books_7/snapshots/5/old.json");
    const puts: string[] = [];
    const put: MemoryObjectStore["put"] = (name, pieces, signal) => {
      puts.push(name);
      return MemoryObjectStore.prototype.put.call(store, name, pieces, signal);
    };
    store.put = put;
    const planner = new ExportPlanner({
      roots: { open: async () => store },
      // The rows of the second have expired.
      dataCoord: { visibleSegments: async () => [segment(8n), segment(9n)] },
      getCollection,
    } as never);
    const read = async () => {
      await planner.finish(snapshotJob, [copiedTask(8n)], new AbortController().signal);
      return Promise.all((await keysOf(store)).map(async (key) => [key, (await store.stat(key))?.sizeBytes]));
    };
    const first = await read();
    const ours = ["manifests/7/8.avro", "metadata/7.json"].map((name) => `a/books_7/snapshots/5/${name}`);
    expect(puts).toEqual([...ours, "a/books_7/_manifest.json"]);
    expect(first.map(([key]) => key)).toEqual([
      "a/books_7/_manifest.json",
      "a/books_7/files/insert_log/5/6/8/0/1",
      ...ours,
    ]);
    expect(await read()).toEqual(first);
  });

  it("of a snapshot of many segments makes each manifest when it is about to be written", async () => {
    const store = new MemoryObjectStore();
    let [made, written, most] = [0, 0, 0];
    store.put = async (key) => {
      most = Math.max(most, made - written);
      await new Promise(setImmediate);
      written++;
      return { key, sizeBytes: 0, modifiedMs: 0 };
    };
    // Logs of a segment are read when its manifest is made.
    const counted = (id: bigint) => ({
      ...segment(id),
      get insertLogs() {
        made++;
        return segment(id).insertLogs;
      },
    });
    const ids = Array.from({ length: 100 }, (_, i) => BigInt(i));
    const visibleSegments = async () => ids.map(counted);
    const planner = new ExportPlanner({
      ...{ roots: { open: async () => store }, dataCoord: { visibleSegments }, getCollection },
    } as never);
    await planner.finish(snapshotJob, [copiedTask(...ids)], new AbortController().signal);
    expect(written).toBe(102);
    expect(most).toBeLessThanOrEqual(10);
  });

  it("that failed removes its folder, and once more what came late; an open one's and a whole one's stay", async () => {
    const store = await storeWith("a/books_7/p/1-0.parquet", "a/books_8/p/1-0.parquet", "a/books_9/_manifest.json");
    let nowMs = 1000;
    const jobs = [
      { ...job, state: "failed", completedMs: 1000 },
      { ...job, jobId: 8n, spec: { ...spec, folder: "a/books_8" } },
      { ...job, jobId: 9n, spec: { ...spec, folder: "a/books_9" }, state: "completed" },
    ] as unknown as StoredJob[];
    const deps = {
      book: { jobs: () => jobs },
      roots: { open: async () => store },
      now: () => nowMs,
      log: silentLogger,
    };
    await using sweeper = new ExportSweeper({ ...deps, intervalMs: 3_600_000 } as never);
    await sweeper.sweep();
    const kept = ["a/books_8/p/1-0.parquet", "a/books_9/_manifest.json"];
    expect(await keysOf(store)).toEqual(kept);
    await store.put("a/books_7/p/1-1.parquet", [Buffer.from("late")]);
    nowMs += 11 * 60_000;
    await sweeper.sweep();
    expect(await keysOf(store)).toEqual(kept);
  });
});
