import { describe, expect, it } from "@jest/globals";
import type { InsertBatch } from "@sluice/columns";
import { type CollectionSchema, DataType, rowIdField, timestampField } from "@sluice/schema";
import fc from "fast-check";
import {
  readBm25Stats,
  readSegmentField,
  readSegmentStats,
  type SealedSegment,
  SegmentWriterSet,
  type SegmentWriterSetOptions,
  segmentPrefixes,
} from "../src/index.ts";
import { bm25LogKey, insertLogKey, statsLogKey } from "../src/segment-keys.ts";
import { cells, field, randomBatch, schemaOf, seededRandom, textColumn, wideSchema } from "./rows.ts";
import { CountingIds, WatchedStore } from "./test-store.ts";

const timestamp = 445644800000000000n;
const vectors = schemaOf(
  field(100, DataType.Int64, { isPrimaryKey: true }),
  field(101, DataType.FloatVector, { dim: 16 }),
);
/** Row id, key, vector. */
const vectorRowBytes = 8 + 8 + 64;

function bucketsOf(count: number) {
  return Array.from({ length: count }, (_, i) => ({
    partitionId: BigInt(1 + Math.floor(i / 2)),
    vchannel: `v${i % 2}`,
  }));
}

interface Setup {
  readonly store: WatchedStore;
  readonly ids: CountingIds;
  readonly writer: SegmentWriterSet;
}

function open(schema: CollectionSchema, bucketCount: number, more: Partial<SegmentWriterSetOptions> = {}): Setup {
  const store = new WatchedStore();
  const ids = new CountingIds();
  const writer = SegmentWriterSet.open({
    schema,
    collectionId: 7n,
    newRows: { timestamp, rowIdBase: 2n ** 32n - 50n },
    store,
    ids,
    buckets: bucketsOf(bucketCount),
    nowMs: 1_700_000_000_000,
    signal: new AbortController().signal,
    ...more,
  });
  return { store, ids, writer };
}

function randomBuckets(rows: number, count: number, random: () => number): Uint16Array {
  return Uint16Array.from({ length: rows }, () => random() * count);
}

async function appendRows(
  { writer }: Setup,
  batches: number,
  rows: number,
  buckets: number,
  schema = vectors,
): Promise<void> {
  const random = seededRandom(3);
  for (let i = 0; i < batches; i++) {
    await writer.append(randomBatch(schema, i * rows, rows, random), randomBuckets(rows, buckets, random));
  }
}

describe("SegmentWriterSet", () => {
  it.each([
    ["Int64", DataType.Int64],
    ["VarChar", DataType.VarChar],
  ])("puts every row exactly once into its bucket, in order, %s keys", async (_name, pkType) => {
    const schema = wideSchema(pkType);
    const input = fc.record({
      seed: fc.integer(),
      batches: fc.array(fc.integer({ min: 1, max: 80 }), { minLength: 1, maxLength: 5 }),
      buckets: fc.integer({ min: 1, max: 6 }),
      flushBytes: fc.constantFrom(3_000, 30_000, 1_000_000),
      segmentBytes: fc.constantFrom(10_000, 200_000),
      workerMemoryBytes: fc.constantFrom(20_000, 10_000_000),
    });
    await fc.assert(
      fc.asyncProperty(input, async ({ seed, batches: sizes, buckets, ...limits }) => {
        const setup = open(schema, buckets, limits);
        const random = seededRandom(seed);
        const batches: { batch: InsertBatch; bucketOf: Uint16Array }[] = [];
        let firstRow = 0;
        for (const rows of sizes) {
          const batch = randomBatch(schema, firstRow, rows, random);
          const bucketOf = randomBuckets(rows, random() < 0.2 ? 1 : buckets, random);
          batches.push({ batch, bucketOf });
          await setup.writer.append(batch, bucketOf);
          firstRow += rows;
        }
        const segments = await setup.writer.seal();
        expect(setup.writer.rowCount).toBe(firstRow);
        await expectRows(setup.store, schema, segments, batches, buckets);
        expectInvariants(setup, segments);
      }),
      { numRuns: 10, seed: 11 },
    );
  });

  it("writes nothing for no rows", async () => {
    const { writer, store, ids } = open(vectors, 4);
    await writer.append(randomBatch(vectors, 0, 0, seededRandom(1)), new Uint16Array(0));
    expect(await writer.seal()).toEqual([]);
    expect([store.begun, ids.segmentCalls, ids.logIdCalls]).toEqual([[], [], []]);
  });

  it("asks for ids in few calls: small imports take one of each kind", async () => {
    const setup = open(vectors, 8);
    await appendRows(setup, 3, 200, 8);
    expect(await setup.writer.seal()).toHaveLength(8);
    expect(setup.ids.segmentCalls).toEqual([bucketsOf(8)]);
    expect(setup.ids.logIdCalls).toEqual([64]);
  });

  it("begins a new segment when one has its size, and reports each", async () => {
    const rows = 100;
    const setup = open(vectors, 1, { flushBytes: rows * vectorRowBytes, segmentBytes: 2 * rows * vectorRowBytes });
    await appendRows(setup, 5, rows, 1);
    const segments = await setup.writer.seal();
    expect(segments.map((segment) => segment.rowCount)).toEqual([200, 200, 100]);
    expect(segments.map((segment) => segment.insertLogs[0].rowCounts)).toEqual([[100, 100], [100, 100], [100]]);
    expect(segments[0]).toMatchObject({
      collectionId: 7n,
      partitionId: 1n,
      vchannel: "v0",
      timestamp,
      memoryBytes: 16_000,
    });
    expect(segments.map((segment) => [segment.minPk, segment.maxPk])).toEqual([
      [-1000n, -801n],
      [-800n, -601n],
      [-600n, -501n],
    ]);
  });

  it("counts rows and bytes as they come", async () => {
    const setup = open(vectors, 2);
    await appendRows(setup, 2, 50, 2);
    expect(setup.writer.rowCount).toBe(100);
    expect(setup.writer.writtenBytes).toBe(0);
    const segments = await setup.writer.seal();
    expect(setup.writer.writtenBytes).toBe(segments.reduce((sum, segment) => sum + segment.sizeBytes, 0));
  });

  it("keeps to its memory, whatever the number of buckets, and to its writes in flight", async () => {
    const workerMemoryBytes = 400_000;
    const setup = open(vectors, 40, { workerMemoryBytes, flushBytes: 100_000, flushesInFlight: 2 });
    let most = 0;
    const watch = () => (most = Math.max(most, setup.writer.bufferedBytes));
    setup.store.during = async () => {
      watch();
      await new Promise((resolve) => setImmediate(resolve));
      watch();
    };
    const random = seededRandom(3);
    for (let i = 0; i < 40; i++) {
      const rows = 500;
      await setup.writer.append(
        randomBatch(vectors, i * rows, rows, random),
        randomBuckets(rows, i < 20 ? 40 : 2, random),
      );
      watch();
    }
    const segments = await setup.writer.seal();
    expect(segments.reduce((sum, segment) => sum + segment.rowCount, 0)).toBe(20_000);
    expect(most).toBeLessThan(workerMemoryBytes * 1.05); // Headers and footers of files on their way come on top.
    expect(most).toBeGreaterThan(workerMemoryBytes / 2);
    expect(setup.store.mostInFlight).toBeLessThanOrEqual(2 * 6); // Small objects: six take the place of a large one.
  });

  it("flushes shards that fill alike in turn: a slow store takes one buffer besides theirs", async () => {
    for (const [isSlow, buffers] of [
      [false, 2],
      [true, 3],
    ] as const) {
      const flushBytes = 100_000;
      const setup = open(vectors, 2, { flushBytes });
      const turn = () => new Promise((resolve) => setImmediate(resolve));
      setup.store.during = async () => {
        for (let i = isSlow ? 200 : 1; i > 0; i--) await turn();
      };
      let most = 0;
      for (let i = 0; i < 300; i++) {
        await setup.writer.append(
          randomBatch(vectors, i * 50, 50, seededRandom(i)),
          Uint16Array.from({ length: 50 }, (_, row) => row % 2),
        );
        most = Math.max(most, setup.writer.bufferedBytes);
        await turn();
      }
      const segments = await setup.writer.seal();
      expect(segments.map((segment) => segment.rowCount)).toEqual([7500, 7500]);
      expect(most).toBeGreaterThan((buffers - 0.1) * flushBytes);
      expect(most).toBeLessThan((buffers + 0.1) * flushBytes); // Headers and timestamps of files on their way come on top.
    }
  });

  it("writes many small flushes at once, since they wait for syncs", async () => {
    const setup = open(vectors, 40);
    setup.store.during = () => new Promise((resolve) => setImmediate(resolve));
    await appendRows(setup, 1, 400, 40);
    await setup.writer.seal();
    expect(setup.store.mostInFlight).toBe(2 * 6);
  });

  it("makes the parser wait while the store is slow, and no longer", async () => {
    const setup = open(vectors, 1, { flushBytes: 100 * vectorRowBytes, workerMemoryBytes: 400 * vectorRowBytes });
    const gate = Promise.withResolvers<void>();
    setup.store.during = () => gate.promise;
    let appended = 0;
    const appending = (async () => {
      for (; appended < 20; appended++) await appendRows(setup, 4, 25, 1);
    })();
    for (let i = 0; i < 100; i++) await new Promise((resolve) => setImmediate(resolve));
    expect(appended).toBeGreaterThanOrEqual(2);
    expect(appended).toBeLessThan(6);
    gate.resolve();
    await appending;
    expect((await setup.writer.seal())[0].rowCount).toBe(2000);
  });

  it("writes batches of one bucket that are as large as a flush from where they lie, among others, and lets go of them", async () => {
    const sizes = fc.array(fc.constantFrom(1, 49, 50, 51, 99, 100, 101, 300), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(sizes, fc.constantFrom(150, 10_000), async (batchRows, segmentRows) => {
        const limits = { flushBytes: 100 * (vectorRowBytes - 8), segmentBytes: segmentRows * vectorRowBytes };
        const setup = open(vectors, 1, limits);
        const batches: { batch: InsertBatch; bucketOf: Uint16Array }[] = [];
        let firstRow = 0;
        for (const rows of batchRows) {
          const lent = randomBatch(vectors, firstRow, rows, seededRandom(rows));
          const bucketOf = new Uint16Array(rows);
          batches.push({ batch: structuredClone(lent), bucketOf });
          await setup.writer.append(lent, bucketOf);
          for (const column of lent.columns) column?.data.fill(7);
          firstRow += rows;
        }
        const segments = await setup.writer.seal();
        await expectRows(setup.store, vectors, segments, batches, 1);
        expectInvariants(setup, segments);
      }),
      { numRuns: 20, seed: 12 },
    );
  });

  it("W6: a batch that failed to be written is read by nobody any more", async () => {
    const setup = open(vectors, 1, { flushBytes: 100 * vectorRowBytes });
    const failure = new Error("disk full");
    setup.store.during = async (key) => {
      if (key.includes("/100/")) throw failure;
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    };
    await expect(appendRows(setup, 1, 100, 1)).rejects.toBe(failure);
    expect(setup.store.inFlight).toBe(0);
    await expect(setup.writer.seal()).rejects.toBe(failure);
    await setup.writer[Symbol.asyncDispose]();
    await expectQuiet(setup.store);
  });

  it("W5: a segment is reported when all its objects are written, statistics too", async () => {
    const setup = open(vectors, 3, { flushBytes: 5_000 });
    const random = seededRandom(8);
    setup.store.during = async () => {
      for (let i = Math.floor(random() * 5); i > 0; i--) await new Promise((resolve) => setImmediate(resolve));
    };
    await appendRows(setup, 6, 100, 3);
    for (const { segmentId, insertLogs } of await setup.writer.seal()) {
      const keys = setup.store.ended.filter((key) => key.includes(`/${segmentId}/`));
      expect(keys.filter((key) => key.startsWith("stats_log"))).toHaveLength(1);
      expect(keys).toHaveLength(1 + insertLogs.reduce((sum, logs) => sum + logs.logIds.length, 0));
    }
  });

  it("W6: a failed write fails the next call; after disposal nothing runs and nothing is written any more", async () => {
    const setup = open(vectors, 2, { flushBytes: 5_000 });
    const failure = new Error("disk full");
    setup.store.during = async (_key) => {
      await new Promise((resolve) => setImmediate(resolve));
      if (setup.store.begun.length >= 7) throw failure;
    };
    await expect(appendRows(setup, 50, 100, 2)).rejects.toBe(failure);
    await expect(appendRows(setup, 1, 100, 2)).rejects.toBe(failure);
    await expect(setup.writer.seal()).rejects.toBe(failure);
    await setup.writer[Symbol.asyncDispose]();
    await expectQuiet(setup.store);
  });

  it("W6: a failure while sealing fails it", async () => {
    const setup = open(vectors, 3);
    const failure = new Error("disk full");
    setup.store.during = async (key) => {
      if (key.startsWith("stats_log")) throw failure;
    };
    await appendRows(setup, 2, 100, 3);
    await expect(setup.writer.seal()).rejects.toBe(failure);
    await setup.writer[Symbol.asyncDispose]();
    await expectQuiet(setup.store);
  });

  it("W6: an abort ends waiting writes with its reason", async () => {
    const abort = new AbortController();
    const setup = open(vectors, 2, { flushBytes: 5_000, signal: abort.signal });
    setup.store.during = (_key, signal) =>
      new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
    const reason = new Error("task superseded");
    const appending = appendRows(setup, 50, 100, 2);
    setImmediate(() => abort.abort(reason));
    await expect(appending).rejects.toBe(reason);
    await setup.writer[Symbol.asyncDispose]();
    await expectQuiet(setup.store);
  });

  it("W6: leaving without sealing abandons what was not written", async () => {
    const setup = open(vectors, 2);
    await appendRows(setup, 2, 100, 2);
    await setup.writer[Symbol.asyncDispose]();
    expect(setup.store.begun).toEqual([]);
    await expect(appendRows(setup, 1, 10, 2)).rejects.toMatchObject({ code: "internal" });
  });

  it("fails when ids cannot be had, and stays failed", async () => {
    const setup = open(vectors, 1);
    const failure = new Error("datacoord is away");
    setup.ids.segments = () => Promise.reject(failure);
    await appendRows(setup, 1, 10, 1);
    await expect(setup.writer.seal()).rejects.toBe(failure);
    await expect(setup.writer.seal()).rejects.toBe(failure);
    expect(setup.store.begun).toEqual([]);
  });

  it("W4: refuses log ids that change their number of digits or go back", async () => {
    for (const first of [990n, 5n]) {
      const setup = open(vectors, 1, { flushBytes: 800 });
      let next = 100n;
      setup.ids.logIds = async () => {
        const given = next;
        next = first;
        return given;
      };
      const rejects = async () => {
        await appendRows(setup, 40, 10, 1);
        await setup.writer.seal();
      };
      await expect(rejects()).rejects.toMatchObject({
        code: "internal",
        reason: /expected ascending ids of equally many digits/,
      });
    }
  });

  it.each<[what: string, batch: InsertBatch, bucket: number, reason: RegExp]>([
    [
      "a missing column",
      { ...randomBatch(vectors, 0, 1, seededRandom(1)), columns: [undefined, undefined] },
      0,
      /without this column/,
    ],
    ["another kind of column", withColumn(1, textColumn(["a"])), 0, /does not have the form of its field/],
    [
      "a null where none may be",
      withColumn(1, { kind: "fixed", width: 64, data: new Uint8Array(64), validity: Uint8Array.of(0) }),
      0,
      /a null in a field that has none/,
    ],
    ["a bucket that does not exist", randomBatch(vectors, 0, 1, seededRandom(1)), 2, /bucket beyond 1/],
  ])("refuses %s", async (_what, batch, bucket, reason) => {
    const { writer } = open(vectors, 2);
    await expect(writer.append(batch, Uint16Array.of(bucket))).rejects.toThrow(reason);
  });

  it("refuses limits that cannot work", () => {
    expect(() => open(vectors, 1, { flushBytes: 2 ** 30 })).toThrow(RangeError);
    expect(() => open(vectors, 1, { flushesInFlight: 0 })).toThrow(RangeError);
    expect(() => open(schemaOf(field(100, DataType.Int64)), 1)).not.toThrow();
  });
});

function withColumn(index: number, column: InsertBatch["columns"][number]): InsertBatch {
  const batch = randomBatch(vectors, 0, 1, seededRandom(1));
  return { ...batch, columns: batch.columns.with(index, column) };
}

async function expectQuiet(store: WatchedStore): Promise<void> {
  expect(store.inFlight).toBe(0);
  const begun = store.begun.length;
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  expect(store.begun.length).toBe(begun);
}

/** Bucket by bucket, the segments in the order of their ids hold its rows in the order of the batches. */
async function expectRows(
  store: WatchedStore,
  schema: CollectionSchema,
  segments: readonly SealedSegment[],
  batches: readonly { batch: InsertBatch; bucketOf: Uint16Array }[],
  buckets: number,
): Promise<void> {
  const firstRowId = 2n ** 32n - 50n;
  for (const [bucket, { partitionId, vchannel }] of bucketsOf(buckets).entries()) {
    const own = segments
      .filter((segment) => segment.partitionId === partitionId && segment.vchannel === vchannel)
      .sort((a, b) => (a.segmentId < b.segmentId ? -1 : 1));
    for (const [i, of] of schema.fields.entries()) {
      const found: (string | null)[] = [];
      for (const segment of own) {
        const { column, rowCount } = await readSegmentField(store, segment, of);
        expect(rowCount).toBe(segment.rowCount);
        found.push(...cells(column, rowCount));
      }
      const wanted = batches.flatMap(({ batch, bucketOf }) =>
        cells(batch.columns[i]!, batch.rowCount).filter((_, row) => bucketOf[row] === bucket),
      );
      expect(found).toEqual(wanted);
    }
    const rowIds: bigint[] = [];
    for (const segment of own) {
      const read = (await readSegmentField(store, segment, rowIdField)).column;
      rowIds.push(...new BigInt64Array(read.data.buffer, read.data.byteOffset, segment.rowCount));
      const times = (await readSegmentField(store, segment, timestampField)).column;
      expect(new BigInt64Array(times.data.buffer, 0, segment.rowCount).every((time) => time === timestamp)).toBe(true);
    }
    const all = batches.flatMap(({ bucketOf }) => [...bucketOf]);
    expect(rowIds).toEqual(all.flatMap((of, row) => (of === bucket ? [firstRowId + BigInt(row)] : [])));
  }
}

function expectInvariants({ store, ids }: Setup, segments: readonly SealedSegment[]): void {
  // W1, W2
  expect(store.begun.every((key) => ids.recorded.has(key.split("/")[3]))).toBe(true);
  expect(new Set(store.begun).size).toBe(store.begun.length);
  for (const segment of segments) {
    const [rowIds, ...others] = segment.insertLogs;
    // W3
    for (const logs of others) expect(logs.rowCounts).toEqual(rowIds.rowCounts);
    expect(rowIds.rowCounts.reduce((sum, rows) => sum + rows, 0)).toBe(segment.rowCount);
    // W4
    for (const { logIds } of segment.insertLogs) expect(logIds.map(String)).toEqual(logIds.map(String).sort());
    const keys = [
      ...segment.insertLogs.flatMap((logs) => logs.logIds.map((id) => insertLogKey(segment, logs.fieldId, id))),
      ...segment.statsLogs.flatMap((logs) => logs.logIds.map((id) => statsLogKey(segment, logs.fieldId, id))),
      ...(segment.bm25Logs ?? []).flatMap((logs) => logs.logIds.map((id) => bm25LogKey(segment, logs.fieldId, id))),
    ];
    const prefixes = segmentPrefixes(segment.collectionId, segment.partitionId, segment.segmentId);
    const written = store.ended.filter((key) => prefixes.some((prefix) => key.startsWith(prefix)));
    expect(written.sort()).toEqual(keys.sort());
  }
  expect(store.ended).toHaveLength(store.begun.length);
}

describe("statistics of a segment", () => {
  it("know all its keys and not many others", async () => {
    const setup = open(vectors, 2);
    await appendRows(setup, 5, 400, 2);
    for (const segment of await setup.writer.seal()) {
      const stats = await readSegmentStats(setup.store, segment);
      const { column } = await readSegmentField(setup.store, segment, vectors.fields[0]);
      const keys = [...new BigInt64Array(column.data.buffer, column.data.byteOffset, segment.rowCount)];
      expect(keys.every((key) => stats.bloom.mayContain(key))).toBe(true);
      expect([stats.minPk, stats.maxPk]).toEqual([segment.minPk, segment.maxPk]);
      expect([keys[0], keys.at(-1)]).toEqual([segment.minPk, segment.maxPk]);
      const strangers = Array.from({ length: 3000 }, (_, i) => BigInt(10_000 + i));
      expect(strangers.filter((key) => stats.bloom.mayContain(key)).length).toBeLessThan(20);
    }
  });
});

it("a BM25 output has statistics of its terms, in a log of each segment", async () => {
  const bm25 = { name: "f", type: "bm25" as const, inputId: 102, outputId: 101, params: {} };
  const schema = schemaOf(
    field(100, DataType.Int64, { isPrimaryKey: true }),
    field(101, DataType.SparseFloatVector, { isFunctionOutput: true }),
  );
  const setup = open({ ...schema, functions: [bm25] }, 1);
  // Two rows: term 7 twice; term 7 once and term 9 once.
  const words = new Uint8Array(Uint32Array.of(7, 0, 7, 0, 9, 0).buffer);
  const floats = new Float32Array(words.buffer);
  floats.set([2], 1);
  floats.set([1], 3);
  floats.set([1], 5);
  const keys = { kind: "fixed", width: 8, data: new Uint8Array(BigInt64Array.of(1n, 2n).buffer) } as const;
  const terms = { kind: "var", offsets: Uint32Array.of(0, 8, 24), data: words, validity: undefined } as const;
  const batch = { rowCount: 2, columns: [{ ...keys, validity: undefined }, terms], sourceBytes: 0 };
  await setup.writer.append(batch, new Uint16Array(2));
  const [segment] = await setup.writer.seal();
  expectInvariants(setup, [segment]);
  const [stats] = await readBm25Stats(setup.store, segment, 101);
  expect([stats.rowCount, stats.tokenCount, [...stats.terms], [...stats.rowCounts]]).toEqual([2, 4, [7, 9], [2, 1]]);
  await expect(readBm25Stats(setup.store, { ...segment, bm25Logs: [] }, 101)).rejects.toThrow(/has no BM25 statistics/);
});
