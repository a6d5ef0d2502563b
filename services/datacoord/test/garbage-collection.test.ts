import { setImmediate as immediate } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import { JOBS } from "@sluice/catalog";
import type { ObjectStore } from "@sluice/object-store";
import { collectionId, jobId, segmentId } from "@sluice/schema";

import {
  acceptedOf,
  assign,
  COLLECTION,
  change,
  collect,
  collectTwice,
  commit,
  keys,
  openGc,
  openPauses,
  openVisible,
  PARTITION,
  persisted,
  put,
  putCollection,
  putJob,
  putTask,
  save,
  snapshot,
  visibleIds,
  world,
} from "./segments-world.ts";

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
    await world.objects.put(`insert_log/${COLLECTION}/${PARTITION}/${segment}/100/2`, [Buffer.from("late")]);
    world.nowMs += 2000;
    await collect();
    expect(await keys()).toEqual([]);
    expect(world.book.jobs()).toEqual([]);
    expect(await Array.fromAsync(world.store.scan("segment/"))).toEqual([]);
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
    expect(world.book.ofJob(jobId(1n)).map((record) => record.segmentId)).toEqual([good]);
    await putJob(1n, "committing");
    await collectTwice();
    await commit(1n, [{ taskId: 11n, attempt: 2n }]);
    await putJob(1n, "completed");
    await collectTwice();
    expect(await visibleIds()).toEqual([good]);
    expect(await keys()).toHaveLength(1);
  });

  it("lets others be served between the jobs that it looks at", async () => {
    const jobs = [1n, 2n, 3n, 4n, 5n];
    for (const job of jobs) await failedJob(job);
    let rounds = 0;
    let isOn = true;
    const counting = (async () => {
      for (; isOn; rounds++) await immediate();
    })();
    const isOpen = () => {
      const endMs = performance.now() + 10;
      while (performance.now() < endMs) {}
      return true;
    };
    await using gc = openGc(world.objects, { isOpen });
    await gc.collect();
    isOn = false;
    await counting;
    expect(rounds).toBeGreaterThanOrEqual(jobs.length - 1);
  });

  it("reads the tasks of an open job together, and those that are persisted once", async () => {
    await putJob(1n, "importing");
    for (const task of [11n, 12n, 13n]) {
      await putTask(1n, task, 1);
      await assign(1n, task, 1n);
    }
    await putTask(1n, 13n, 1, "persisted");
    const reads: string[][] = [];
    let isNew = true;
    const get = world.store.get.bind(world.store);
    world.store.get = (key) => {
      if (!key.startsWith("task/")) return get(key);
      if (isNew) reads.push([]);
      isNew = false;
      queueMicrotask(() => (isNew = true));
      reads[reads.length - 1].push(key);
      return get(key);
    };
    await using gc = openGc();
    await gc.collect();
    await gc.collect();
    expect(reads).toEqual([
      ["task/1/11", "task/1/12", "task/1/13"],
      ["task/1/11", "task/1/12"],
    ]);
    expect(await keys()).toHaveLength(3);
  });

  it("keeps committed segments after the job's own record has expired", async () => {
    await putJob(1n, "importing");
    await putTask(1n, 11n, 1);
    const segment = await assign(1n, 11n, 1n);
    await save(1n, 11n, 1n, segment);
    await commit(1n, [{ taskId: 11n, attempt: 1n }]);
    const writes = ["job/1", "task/1/11"].map((key) => ({ key, value: undefined }));
    await world.store.commit({ guards: [], writes });
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
    expect(await world.store.get(`collection/${COLLECTION}`)).toBeUndefined();
    expect(await Array.fromAsync(world.store.scan("change/"))).toEqual([]);
  });

  /** An object store in which something happens while GC deletes. */
  function whileDeleting(happen: () => Promise<void>): ObjectStore {
    return new Proxy(world.objects, {
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
        const ids = { jobId: 2n, taskId: 21n, attempt: 1n, collectionId: COLLECTION, taskRevision: 0n };
        const order = { ...ids, buckets, logIds: 0n };
        segments.push(first, ...(await world.registry.assign(order)).segmentIds);
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
    const read = world.store.get.bind(world.store);
    let good = 0n;
    world.store.get = async (key) => {
      const entry = await read(key);
      if (key !== "task/1/11" || good !== 0n) return entry;
      good = 1n;
      await putTask(1n, 11n, 2);
      good = await assign(1n, 11n, 2n);
      return entry;
    };
    await collectTwice();
    await save(1n, 11n, 2n, good);
    expect(world.book.get(segmentId(good))?.state).toBe("sealed");
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
      world.nowMs += 1;
      const { timestamp } = await snapshot();
      await put(JOBS, { jobId: 5n, ...reader, state: "importing", timestamp });
      world.nowMs += 1;
      await persisted(2n, 1);
      await change({ changeId: 2n, jobId: 2n, accepted: acceptedOf(2n), removes: [old] });
      await putJob(2n, "completed");
      world.nowMs += 100_000;
      await collectTwice();
      expect(await visibleIds(timestamp)).toEqual([old]);
      await put(JOBS, { jobId: 5n, ...reader, state: "failed", timestamp });
      await collectTwice();
      expect(world.book.get(segmentId(old))).toBeUndefined();
      await expect(snapshot(timestamp)).rejects.toThrow(/kept no longer/);
    });

    it("none that began after it", async () => {
      const [old] = await persisted(1n, 1);
      await commit(1n);
      await persisted(2n, 1);
      world.nowMs += 1;
      await change({ changeId: 2n, jobId: 2n, accepted: acceptedOf(2n), removes: [old] });
      world.nowMs += 1;
      const { timestamp } = await snapshot();
      await put(JOBS, { jobId: 5n, ...reads[0][1], state: "importing", timestamp });
      world.nowMs += 100_000;
      await collectTwice();
      expect(world.book.get(segmentId(old))).toBeUndefined();
    });
  });

  describe("G10: what deletes say again is forgotten", () => {
    const changesOf = async () => (await Array.fromAsync(world.store.scan("change/"))).length;
    /** Three deletes of rows of one segment, a millisecond after another. @returns when the second one has not been made */
    async function deletes(): Promise<bigint> {
      const [segment] = await persisted(1n, 1);
      await commit(1n);
      await putJob(1n, "completed");
      let middle = 0n;
      for (const changeId of [51n, 52n, 53n]) {
        if (changeId === 52n) middle = (await snapshot()).timestamp;
        world.nowMs += 1;
        const deltaLogs = [{ fieldId: 100, logIds: [changeId], rowCounts: [1], sizesBytes: [9] }];
        const deletes = { insertLogs: [], statsLogs: [], deltaLogs, deletedRows: Number(changeId - 50n) };
        const about = { collectionId: collectionId(COLLECTION), changeId, callIds: [changeId], rowCount: 0 };
        const extensions = [{ segmentId: segmentId(segment), ...deletes }];
        await world.changes.commit({ ...about, adds: [], removes: [], extends: extensions });
      }
      return middle;
    }
    const deletedRows = async (timestamp = 0n) =>
      (await snapshot(timestamp)).segments.map((one) => one.logs?.deletedRows);

    it("once nobody reads from before, and no call is made again", async () => {
      const middle = await deletes();
      await collect();
      expect([await changesOf(), await deletedRows(middle), await deletedRows()]).toEqual([4, [1n], [3n]]);
      world.nowMs += 2000;
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
      world.nowMs += 2000;
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
      for (const step of [() => gc.resume(first), () => gc.resume("unknown"), () => (world.nowMs += 19_000)]) {
        step();
        await gc.collect();
        expect(await keys()).toHaveLength(1);
      }
      world.nowMs += 1000;
      await gc.collect();
      expect(await keys()).toEqual([]);
    });

    it("goes on when all pauses are ended at once", async () => {
      await failedJob(1n);
      await using gc = openGc();
      await gc.pause(10_000);
      await gc.pause(10_000);
      await gc.resume("");
      await gc.collect();
      expect(await keys()).toEqual([]);
    });

    it("stays so when another datacoord takes over, for no longer, and leaves no record", async () => {
      await failedJob(1n);
      await using gc = openGc();
      const [, second] = [await gc.pause(10_000), await gc.pause(20_000)];
      await openPauses();
      world.nowMs += 19_000;
      await collect();
      expect(await keys()).toHaveLength(1);
      await using next = openGc();
      await next.resume(second);
      await next.collect();
      expect(await keys()).toEqual([]);
      expect(await Array.fromAsync(world.store.scan("gc-pause/"))).toEqual([]);
    });

    it("removes nothing where nobody knows whether the pause was recorded", async () => {
      await failedJob(1n);
      await using gc = openGc();
      world.store.commit = () => Promise.reject(new Error("no answer"));
      await expect(gc.pause(10_000)).rejects.toThrow("no answer");
      await gc.collect();
      expect(await keys()).toHaveLength(1);
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
    const denied: ObjectStore = Object.assign(world.objects, {
      abortWrites: async (prefix: string) => {
        prefixes.push(prefix);
        throw new Error("access denied");
      },
    });
    await collect(denied);
    expect(prefixes).toEqual([]);
    world.nowMs += 2000;
    await collect(denied);
    expect(prefixes).toEqual([expect.stringMatching(`^insert_log/${COLLECTION}/${PARTITION}/[0-9]+/$`)]);
    expect(world.book.jobs()).toEqual([]);
  });
});
