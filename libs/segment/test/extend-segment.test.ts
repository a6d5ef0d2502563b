import { describe, expect, it } from "@jest/globals";
import { DataType, timestampField } from "@sluice/schema";
import { readSegmentField, SegmentExtender, SegmentWriterSet } from "../src/index.ts";
import { field, randomBatch, schemaOf, seededRandom } from "./rows.ts";
import { CountingIds, WatchedStore } from "./test-store.ts";

const bucket = { partitionId: 1n, vchannel: "v0" };
const schema = schemaOf(
  field(100, DataType.Int64, { isPrimaryKey: true }),
  field(101, DataType.FloatVector, { dim: 60 }),
);
const nowMs = 1_700_000_000_000;
const ROWS = 100;

/** A segment of several parts, all but the last one of equally many rows. */
async function written(store: WatchedStore, ids: CountingIds) {
  const signal = new AbortController().signal;
  const shared = { schema, collectionId: 7n, store, ids, buckets: [bucket], nowMs, signal, flushBytes: 4096 };
  await using writer = SegmentWriterSet.open({ ...shared, newRows: { timestamp: 5n, rowIdBase: 1n } });
  await writer.append(randomBatch(schema, 0, ROWS, seededRandom(1)), new Uint16Array(ROWS));
  return (await writer.seal())[0];
}

async function extended(store: WatchedStore, ids: CountingIds, timestamp: bigint) {
  const segment = await written(store, ids);
  store.begun.length = 0;
  const { signal } = new AbortController();
  const extender = new SegmentExtender({ collectionId: 8n, newFields: [], store, ids, signal, nowMs });
  const [segmentId] = await ids.segments([bucket]);
  return extender.extend({ segment, timestamp }, { ...bucket, segmentId }, async () => []);
}

describe("a segment that is copied", () => {
  it("says of each row since when it counts", async () => {
    const store = new WatchedStore();
    const made = await extended(store, new CountingIds(), 99n);
    const { column, rowCount } = await readSegmentField(store, made, timestampField);
    const times = new BigInt64Array(column.data.buffer, column.data.byteOffset, rowCount);
    expect([...times]).toEqual(Array(ROWS).fill(99n));
  });

  it("has its times written once for parts of equally many rows: the storage copies them", async () => {
    const store = new WatchedStore();
    const { insertLogs } = await extended(store, new CountingIds(), 99n);
    const { rowCounts, logIds, sizesBytes } = insertLogs.find(({ fieldId }) => fieldId === timestampField.fieldId)!;
    expect(rowCounts.length).toBeGreaterThan(3);
    expect(store.begun.filter((key) => !store.copied.includes(key))).toHaveLength(new Set(rowCounts).size);
    for (const [part, logId] of logIds.entries()) {
      const [key] = (await Array.fromAsync(store.list("insert_log/8/"))).filter((one) => one.key.endsWith(`/${logId}`));
      expect(key.sizeBytes).toBe(sizesBytes[part]);
    }
  });

  it("is given up when the log that others are copied from cannot be written, and writes nothing after it", async () => {
    const store = new WatchedStore();
    const ids = new CountingIds();
    const segment = await written(store, ids);
    store.during = async () => {
      throw new Error("the disk is full");
    };
    const { signal } = new AbortController();
    const extender = new SegmentExtender({ collectionId: 8n, newFields: [], store, ids, signal, nowMs });
    const [segmentId] = await ids.segments([bucket]);
    const extending = extender.extend({ segment, timestamp: 99n }, { ...bucket, segmentId }, async () => []);
    await expect(extending).rejects.toThrow("the disk is full");
    const keys = async () => (await Array.fromAsync(store.list("insert_log/8/"))).map(({ key }) => key);
    const left = await keys();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await keys()).toEqual(left);
    expect(left.filter((key) => key.split("/")[4] === "1")).toEqual([]);
  });
});
