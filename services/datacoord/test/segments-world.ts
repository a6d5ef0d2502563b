import { beforeEach } from "@jest/globals";
import type { SegmentRecord } from "@sluice/catalog";
import { COLLECTIONS, JOBS, type RecordId, RecordTable, TASKS, type Table } from "@sluice/catalog";
import { MemoryMetaStore } from "@sluice/metastore/testing";
import type { ObjectStore } from "@sluice/object-store";
import { MemoryObjectStore } from "@sluice/object-store/testing";
import { type dataCoord, importing } from "@sluice/rpc";
import { silentLogger } from "@sluice/telemetry";
import { ChangeBook } from "../src/change-book.ts";
import { GcPauses } from "../src/gc/gc-pauses.ts";
import { ImportGc, type ImportGcDeps } from "../src/gc/import-gc.ts";
import { SegmentBook } from "../src/segment-book.ts";
import { SegmentRegistry } from "../src/segment-registry.ts";
import { VisibleSegments } from "../src/visible-segments.ts";

// Segments and changes over memory, as the datacoord has them, and the calls that tests make of them.

export const COLLECTION = 7n;
export const PARTITION = 8n;

/** What a test works on: new for each one. */
export const world = {} as {
  store: MemoryMetaStore;
  objects: MemoryObjectStore;
  book: SegmentBook;
  registry: SegmentRegistry;
  changes: ChangeBook;
  visible: VisibleSegments;
  lastTs: bigint;
  pauses: GcPauses;
  nowMs: number;
};

beforeEach(async () => {
  world.store = new MemoryMetaStore();
  world.objects = new MemoryObjectStore();
  world.book = new SegmentBook(world.store);
  let next = 1000n;
  world.registry = new SegmentRegistry(
    world.store,
    world.book,
    async (count) => (next += BigInt(count)) - BigInt(count),
  );
  world.lastTs = 0n;
  await openVisible();
  world.nowMs = 0;
  await openPauses();
  await putCollection([PARTITION]);
});

/** Timestamps are milliseconds here, so that garbage collection can tell how old a change is. */
export async function openVisible(): Promise<void> {
  world.changes = new ChangeBook(
    world.store,
    async () =>
      (world.lastTs = BigInt(world.nowMs) << 18n > world.lastTs ? BigInt(world.nowMs) << 18n : world.lastTs + 1n),
  );
  await world.changes.load();
  world.visible = new VisibleSegments(world.book, world.changes, silentLogger);
}

/** As a datacoord does that takes over. */
export async function openPauses(): Promise<void> {
  world.pauses = await GcPauses.open(world.store, () => world.nowMs);
}

export async function put<T>(table: Table<T, RecordId>, record: object): Promise<void> {
  await world.store.commit({ guards: [], writes: [new RecordTable(world.store, table).write(record as T)] });
}

export const putCollection = (partitions: bigint[], state = "active") => {
  const collection = {
    collectionId: COLLECTION,
    state,
    partitions: partitions.map((partitionId) => ({ partitionId })),
  };
  return put(COLLECTIONS, collection);
};
export const putJob = (job: bigint, state: string) => put(JOBS, { jobId: job, collectionId: COLLECTION, state });
export const putTask = (job: bigint, task: bigint, attempt: number, state = "running") =>
  put(TASKS, { jobId: job, taskId: task, attempt, state });

/** @param taskRevision as the order says; it is read when it does not */
export async function assign(job: bigint, task: bigint, attempt: bigint, taskRevision = 0n): Promise<bigint> {
  const buckets = [{ partitionId: PARTITION, vchannel: "v0" }];
  const request = { jobId: job, taskId: task, attempt, collectionId: COLLECTION, buckets, logIds: 2n, taskRevision };
  const { segmentIds } = await world.registry.assign(request);
  await world.objects.put(`insert_log/${COLLECTION}/${PARTITION}/${segmentIds[0]}/100/1`, [Buffer.from("rows")]);
  return segmentIds[0];
}

export async function save(
  job: bigint,
  task: bigint,
  attempt: bigint,
  segment: bigint,
  rowCount = 10n,
  taskRevision = 0n,
): Promise<void> {
  const info = importing.SegmentInfo.fromPartial({ segmentId: segment, rowCount });
  await world.registry.save({ jobId: job, taskId: task, attempt, segments: [info], taskRevision });
}

/** A job of one task that is persisted, with so many sealed segments; nothing of it is visible yet. */
export async function persisted(job: bigint, count: number): Promise<bigint[]> {
  const task = job * 10n;
  await putJob(job, "importing");
  await putTask(job, task, 1);
  const segments: bigint[] = [];
  for (let i = 0; i < count; i++) {
    const segment = await assign(job, task, 1n);
    await save(job, task, 1n, segment);
    segments.push(segment);
  }
  await putTask(job, task, 1, "persisted");
  await putJob(job, "committing");
  return segments;
}

export const acceptedOf = (job: bigint) => [{ taskId: job * 10n, attempt: 1n }];
export const change = (parts: Partial<dataCoord.CommitChangeRequest>) =>
  world.visible.commit({
    ...{ changeId: 0n, collectionId: COLLECTION, jobId: 0n, accepted: [], removes: [], extends: [], partitionIds: [] },
    ...parts,
  });
export const commit = (job: bigint, accepted: dataCoord.AcceptedAttempt[] = acceptedOf(job)) =>
  change({ changeId: job, jobId: job, accepted });
export const snapshot = (timestamp = 0n, segmentIds: bigint[] = []) =>
  world.visible.visible({ collectionId: COLLECTION, partitionIds: [], timestamp, segmentIds });
export const visibleIds = async (timestamp = 0n) =>
  (await snapshot(timestamp)).segments.map((segment) => segment.segmentId);

export async function collect(objectStore: ObjectStore = world.objects): Promise<void> {
  await using gc = openGc(objectStore);
  await gc.collect();
}

export function openGc(objectStore: ObjectStore = world.objects, more: Partial<ImportGcDeps> = {}): ImportGc {
  return new ImportGc({
    store: world.store,
    objects: objectStore,
    book: world.book,
    changes: world.changes,
    pauses: world.pauses,
    now: () => world.nowMs,
    log: silentLogger,
    intervalMs: 3_600_000,
    graceMs: 1000,
    readerGraceMs: 1000,
    callGraceMs: 1000,
    isOpen: () => false,
    exclusively: (_id, run) => run(),
    prefixesOf: (record: SegmentRecord) => [
      `insert_log/${record.collectionId}/${record.partitionId}/${record.segmentId}/`,
    ],
    ...more,
  });
}

export const keys = async () => (await Array.fromAsync(world.objects.list(""))).map((object) => object.key);

/** Both sweeps. */
export async function collectTwice(): Promise<void> {
  await collect();
  world.nowMs += 2000;
  await collect();
}
