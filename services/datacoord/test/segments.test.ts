import { describe, expect, it, jest } from "@jest/globals";
import { RecordTable, type SegmentRecord, TASKS } from "@sluice/catalog";
import { jobId, segmentId, taskId } from "@sluice/schema";
import { SegmentBook } from "../src/segment-book.ts";

import {
  acceptedOf,
  assign,
  COLLECTION,
  change,
  collect,
  collectTwice,
  commit,
  keys,
  openVisible,
  PARTITION,
  persisted,
  putJob,
  putTask,
  save,
  snapshot,
  visibleIds,
  world,
} from "./segments-world.ts";

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
    expect(world.visible.rowCounts({ collectionId: COLLECTION })).toMatchObject({
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
    world.book = new SegmentBook(world.store);
    await world.book.load();
    await openVisible();
    expect(await visibleIds()).toEqual([segment]);
  });
});

async function revisionOf(job: bigint, task: bigint): Promise<bigint> {
  const { key } = new RecordTable(world.store, TASKS).absent([jobId(job), taskId(task)]);
  return (await world.store.get(key))?.revision ?? 0n;
}

/** Keys that `act` has written, one list for each transaction. */
async function written(act: () => Promise<unknown>): Promise<string[][]> {
  const transactions: string[][] = [];
  const commitTo = world.store.commit.bind(world.store);
  world.store.commit = (transaction) => {
    transactions.push(transaction.writes.map(({ key }) => key));
    return commitTo(transaction);
  };
  await act();
  world.store.commit = commitTo;
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
    expect(world.visible.rowCounts({ collectionId: COLLECTION })).toMatchObject({ rowCount: 10n });
    await collect(); // G4: too early.
    expect(await visibleIds(before.timestamp)).toEqual([other, ...segments]);
    world.nowMs += 1000;
    await collectTwice();
    expect(await visibleIds()).toEqual([other]);
    expect(await keys()).toHaveLength(1);
    expect(world.book.ofJob(jobId(2n))).toEqual([]);
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
    world.nowMs += 1000;
    await collectTwice();
    const ids = async () => (await Array.fromAsync(world.store.scan("change/"), ({ key }) => key)).sort();
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
    world.nowMs += 1000;
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
    const commitTo = world.store.commit.bind(world.store);
    world.store.commit = async (transaction) => {
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
    const commitTo = world.store.commit.bind(world.store);
    world.store.commit = async (transaction) => {
      await commitTo(transaction);
      world.store.commit = commitTo;
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
    const commit = world.store.commit.bind(world.store);
    world.store.commit = (transaction) => {
      sizes.push(transaction.writes.reduce((sum, { value = "" }) => sum + value.length, 0));
      return commit(transaction);
    };
    const records = [1n, 2n, 3n, 4n, 5n, 6n, 7n].map(wide);
    await world.book.add(records);
    expect(sizes).toHaveLength(3);
    expect(Math.max(...sizes)).toBeLessThan(1 << 20);
    // The collector drops a segment of the last page while the first one is written.
    const replacing = world.book.replace(records);
    await world.book.replace([{ ...records[6], state: "dropped" } as SegmentRecord]);
    await expect(replacing).rejects.toThrow("segment records had moved");
    expect(world.book.get(segmentId(7n))?.state).toBe("dropped");
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

  it("S8: write without a read of the task whose revision they know, and nothing once it is another one's", async () => {
    await putJob(1n, "importing");
    await putTask(1n, 11n, 1);
    const revision = await revisionOf(1n, 11n);
    const read = jest.spyOn(world.store, "get");
    const segment = await assign(1n, 11n, 1n, revision);
    await save(1n, 11n, 1n, segment, 10n, revision);
    expect(read).not.toHaveBeenCalled();
    await putTask(1n, 11n, 2);
    const transactions = await written(async () => {
      await expect(assign(1n, 11n, 1n, revision)).rejects.toMatchObject({ code: "attempt_superseded" });
      await expect(save(1n, 11n, 1n, segment, 5n, revision)).rejects.toMatchObject({ code: "attempt_superseded" });
    });
    expect(transactions.length).toBeGreaterThan(0);
    expect(world.book.ofJob(jobId(1n)).map(({ segmentId, rowCount }) => [segmentId, rowCount])).toEqual([
      [segment, 10],
    ]);
    const stored = await Array.fromAsync(world.store.scan("segment/"), ({ key }) => key);
    expect(stored).toHaveLength(1);
  });

  it("S8: go on where the record of their task was written again", async () => {
    await putJob(1n, "importing");
    await putTask(1n, 11n, 1);
    const revision = await revisionOf(1n, 11n);
    await putTask(1n, 11n, 1);
    const segment = await assign(1n, 11n, 1n, revision);
    await save(1n, 11n, 1n, segment, 10n, revision);
    expect(world.book.get(segmentId(segment))).toMatchObject({ state: "sealed", rowCount: 10 });
  });

  it("S8: that are superseded between the check and the write save nothing, also when they know no revision", async () => {
    await putJob(1n, "importing");
    await putTask(1n, 11n, 1);
    const segment = await assign(1n, 11n, 1n);
    const get = world.store.get.bind(world.store);
    const found = jest.spyOn(world.store, "get").mockImplementationOnce(async (key) => {
      const entry = await get(key);
      await putTask(1n, 11n, 2);
      return entry;
    });
    await expect(save(1n, 11n, 1n, segment)).rejects.toThrow("had moved");
    found.mockRestore();
    await expect(save(1n, 11n, 1n, segment)).rejects.toMatchObject({ code: "attempt_superseded" });
    expect(world.book.get(segmentId(segment))).toMatchObject({ state: "importing" });
  });
});
