import { beforeEach, describe, expect, it } from "@jest/globals";
import { CHANGES, type ChangeRecord, RecordTable, SEGMENTS, type SegmentRecord } from "@sluice/catalog";
import { MemoryMetaStore } from "@sluice/metastore/testing";
import { composeTso, partitionId } from "@sluice/schema";
import { ChangeBook } from "../src/change-book.ts";
import { DataNodes } from "../src/datanodes.ts";
import { SegmentBook } from "../src/segment-book.ts";
import { SmallSegments } from "../src/small-segments.ts";

const MB = 1 << 20;
let nowMs: number;
let store: MemoryMetaStore;
let nodes: DataNodes;
beforeEach(async () => {
  nowMs = 1_000_000;
  store = new MemoryMetaStore();
  let nextId = 1n;
  nodes = new DataNodes({ allocateIds: async () => nextId++, now: () => nowMs });
  await nodes.register({ workers: 10, largeWorkers: 6, segmentBytes: BigInt(1024 * MB) });
});

/** Visible segments of a collection, each by a change of its own at `now`. */
async function add(collection: bigint, ...segments: [id: bigint, more?: Partial<SegmentRecord>][]): Promise<void> {
  const writes = segments.flatMap(([id, more]) => {
    const record = {
      ...{
        segmentId: id,
        collectionId: collection,
        partitionId: 1n,
        vchannel: "v0",
        jobId: id,
        taskId: id,
        attempt: 1,
      },
      ...{ state: "sealed", rowCount: 1, sizeBytes: 9, memoryBytes: 100, timestamp: 1n, insertLogs: [], statsLogs: [] },
      ...{ droppedMs: 0, ...more },
    } as SegmentRecord;
    const change = { collectionId: collection, changeId: id, commitTs: composeTso(nowMs, id), adds: [id] };
    return [
      new RecordTable(store, SEGMENTS).write(record),
      new RecordTable(store, CHANGES).write({
        ...change,
        removes: [],
        extends: [],
        rowCount: 1,
      } as never as ChangeRecord),
    ];
  });
  await store.commit({ guards: [], writes });
}

async function open() {
  const [book, changes] = [new SegmentBook(store), new ChangeBook(store, async () => composeTso(nowMs))];
  const load = async () => {
    await book.load();
    await changes.load();
  };
  await load();
  const small = new SmallSegments(book, changes, nodes, () => nowMs);
  const plan = (exceptSegmentIds: bigint[] = [], asked?: Parameters<typeof small.plan>[0]["asked"]) =>
    small.plan({ quietMs: 20_000n, exceptSegmentIds, asked });
  return { plan, load };
}

const idsOf = (plans: { merges: { segmentIds: bigint[] }[] }[]) =>
  plans.map(({ merges }) => merges.map(({ segmentIds }) => segmentIds));
const everything = { collectionId: 7n, partitionId: 0n, vchannel: "", segmentIds: [], targetBytes: 0n };

describe("what is worth merging", () => {
  it("are small segments of one shard of one partition", async () => {
    await add(
      7n,
      [1n],
      [2n],
      [3n],
      [4n, { vchannel: "v1" }],
      [5n, { partitionId: partitionId(2n) }],
      [6n, { state: "dropped" }],
    );
    const { plan } = await open();
    expect(plan()).toMatchObject({ plans: [], slots: 6n });
    nowMs += 20_000;
    await nodes.register({ workers: 2, largeWorkers: 2, segmentBytes: BigInt(1024 * MB) });
    expect(idsOf(plan().plans)).toEqual([[[1n, 2n, 3n]]]);
  });

  it("comes sooner where somebody asks, for what is asked for", async () => {
    await add(7n, [1n], [2n], [3n, { vchannel: "v1" }], [4n, { vchannel: "v1" }]);
    const { plan } = await open();
    const ask = (more: object) => idsOf(plan([], { ...everything, ...more }).plans);
    expect(ask({})).toEqual([
      [
        [1n, 2n],
        [3n, 4n],
      ],
    ]);
    expect(ask({ vchannel: "v1" })).toEqual([[[3n, 4n]]]);
    expect(ask({ segmentIds: [1n, 2n, 3n] })).toEqual([[[1n, 2n]]]);
    expect(ask({ partitionId: 9n })).toEqual([]);
    expect(ask({ collectionId: 8n })).toEqual([]);
  });

  it("is everything where somebody names a size, up to that size and to what datanodes seal", async () => {
    await add(7n, [1n, { memoryBytes: 700 * MB }], [2n, { memoryBytes: 200 * MB }], [3n]);
    const { plan } = await open();
    const ask = (targetBytes: bigint) => idsOf(plan([], { ...everything, targetBytes }).plans);
    expect(ask(0n)).toEqual([]);
    expect(ask(BigInt(100 * MB))).toEqual([[[3n], [2n], [1n]]]);
    expect(ask(BigInt(300 * MB))).toEqual([[[2n, 3n], [1n]]]);
    expect(ask(2n ** 63n - 1n)).toEqual([[[1n, 2n, 3n]]]);
  });

  it("leaves out what others have, and first names what replaces most", async () => {
    await add(7n, [1n], [2n], [3n], [4n]);
    await add(8n, [11n], [12n], [13n], [14n], [15n]);
    nowMs += 4000;
    const { plan } = await open();
    nowMs += 16_000;
    await nodes.register({ workers: 1, largeWorkers: 1, segmentBytes: BigInt(1024 * MB) });
    expect(idsOf(plan([1n]).plans)).toEqual([[[11n, 12n, 13n, 14n, 15n]], [[2n, 3n, 4n]]]);
  });

  it("is nothing without a datanode, and no more than the least of them can hold", async () => {
    await add(7n, [1n], [2n], [3n]);
    const { plan } = await open();
    nowMs += 20_000;
    expect(plan()).toMatchObject({ plans: [], slots: 0n });
    await nodes.register({ workers: 1, largeWorkers: 1, segmentBytes: 1000n });
    await nodes.register({ workers: 1, largeWorkers: 1, segmentBytes: BigInt(MB) });
    expect(idsOf(plan([], everything).plans)).toEqual([[[1n, 2n, 3n]]]);
    await nodes.register({ workers: 1, largeWorkers: 1, segmentBytes: 801n });
    expect(idsOf(plan([], everything).plans)).toEqual([[[1n, 2n, 3n]]]);
    await nodes.register({ workers: 1, largeWorkers: 1, segmentBytes: 800n });
    expect(plan([], everything).plans).toEqual([]);
  });

  it("is cut into plans of a gigabyte and of some thousand segments, unless somebody asks", async () => {
    const wide = { memoryBytes: 120 * MB };
    await add(7n, ...Array.from({ length: 18 }, (_, i) => [BigInt(i + 1), wide] as [bigint, object]));
    const { plan } = await open();
    expect(idsOf(plan().plans).map((merges) => merges.map((ids) => ids.length))).toEqual([[8], [8], [2]]);
    expect(idsOf(plan([], everything).plans).map((merges) => merges.map((ids) => ids.length))).toEqual([[8, 8, 2]]);
  });

  it("is looked for again once something has changed", async () => {
    await add(7n, [1n], [2n]);
    const { plan, load } = await open();
    nowMs += 20_000;
    await nodes.register({ workers: 1, largeWorkers: 1, segmentBytes: BigInt(MB) });
    expect(plan().plans).toEqual([]);
    await add(7n, [3n]);
    await load();
    expect(plan().plans).toEqual([]);
    nowMs += 20_000;
    await nodes.register({ workers: 1, largeWorkers: 1, segmentBytes: BigInt(MB) });
    expect(idsOf(plan().plans)).toEqual([[[1n, 2n, 3n]]]);
  });
});
