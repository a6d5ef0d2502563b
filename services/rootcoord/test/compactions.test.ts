import { beforeEach, describe, expect, it } from "@jest/globals";
import type { CollectionRecord, StoredJob } from "@sluice/catalog";
import { newTask, specOf } from "@sluice/jobs";
import { MemoryMetaStore } from "@sluice/metastore/testing";
import { dataCoord } from "@sluice/rpc";
import { collectionId, jobId, partitionId, taskId } from "@sluice/schema";
import { silentLogger } from "@sluice/telemetry";
import { Compactions } from "../src/jobs/compactions.ts";
import { JobBook } from "../src/jobs/job-book.ts";

const collection = {
  ...{ collectionId: collectionId(7n), dbName: "default", name: "books", storedSchema: "c2NoZW1h", vchannels: ["v0"] },
  ...{ properties: [], partitions: [{ partitionId: partitionId(1n), name: "_default" }], state: "active" },
} as unknown as CollectionRecord;

let book: JobBook;
let present: CollectionRecord | undefined;
let slots: bigint;
/** What the datacoord answers next, and what it was asked. */
let plans: bigint[][];
let asked: dataCoord.PlanCompactionsRequest[];
let compactions: Compactions;

beforeEach(() => {
  book = new JobBook(new MemoryMetaStore());
  [present, slots, plans, asked] = [collection, 8n, [], []];
  let nextId = 100n;
  compactions = new Compactions({
    book,
    dataCoord: {
      planCompactions: async (request) => {
        asked.push(request);
        return dataCoord.PlanCompactionsResponse.fromPartial({
          plans: plans.map((ids) => ({
            collectionId: 7n,
            merges: ids.map((id) => ({ partitionId: id % 10n, vchannel: "v0", segmentIds: [id, id + 1n] })),
          })),
          slots,
        });
      },
    },
    getCollection: async () => present,
    allocateId: async () => nextId++,
    now: () => 5,
    log: silentLogger,
    intervalMs: 0,
  });
});

const recorded = () => book.jobs().map((job) => specOf(job, "compaction").merges.map(({ segmentIds }) => segmentIds));
const end = (id: bigint, failure?: StoredJob["failure"]) =>
  book.change(jobId(id), ({ job }) => ({
    job: { ...job, state: failure ? "failed" : "completed", ...(failure && { failure }) },
  }));

describe("compactions", () => {
  it("are recorded as jobs, as many as there is room for", async () => {
    plans = [[11n], [21n], [31n]];
    await compactions.look();
    expect(recorded()).toEqual([[[11n, 12n]], [[21n, 22n]]]);
    expect(book.jobs()[0]).toMatchObject({
      kind: "compaction",
      state: "pending",
      partitionIds: [1n],
      schema: "c2NoZW1h",
    });
    await compactions.look();
    expect(book.jobs()).toHaveLength(2);
    await end(100n);
    slots = 3n;
    await compactions.look();
    expect(book.jobs()).toHaveLength(2);
    await end(101n);
    await compactions.look();
    expect(book.jobs()).toHaveLength(3);
  });

  it("C1: have their segments for themselves until they have ended", async () => {
    slots = 4n;
    plans = [[11n]];
    await compactions.look();
    await compactions.look();
    await end(100n);
    await compactions.look();
    expect(asked.map(({ exceptSegmentIds }) => exceptSegmentIds)).toEqual([[], [11n, 12n], []]);
  });

  it("C2: of what could not be read are not tried again", async () => {
    plans = [[11n, 21n]];
    await compactions.look();
    const task = { ...newTask, kind: "compaction", jobId: jobId(100n), sizeBytes: 1, groupCount: 1 } as const;
    const tasks = [
      { ...task, taskId: taskId(1n), group: 0, state: "persisted" as const },
      { ...task, taskId: taskId(2n), group: 1, state: "failed" as const },
    ];
    await book.change(jobId(100n), ({ job }) => ({ job: { ...job, state: "importing" }, tasks }));
    await end(100n, { code: "internal", reason: "an object is damaged" });
    plans = [];
    await compactions.look();
    expect(asked.at(-1)?.exceptSegmentIds).toEqual([21n, 22n]);
  });

  it("of what another change has removed are looked at anew", async () => {
    plans = [[11n]];
    await compactions.look();
    await end(100n, { code: "job_failed", reason: "segments that are not visible cannot be changed: 11" });
    await compactions.look();
    expect(asked.at(-1)?.exceptSegmentIds).toEqual([]);
  });

  it("leave out partitions that are gone, and collections", async () => {
    plans = [[11n, 22n]];
    await compactions.look();
    expect(recorded()).toEqual([[[11n, 12n]]]);
    present = { ...collection, state: "dropped" };
    await compactions.look();
    expect(book.jobs()).toHaveLength(1);
  });

  it("that are asked for run however many do; where there is nothing new, the one under way is told", async () => {
    const everything = { collectionId: 7n, partitionId: 0n, vchannel: "", segmentIds: [], targetBytes: 0n };
    slots = 0n;
    plans = [[11n]];
    expect(await compactions.ask(everything)).toBe(100n);
    expect(await compactions.ask(everything)).toBe(101n);
    plans = [];
    expect(await compactions.ask(everything)).toBe(101n);
    await end(100n);
    await end(101n);
    expect(await compactions.ask(everything)).toBeUndefined();
  });
});
