import { beforeEach, describe, expect, it } from "@jest/globals";
import { COLLECTIONS, JOBS, type RecordId, RecordTable, type SegmentRecord, TASKS, type Table } from "@sluice/catalog";
import { MemoryMetaStore } from "@sluice/metastore/testing";
import type { ObjectStore } from "@sluice/object-store";
import { MemoryObjectStore } from "@sluice/object-store/testing";
import { type dataCoord, importing } from "@sluice/rpc";
import { collectionId, jobId, segmentId } from "@sluice/schema";
import { silentLogger } from "@sluice/telemetry";
import { ChangeBook } from "../src/change-book.ts";
import { ImportGc } from "../src/gc/import-gc.ts";
import { SegmentBook } from "../src/segment-book.ts";
import { SegmentRegistry } from "../src/segment-registry.ts";
import { VisibleSegments } from "../src/visible-segments.ts";

const COLLECTION = 7n;
const PARTITION = 8n;

let store: MemoryMetaStore;
let objects: MemoryObjectStore;
let book: SegmentBook;
let registry: SegmentRegistry;
let changes: ChangeBook;
let visible: VisibleSegments;
let lastTs: bigint;
let nowMs: number;

beforeEach(async () => {
  store = new MemoryMetaStore();
  objects = new MemoryObjectStore();
  book = new SegmentBook(store);
  let next = 1000n;
  registry = new SegmentRegistry(store, book, async (count) => (next += BigInt(count)) - BigInt(count));
  lastTs = 0n;
  await openVisible();
  nowMs = 0;
  await putCollection([PARTITION]);
});

/** Timestamps are milliseconds here, so that garbage collection can tell how old a change is. */
async function openVisible(): Promise<void> {
  changes = new ChangeBook(
    store,
    async () => (lastTs = BigInt(nowMs) << 18n > lastTs ? BigInt(nowMs) << 18n : lastTs + 1n),
  );
  await changes.load();
  visible = new VisibleSegments(book, changes, silentLogger);
}

async function put<T>(table: Table<T, RecordId>, record: object): Promise<void> {
  await store.commit({ guards: [], writes: [new RecordTable(store, table).write(record as T)] });
}

const putCollection = (partitions: bigint[], state = "active") => {
  const collection = {
    collectionId: COLLECTION,
    state,
    partitions: partitions.map((partitionId) => ({ partitionId })),
  };
  return put(COLLECTIONS, collection);
};
const putJob = (job: bigint, state: string) => put(JOBS, { jobId: job, collectionId: COLLECTION, state });
const putTask = (job: bigint, task: bigint, attempt: number, state = "running") =>
  put(TASKS, { jobId: job, taskId: task, attempt, state });

async function assign(job: bigint, task: bigint, attempt: bigint): Promise<bigint> {
  const buckets = [{ partitionId: PARTITION, vchannel: "v0" }];
  const request = { jobId: job, taskId: task, attempt, collectionId: COLLECTION, buckets, logIds: 2n };
  const { segmentIds } = await registry.assign(request);
  await objects.put(`insert_log/${COLLECTION}/${PARTITION}/${segmentIds[0]}/100/1`, [Buffer.from("rows")]);
  return segmentIds[0];
}

async function save(job: bigint, task: bigint, attempt: bigint, segment: bigint, rowCount = 10n): Promise<void> {
  const info = importing.SegmentInfo.fromPartial({ segmentId: segment, rowCount });
  await registry.save({ jobId: job, taskId: task, attempt, segments: [info] });
}

/** A job of one task that is persisted, with so many sealed segments; nothing of it is visible yet. */
async function persisted(job: bigint, count: number): Promise<bigint[]> {
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

const acceptedOf = (job: bigint) => [{ taskId: job * 10n, attempt: 1n }];
const change = (parts: Partial<dataCoord.CommitChangeRequest>) =>
  visible.commit({
    ...{ changeId: 0n, collectionId: COLLECTION, jobId: 0n, accepted: [], removes: [], extends: [], partitionIds: [] },
    ...parts,
  });
const commit = (job: bigint, accepted: dataCoord.AcceptedAttempt[] = acceptedOf(job)) =>
  change({ changeId: job, jobId: job, accepted });
const snapshot = (timestamp = 0n, segmentIds: bigint[] = []) =>
  visible.visible({ collectionId: COLLECTION, partitionIds: [], timestamp, segmentIds });
const visibleIds = async (timestamp = 0n) => (await snapshot(timestamp)).segments.map((segment) => segment.segmentId);

async function collect(objectStore: ObjectStore = objects): Promise<void> {
  await using gc = openGc(objectStore);
  await gc.collect();
}

function openGc(objectStore: ObjectStore = objects): ImportGc {
  return new ImportGc({
    store,
    objects: objectStore,
    book,
    changes,
    now: () => nowMs,
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
  });
}

const keys = async () => (await Array.fromAsync(objects.list(""))).map((object) => object.key);

/** Both sweeps. */
async function collectTwice(): Promise<void> {
  await collect();
  nowMs += 2000;
  await collect();
}

describe("visibility", () => {
  it("S2: comes with the change record, for all segments at once, and only for accepted attempts", async () => {
    await putJob(1n, "importing");
    await putTask(1n, 11n, 1);
    const stale = await assign(1n, 11n, 1n);
    await save(1n, 11n, 1n, stale);
    await putTask(1n, 11n, 2);
    const good = await assign(1n, 11n, 2n);
    await save(1n, 11n, 2n, good);
    await putTask(1n, 12n, 1);
    const other = await assign(1n, 12n, 1n);
    await save(1n, 12n, 1n, other, 5n);
    expect(await visibleIds()).toEqual([]);
    const answer = await commit(1n, [
      { taskId: 11n, attempt: 2n },
      { taskId: 12n, attempt: 1n },
    ]);
    expect(answer).toMatchObject({ rowCount: 15n, segmentIds: [good, other] });
    expect(await visibleIds()).toEqual([good, other]);
    expect(visible.rowCounts({ collectionId: COLLECTION })).toMatchObject({
      rowCount: 15n,
      partitions: [{ partitionId: PARTITION, segments: 2n }],
    });
    expect((await commit(1n, [])).commitTimestamp).toBe(answer.commitTimestamp);
  });

  it("survives a restart", async () => {
    await putJob(1n, "importing");
    await putTask(1n, 11n, 1);
    const segment = await assign(1n, 11n, 1n);
    await save(1n, 11n, 1n, segment);
    await commit(1n, [{ taskId: 11n, attempt: 1n }]);
    book = new SegmentBook(store);
    await book.load();
    await openVisible();
    expect(await visibleIds()).toEqual([segment]);
  });
});

/** Keys that `act` has written, one list for each transaction. */
async function written(act: () => Promise<unknown>): Promise<string[][]> {
  const transactions: string[][] = [];
  const commitTo = store.commit.bind(store);
  store.commit = (transaction) => {
    transactions.push(transaction.writes.map(({ key }) => key));
    return commitTo(transaction);
  };
  await act();
  store.commit = commitTo;
  return transactions;
}

describe("changes", () => {
  it("S2: rollback of a job is one record; readers that began before keep what they see until GC takes it", async () => {
    const [other] = await persisted(1n, 1);
    await commit(1n);
    const segments = await persisted(2n, 3);
    await commit(2n);
    await putJob(1n, "completed");
    await putJob(2n, "completed");
    const before = await snapshot();
    expect(await written(() => change({ changeId: 3n, jobId: 2n, removes: segments }))).toEqual([["change/7/3"]]);
    expect(await visibleIds()).toEqual([other]);
    expect(visible.rowCounts({ collectionId: COLLECTION })).toMatchObject({ rowCount: 10n });
    await collect(); // G4: too early.
    expect(await visibleIds(before.timestamp)).toEqual([other, ...segments]);
    nowMs += 1000;
    await collectTwice();
    expect(await visibleIds()).toEqual([other]);
    expect(await keys()).toHaveLength(1);
    expect(book.ofJob(jobId(2n))).toEqual([]);
    await expect(visibleIds(before.timestamp)).rejects.toThrow("is kept no longer");
  });

  it("S6: that are replaced as a whole are forgotten with their segments, and snapshots from before with them", async () => {
    const [first] = await persisted(1n, 1);
    await commit(1n);
    const [second, kept] = await persisted(2n, 2);
    await commit(2n);
    const before = await snapshot();
    const [merged] = await persisted(3n, 1);
    await change({ changeId: 3n, jobId: 3n, accepted: acceptedOf(3n), removes: [first, second] });
    const after = await snapshot();
    for (const job of [1n, 2n, 3n]) await putJob(job, "completed");
    nowMs += 1000;
    await collectTwice();
    const ids = async () => (await Array.fromAsync(store.scan("change/"), ({ key }) => key)).sort();
    expect(await ids()).toEqual(["change/7/2", "change/7/3"]);
    for (const restart of [false, true]) {
      if (restart) await openVisible();
      expect(await visibleIds()).toEqual([kept, merged]);
      expect(await visibleIds(after.timestamp)).toEqual([kept, merged]);
      await expect(visibleIds(before.timestamp)).rejects.toThrow("is kept no longer");
    }
  });

  it("S6: of a job that may ask for its change again are kept", async () => {
    const [first] = await persisted(1n, 1);
    const { commitTimestamp } = await commit(1n);
    await change({ changeId: 3n, removes: [first] });
    nowMs += 1000;
    await collectTwice();
    expect((await commit(1n)).commitTimestamp).toBe(commitTimestamp);
    expect(await visibleIds()).toEqual([]);
  });

  it("S2: no reader sees both or neither of what a change replaces, whenever it comes", async () => {
    const old = await persisted(1n, 2);
    await commit(1n);
    const [merged] = await persisted(2n, 1);
    const sets: string[] = [];
    const pins: bigint[] = [];
    let isOver = false;
    const read = async () => {
      while (!isOver) {
        const { segments, timestamp } = await snapshot();
        sets.push(String(segments.map(({ segmentId }) => segmentId)));
        pins.push(timestamp);
        await new Promise(setImmediate);
      }
    };
    const commitTo = store.commit.bind(store);
    store.commit = async (transaction) => {
      for (let i = 0; i < 5; i++) await new Promise(setImmediate);
      const revision = await commitTo(transaction);
      for (let i = 0; i < 5; i++) await new Promise(setImmediate);
      return revision;
    };
    const reading = [read(), read(), read()];
    for (let i = 0; i < 5; i++) await new Promise(setImmediate);
    const order = { changeId: 2n, jobId: 2n, accepted: acceptedOf(2n), removes: old };
    const { commitTimestamp } = await change(order);
    for (let i = 0; i < 5; i++) await new Promise(setImmediate);
    isOver = true;
    await Promise.all(reading);
    expect(new Set(sets)).toEqual(new Set([String(old), String([merged])]));
    // What a reader saw, it sees again at its timestamp (S5).
    for (const [i, pin] of pins.entries()) expect(String(await visibleIds(pin))).toBe(sets[i]);
    expect(await visibleIds(commitTimestamp - 1n)).toEqual(old);
    expect(await visibleIds(commitTimestamp)).toEqual([merged]);
    expect((await change(order)).commitTimestamp).toBe(commitTimestamp);
  });

  it("S5: of two that remove one segment the second is refused, and changes nothing", async () => {
    const [first, second] = await persisted(1n, 2);
    await commit(1n);
    const results = await Promise.allSettled([
      change({ changeId: 5n, removes: [first] }),
      change({ changeId: 6n, removes: [first, second] }),
    ]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    expect(results[1]).toMatchObject({ reason: { code: "job_failed", message: expect.stringContaining(`${first}`) } });
    expect(await visibleIds()).toEqual([second]);
  });

  it("extend visible segments by logs of later fields", async () => {
    const [segment] = await persisted(1n, 1);
    await commit(1n);
    const logs = {
      insertLogs: [{ fieldId: 105n, logIds: [9n], rowCounts: [10n], sizesBytes: [80n] }],
      statsLogs: [],
      ...{ bm25Logs: [], deltaLogs: [], deletedRows: 0n },
    };
    await change({ changeId: 5n, extends: [{ segmentId: segment, logs }] });
    await openVisible();
    const { segments } = await snapshot();
    expect(segments[0].logs?.insertLogs).toEqual(logs.insertLogs);
  });

  it("S4: whose answer is lost are found again, and made once", async () => {
    const segments = await persisted(1n, 1);
    const commitTo = store.commit.bind(store);
    store.commit = async (transaction) => {
      await commitTo(transaction);
      store.commit = commitTo;
      return undefined;
    };
    const { commitTimestamp } = await commit(1n);
    expect((await commit(1n)).commitTimestamp).toBe(commitTimestamp);
    expect(await visibleIds()).toEqual(segments);
  });
});

describe("records", () => {
  it("of many logs go to the metastore in transactions of a megabyte, with the revisions that they were read at", async () => {
    const wide = (id: bigint): SegmentRecord =>
      ({
        segmentId: segmentId(id),
        jobId: jobId(1n),
        collectionId: COLLECTION,
        state: "sealed",
        note: "x".repeat(300_000),
      }) as never;
    const sizes: number[] = [];
    const commit = store.commit.bind(store);
    store.commit = (transaction) => {
      sizes.push(transaction.writes.reduce((sum, { value = "" }) => sum + value.length, 0));
      return commit(transaction);
    };
    const records = [1n, 2n, 3n, 4n, 5n, 6n, 7n].map(wide);
    await book.add(records);
    expect(sizes).toHaveLength(3);
    expect(Math.max(...sizes)).toBeLessThan(1 << 20);
    // The collector drops a segment of the last page while the first one is written.
    const replacing = book.replace(records);
    await book.replace([{ ...records[6], state: "dropped" } as SegmentRecord]);
    await expect(replacing).rejects.toThrow("segment records had moved");
    expect(book.get(segmentId(7n))?.state).toBe("dropped");
  });
});

describe("attempts", () => {
  it("that were superseded get no ids and save nothing", async () => {
    await putJob(1n, "importing");
    await putTask(1n, 11n, 1);
    const segment = await assign(1n, 11n, 1n);
    await putTask(1n, 11n, 2);
    await expect(assign(1n, 11n, 1n)).rejects.toThrow("no longer the current one");
    await expect(save(1n, 11n, 1n, segment)).rejects.toThrow("no longer the current one");
    await expect(save(1n, 11n, 2n, segment)).rejects.toThrow("does not belong to attempt 2");
  });
});

describe("garbage collection", () => {
  it("G1: removes what a failed job left, after a second sweep its records too", async () => {
    await putJob(1n, "importing");
    await putTask(1n, 11n, 1);
    const segment = await assign(1n, 11n, 1n);
    await collect();
    expect(await keys()).toHaveLength(1);
    await putJob(1n, "failed");
    await collect();
    expect(await keys()).toEqual([]);
    // A writer that was cut off finishes a put after the first sweep.
    await objects.put(`insert_log/${COLLECTION}/${PARTITION}/${segment}/100/2`, [Buffer.from("late")]);
    nowMs += 2000;
    await collect();
    expect(await keys()).toEqual([]);
    expect(book.jobs()).toEqual([]);
    expect(await Array.fromAsync(store.scan("segment/"))).toEqual([]);
  });

  it("G1: removes superseded attempts while the job goes on, and never what counts", async () => {
    await putJob(1n, "importing");
    await putTask(1n, 11n, 1);
    await assign(1n, 11n, 1n);
    await putTask(1n, 11n, 2);
    const good = await assign(1n, 11n, 2n);
    await save(1n, 11n, 2n, good);
    await putTask(1n, 11n, 2, "persisted");
    await collectTwice();
    expect(book.ofJob(jobId(1n)).map((record) => record.segmentId)).toEqual([good]);
    await putJob(1n, "committing");
    await collectTwice();
    await commit(1n, [{ taskId: 11n, attempt: 2n }]);
    await putJob(1n, "completed");
    await collectTwice();
    expect(await visibleIds()).toEqual([good]);
    expect(await keys()).toHaveLength(1);
  });

  it("keeps committed segments after the job's own record has expired", async () => {
    await putJob(1n, "importing");
    await putTask(1n, 11n, 1);
    const segment = await assign(1n, 11n, 1n);
    await save(1n, 11n, 1n, segment);
    await commit(1n, [{ taskId: 11n, attempt: 1n }]);
    const writes = ["job/1", "task/1/11"].map((key) => ({ key, value: undefined }));
    await store.commit({ guards: [], writes });
    await collectTwice();
    expect(await visibleIds()).toEqual([segment]);
  });

  it("G2: removes what belongs to dropped partitions and collections, the tombstone last", async () => {
    await putJob(1n, "importing");
    await putTask(1n, 11n, 1);
    const segment = await assign(1n, 11n, 1n);
    await save(1n, 11n, 1n, segment);
    await commit(1n, [{ taskId: 11n, attempt: 1n }]);
    await putJob(1n, "completed");
    await putCollection([]);
    await collectTwice();
    expect(await keys()).toEqual([]);
    await putCollection([], "dropped");
    await collectTwice();
    expect(await store.get(`collection/${COLLECTION}`)).toBeUndefined();
    expect(await Array.fromAsync(store.scan("change/"))).toEqual([]);
  });

  /** An object store in which something happens while GC deletes. */
  function whileDeleting(happen: () => Promise<void>): ObjectStore {
    return new Proxy(objects, {
      get: (target, name) => {
        if (name === "delete") return async (keys: string[]) => happen().then(() => target.delete(keys));
        const member: unknown = Reflect.get(target, name);
        return typeof member === "function" ? member.bind(target) : member;
      },
    });
  }

  async function failedJob(job: bigint): Promise<void> {
    await putJob(job, "importing");
    await putTask(job, job * 10n, 1);
    await assign(job, job * 10n, 1n);
    await putJob(job, "failed");
  }

  it("G3: a partition that is made and filled while GC deletes keeps its rows", async () => {
    await failedJob(1n);
    await putJob(2n, "importing");
    await putTask(2n, 21n, 1);
    const segments: bigint[] = [];
    const first = await assign(2n, 21n, 1n);
    await collect(
      whileDeleting(async () => {
        await putCollection([PARTITION, 9n]);
        const buckets = [{ partitionId: 9n, vchannel: "v0" }];
        const order = { jobId: 2n, taskId: 21n, attempt: 1n, collectionId: COLLECTION, buckets, logIds: 0n };
        segments.push(first, ...(await registry.assign(order)).segmentIds);
        for (const segment of segments) await save(2n, 21n, 1n, segment);
        await putTask(2n, 21n, 1, "persisted");
        await commit(2n, [{ taskId: 21n, attempt: 1n }]);
        await putJob(2n, "completed");
      }),
    );
    await collectTwice();
    expect(segments).toHaveLength(2);
    expect(await visibleIds()).toEqual(segments);
  });

  it("G3: segments of an attempt that begins while GC reads its tasks are kept", async () => {
    await putJob(1n, "importing");
    await putTask(1n, 11n, 1);
    await assign(1n, 11n, 1n);
    const read = store.get.bind(store);
    let good = 0n;
    store.get = async (key) => {
      const entry = await read(key);
      if (key !== "task/1/11" || good !== 0n) return entry;
      good = 1n;
      await putTask(1n, 11n, 2);
      good = await assign(1n, 11n, 2n);
      return entry;
    };
    await collectTwice();
    await save(1n, 11n, 2n, good);
    expect(book.get(segmentId(good))?.state).toBe("sealed");
  });

  describe("G7: what a change has removed stays, however long, for", () => {
    const reads = [
      ["an export", { kind: "export", collectionId: COLLECTION }],
      ["a copy", { kind: "copy", collectionId: 99n, spec: { sourceCollectionId: COLLECTION } }],
      ["a merge", { kind: "merge", collectionId: 99n, spec: { sourceCollectionId: COLLECTION } }],
    ] as const;

    it.each(reads)("%s that began before it, until that ends", async (_, reader) => {
      const [old] = await persisted(1n, 1);
      await commit(1n);
      await putJob(1n, "completed");
      nowMs += 1;
      const { timestamp } = await snapshot();
      await put(JOBS, { jobId: 5n, ...reader, state: "importing", timestamp });
      nowMs += 1;
      await persisted(2n, 1);
      await change({ changeId: 2n, jobId: 2n, accepted: acceptedOf(2n), removes: [old] });
      await putJob(2n, "completed");
      nowMs += 100_000;
      await collectTwice();
      expect(await visibleIds(timestamp)).toEqual([old]);
      await put(JOBS, { jobId: 5n, ...reader, state: "failed", timestamp });
      await collectTwice();
      expect(book.get(segmentId(old))).toBeUndefined();
      await expect(snapshot(timestamp)).rejects.toThrow(/kept no longer/);
    });

    it("none that began after it", async () => {
      const [old] = await persisted(1n, 1);
      await commit(1n);
      await persisted(2n, 1);
      nowMs += 1;
      await change({ changeId: 2n, jobId: 2n, accepted: acceptedOf(2n), removes: [old] });
      nowMs += 1;
      const { timestamp } = await snapshot();
      await put(JOBS, { jobId: 5n, ...reads[0][1], state: "importing", timestamp });
      nowMs += 100_000;
      await collectTwice();
      expect(book.get(segmentId(old))).toBeUndefined();
    });
  });

  describe("G10: what deletes say again is forgotten", () => {
    const changesOf = async () => (await Array.fromAsync(store.scan("change/"))).length;
    /** Three deletes of rows of one segment, a millisecond after another. @returns when the second one has not been made */
    async function deletes(): Promise<bigint> {
      const [segment] = await persisted(1n, 1);
      await commit(1n);
      await putJob(1n, "completed");
      let middle = 0n;
      for (const changeId of [51n, 52n, 53n]) {
        if (changeId === 52n) middle = (await snapshot()).timestamp;
        nowMs += 1;
        const deltaLogs = [{ fieldId: 100, logIds: [changeId], rowCounts: [1], sizesBytes: [9] }];
        const deletes = { insertLogs: [], statsLogs: [], deltaLogs, deletedRows: Number(changeId - 50n) };
        const about = { collectionId: collectionId(COLLECTION), changeId, callIds: [changeId], rowCount: 0 };
        const extensions = [{ segmentId: segmentId(segment), ...deletes }];
        await changes.commit({ ...about, adds: [], removes: [], extends: extensions });
      }
      return middle;
    }
    const deletedRows = async (timestamp = 0n) =>
      (await snapshot(timestamp)).segments.map((one) => one.logs?.deletedRows);

    it("once nobody reads from before, and no call is made again", async () => {
      const middle = await deletes();
      await collect();
      expect([await changesOf(), await deletedRows(middle), await deletedRows()]).toEqual([4, [1n], [3n]]);
      nowMs += 2000;
      await collect();
      expect([await changesOf(), await deletedRows()]).toEqual([2, [3n]]);
      await expect(snapshot(middle)).rejects.toThrow(/kept no longer/);
      await openVisible();
      await expect(snapshot(middle)).rejects.toThrow(/kept no longer/);
    });

    it("but not what an open export still reads", async () => {
      const timestamp = await deletes();
      const reader = { jobId: 5n, kind: "export", collectionId: COLLECTION, timestamp };
      await put(JOBS, { ...reader, state: "importing" });
      nowMs += 2000;
      await collect();
      expect([await changesOf(), await deletedRows(timestamp)]).toEqual([4, [1n]]);
      await put(JOBS, { ...reader, state: "failed" });
      await collect();
      expect(await changesOf()).toBe(2);
    });
  });

  describe("that is paused", () => {
    it("removes nothing until its time is over, or its ticket is given back", async () => {
      await failedJob(1n);
      await using gc = openGc();
      const [first] = [await gc.pause(10_000), await gc.pause(20_000)];
      for (const step of [() => gc.resume(first), () => gc.resume("unknown"), () => (nowMs += 19_000)]) {
        step();
        await gc.collect();
        expect(await keys()).toHaveLength(1);
      }
      nowMs += 1000;
      await gc.collect();
      expect(await keys()).toEqual([]);
    });

    it("goes on when all pauses are ended at once", async () => {
      await failedJob(1n);
      await using gc = openGc();
      await gc.pause(10_000);
      await gc.pause(10_000);
      gc.resume("");
      await gc.collect();
      expect(await keys()).toEqual([]);
    });

    it("answers when what is being removed is gone", async () => {
      await failedJob(1n);
      const removing = Promise.withResolvers<void>();
      const go = Promise.withResolvers<void>();
      const removeLater = async () => {
        removing.resolve();
        await go.promise;
      };
      await using gc = openGc(whileDeleting(removeLater));
      const collected = gc.collect();
      await removing.promise;
      let isPaused = false;
      const paused = gc.pause(10_000).then(() => (isPaused = true));
      await new Promise(setImmediate);
      expect(isPaused).toBe(false);
      go.resolve();
      await Promise.all([collected, paused]);
      expect(await keys()).toEqual([]);
    });
  });

  it("a job whose objects cannot be removed does not hold up the others", async () => {
    await failedJob(1n);
    await failedJob(2n);
    let calls = 0;
    const broken = whileDeleting(async () => {
      if (calls++ === 0) throw new Error("a folder that cannot be read");
    });
    await collect(broken);
    expect(await keys()).toHaveLength(1);
  });

  it("unfinished writes of garbage go with its records, also where the storage does not let them be listed", async () => {
    await failedJob(1n);
    const prefixes: string[] = [];
    const denied: ObjectStore = Object.assign(objects, {
      abortWrites: async (prefix: string) => {
        prefixes.push(prefix);
        throw new Error("access denied");
      },
    });
    await collect(denied);
    expect(prefixes).toEqual([]);
    nowMs += 2000;
    await collect(denied);
    expect(prefixes).toEqual([expect.stringMatching(`^insert_log/${COLLECTION}/${PARTITION}/[0-9]+/$`)]);
    expect(book.jobs()).toEqual([]);
  });
});
