import { describe, expect, it } from "@jest/globals";
import type { InsertBatch } from "@sluice/columns";
import { type CollectionSchema, DataType, rowIdField, timestampField } from "@sluice/schema";
import {
  appendSegments,
  type MergeSource,
  readSegmentField,
  readSegmentStats,
  type SealedSegment,
  SegmentWriterSet,
} from "../src/index.ts";
import { cells, field, randomBatch, schemaOf, seededRandom, wideSchema } from "./rows.ts";
import { CountingIds, WatchedStore } from "./test-store.ts";

const bucket = { partitionId: 1n, vchannel: "v0" };
const signal = new AbortController().signal;

function open(
  store: WatchedStore,
  ids: CountingIds,
  schema: CollectionSchema,
  newRows?: { timestamp: bigint; rowIdBase: bigint },
) {
  const shared = { schema, collectionId: 7n, store, ids, buckets: [bucket], nowMs: 1_700_000_000_000, signal };
  return SegmentWriterSet.open({ ...shared, flushBytes: 4096, ...(newRows && { newRows }) });
}

/** One segment of these rows, as an import writes it. */
async function written(store: WatchedStore, ids: CountingIds, schema: CollectionSchema, batch: InsertBatch) {
  const writer = open(store, ids, schema, { timestamp: 5n, rowIdBase: 1n });
  await writer.append(batch, new Uint16Array(batch.rowCount));
  return (await writer.seal())[0];
}

async function merged(store: WatchedStore, ids: CountingIds, schema: CollectionSchema, sources: MergeSource[]) {
  const writer = open(store, ids, schema);
  const seen: number[] = [];
  const onProgress = (rows: number) => void seen.push(rows);
  const options = { schema, store, readBytes: 8192, signal, onProgress };
  const rows = await appendSegments(
    (async function* () {
      yield* sources;
    })(),
    writer,
    options,
  );
  const [segment, ...more] = await writer.seal();
  expect(more).toEqual([]);
  expect(seen.at(-1)).toBe(rows);
  return segment;
}

const longsOf = async (store: WatchedStore, segment: SealedSegment, of: typeof rowIdField) => {
  const { column, rowCount } = await readSegmentField(store, segment, of);
  return [...new BigInt64Array(column.data.buffer, column.data.byteOffset, rowCount)];
};

describe("segments that are merged", () => {
  it.each([
    ["Int64", DataType.Int64],
    ["VarChar", DataType.VarChar],
  ])("keep all values, row numbers and their order, of every type, %s keys", async (_name, pkType) => {
    const schema = wideSchema(pkType);
    const [store, ids, random] = [new WatchedStore(), new CountingIds(), seededRandom(1)];
    const batches = [30, 1, 7].map((rows, i) => randomBatch(schema, 100 * i, rows, random));
    const sources = [];
    for (const batch of batches) sources.push(await written(store, ids, schema, batch));
    expect(sources[0].insertLogs[0].logIds.length).toBeGreaterThan(1);
    const timestamps = [70n, 60n, 90n];
    const segment = await merged(
      store,
      ids,
      schema,
      sources.map((source, i) => ({ ...source, timestamp: timestamps[i] })),
    );
    expect(segment).toMatchObject({ rowCount: 38, timestamp: 90n, rowTimestamps: { min: 60n, max: 90n } });
    expect(segment.memoryBytes).toBe(sources.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0));
    for (const [i, of] of schema.fields.entries()) {
      const { column, rowCount } = await readSegmentField(store, segment, of);
      expect(cells(column, rowCount)).toEqual(batches.flatMap(({ columns, rowCount: n }) => cells(columns[i]!, n)));
    }
    expect(await longsOf(store, segment, rowIdField)).toEqual(
      batches.flatMap(({ rowCount }) => Array.from({ length: rowCount }, (_, row) => BigInt(row + 1))),
    );
    const stats = await readSegmentStats(store, segment);
    expect([stats.minPk, stats.maxPk]).toEqual([segment.minPk, segment.maxPk]);
    expect(stats.bloom.mayContain(pkType === DataType.Int64 ? -895n : "key-105")).toBe(false);
    expect(stats.bloom.mayContain(pkType === DataType.Int64 ? -794n : "key-206")).toBe(true);
  });

  it("keep since when each row counts, also when they are merged again", async () => {
    const schema = schemaOf(field(100, DataType.Int64, { isPrimaryKey: true }));
    const [store, ids, random] = [new WatchedStore(), new CountingIds(), seededRandom(2)];
    const sources = [];
    for (const rows of [2, 1, 1]) sources.push(await written(store, ids, schema, randomBatch(schema, 0, rows, random)));
    const [a, b, c] = sources;
    const once = await merged(store, ids, schema, [
      { ...a, timestamp: 40n },
      { ...b, timestamp: 20n },
    ]);
    expect(await longsOf(store, once, timestampField)).toEqual([40n, 40n, 20n]);
    const twice = await merged(store, ids, schema, [
      { ...once, timestamp: undefined },
      { ...c, timestamp: 30n },
    ]);
    expect(await longsOf(store, twice, timestampField)).toEqual([40n, 40n, 20n, 30n]);
    expect(twice.rowTimestamps).toEqual({ min: 20n, max: 40n });
  });

  it("have fields that were added since: the default in each row, else null", async () => {
    const key = field(100, DataType.Int64, { isPrimaryKey: true });
    const [store, ids, random] = [new WatchedStore(), new CountingIds(), seededRandom(3)];
    const old = schemaOf(key);
    const source = await written(store, ids, old, randomBatch(old, 0, 2, random));
    const added = schemaOf(
      key,
      field(101, DataType.Int32, { defaultValue: 258n }),
      field(102, DataType.VarChar, { nullable: true }),
    );
    const segment = await merged(store, ids, added, [{ ...source, timestamp: 1n }]);
    const cellsOf = async (i: number) => {
      const { column, rowCount } = await readSegmentField(store, segment, added.fields[i]);
      return cells(column, rowCount);
    };
    expect(await cellsOf(1)).toEqual(["\x02\x01\0\0", "\x02\x01\0\0"]);
    expect(await cellsOf(2)).toEqual([null, null]);
  });
});
