import { expect, it } from "@jest/globals";
import type { SegmentRecord } from "@sluice/catalog";
import { type Column, deletedKeys, rowsNotDeleted } from "@sluice/columns";
import type { ObjectStore } from "@sluice/object-store";
import { MemoryObjectStore } from "@sluice/object-store/testing";
import {
  type CollectionSchema,
  collectionId,
  DataType,
  rowIdField,
  type StoredSegment,
  segmentId,
} from "@sluice/schema";
import { readDeletes, SegmentWriterSet, writeDeltaLog } from "@sluice/segment";
import fc from "fast-check";
import { ImportedDeletes } from "../src/rows/imported-deletes.ts";
import { RowDeletes } from "../src/rows/row-deletes.ts";

const COLLECTION = collectionId(7n);
const bucket = { partitionId: 8n, vchannel: "v0" };
const key = { ...rowIdField, fieldId: 100, name: "id", dataType: DataType.Int64, isPrimaryKey: true };
const schema: CollectionSchema = { ...{ name: "c", fields: [key], functions: [] }, timezone: "UTC" } as never;

interface Entry {
  readonly key: bigint;
  readonly ts: bigint;
}

/** A segment as the test has it: rows, since when they count, and what deleted some of them before. */
interface ModelSegment {
  readonly rows: readonly Entry[];
  /** Undefined: each row has its own time. */
  readonly commitTs: bigint | undefined;
  readonly before: readonly Entry[];
}

const longs = (values: readonly bigint[]): Column => ({
  ...{ kind: "fixed", width: 8, validity: undefined },
  data: new Uint8Array(BigInt64Array.from(values).buffer),
});

class World {
  readonly objects = new MemoryObjectStore();
  #nextId = 1000n;
  readonly take = async (count: number) => (this.#nextId += BigInt(count)) - BigInt(count);
  readonly deletes = new RowDeletes({
    ...{ objects: this.objects as unknown as ObjectStore, allocateIds: this.take, now: () => 0 },
    ...{ book: undefined as never, query: undefined as never },
  });

  async segment({ rows, commitTs, before }: ModelSegment): Promise<SegmentRecord> {
    const ids = { segments: async () => [await this.take(1)], logIds: this.take };
    await using writer = SegmentWriterSet.open({
      ...{ schema, collectionId: COLLECTION, store: this.objects, ids, buckets: [bucket], nowMs: 0 },
      ...{ signal: new AbortController().signal, flushBytes: 4096 },
      ...(commitTs !== undefined && { newRows: { timestamp: commitTs, rowIdBase: 1n } }),
    });
    const keys = longs(rows.map((row) => row.key));
    const storedRows = { rowIds: keys, timestamps: longs(rows.map((row) => row.ts)) };
    const batch = { rowCount: rows.length, columns: [keys], sourceBytes: 0, storedRows };
    await writer.append(batch, new Uint16Array(rows.length));
    const [made] = await writer.seal();
    return this.#withDeletes(recordOf(made), before);
  }

  async #withDeletes(record: SegmentRecord, before: readonly Entry[]): Promise<SegmentRecord> {
    if (before.length === 0) return record;
    const { deltaLogs, deletedRows } = await this.deletes.extend(record, key.fieldId, listsOf(before), 0);
    return { ...record, deltaLogs, deletedRows };
  }

  /** A segment without rows, as a task writes it: a log for each half. */
  async imported(entries: readonly Entry[]): Promise<SegmentRecord> {
    const id = await this.take(1);
    const place = { collectionId: COLLECTION, partitionId: bucket.partitionId, segmentId: id };
    const logs = {
      fieldId: key.fieldId,
      logIds: [] as bigint[],
      rowCounts: [] as number[],
      sizesBytes: [] as number[],
    };
    const middle = Math.ceil(entries.length / 2);
    for (const part of [entries.slice(0, middle), entries.slice(middle)].filter(({ length }) => length > 0)) {
      const logId = await this.take(1);
      logs.sizesBytes.push(await writeDeltaLog(this.objects, place, logId, listsOf(part), 0));
      logs.logIds.push(logId);
      logs.rowCounts.push(part.length);
    }
    const [timestamp] = entries.map(({ ts }) => ts).sort((a, b) => Number(b - a));
    const none = { rowCount: 0, sizeBytes: 0, memoryBytes: 0, insertLogs: [], statsLogs: [], deltaLogs: [logs] };
    return recordOf({ ...bucket, collectionId: COLLECTION, segmentId: id, timestamp, ...none, deletedRows: 0 });
  }
}

function recordOf(segment: StoredSegment): SegmentRecord {
  return { ...segment, segmentId: segmentId(segment.segmentId), state: "sealed" } as SegmentRecord;
}

function listsOf(entries: readonly Entry[]) {
  return { keys: entries.map((entry) => entry.key), timestamps: entries.map(({ ts }) => ts) };
}

/** Rows of a segment that are there after some deletes, by the rule itself. */
function liveOf({ rows, commitTs }: ModelSegment, deletes: readonly Entry[]): number[] {
  const isHit = (row: Entry) => deletes.some((entry) => entry.key === row.key && entry.ts > (commitTs ?? row.ts));
  return rows.flatMap((row, i) => (isHit(row) ? [] : [i]));
}

const entry = fc.record({ key: fc.bigInt(-3n, 8n), ts: fc.bigInt(1n, 12n) });
const modelSegment: fc.Arbitrary<ModelSegment> = fc.record({
  rows: fc.array(entry, { minLength: 1, maxLength: 12 }),
  commitTs: fc.option(fc.bigInt(1n, 12n), { nil: undefined }),
  before: fc.array(entry, { maxLength: 4 }),
});

it("imported deletes take exactly the rows of their keys that are older, and count those that were there", async () => {
  const world = fc.array(modelSegment, { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(world, fc.array(entry, { minLength: 1, maxLength: 10 }), async (models, deletes) => {
      const w = new World();
      const records = await Promise.all(models.map((model) => w.segment(model)));
      const visible = records.map((record, i) => ({ record, commitTs: models[i].commitTs ?? 99n }));
      const keys = { of: async () => key } as never;
      const imported = new ImportedDeletes(keys, w.objects as unknown as ObjectStore, w.deletes);
      const { extensions, rowCount } = await imported.of(COLLECTION, [await w.imported(deletes)], visible);
      let hits = 0;
      for (const [i, model] of models.entries()) {
        const extension = extensions.find((one) => one.segmentId === records[i].segmentId);
        const all = extension?.deltaLogs ? { ...records[i], deltaLogs: extension.deltaLogs } : records[i];
        const wanted = liveOf(model, [...model.before, ...deletes]);
        expect(await readLive(w, all, model)).toEqual(wanted);
        const newlyDeleted = liveOf(model, model.before).length - wanted.length;
        expect(Number(extension?.deletedRows ?? 0)).toBe(newlyDeleted);
        hits += newlyDeleted;
      }
      expect(rowCount).toBe(hits);
    }),
    { numRuns: 60 },
  );
});

/** Rows that readers find. */
async function readLive(w: World, segment: SegmentRecord, { rows, commitTs }: ModelSegment): Promise<number[]> {
  const deletes = segment.deltaLogs ? await readDeletes(w.objects, [segment], key) : deletedKeys(DataType.Int64);
  const keys = longs(rows.map((row) => row.key));
  const timestamps = commitTs ?? longs(rows.map((row) => row.ts));
  return [...rowsNotDeleted(deletes, keys, timestamps, Uint32Array.from(rows.keys()))];
}
