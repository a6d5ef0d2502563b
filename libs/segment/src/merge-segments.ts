import {
  type Column,
  constantColumn,
  type InsertBatch,
  rowsNotDeleted,
  type StoredRows,
  takeBatchRows,
} from "@sluice/columns";
import type { ObjectReads } from "@sluice/object-store";
import { type CollectionSchema, primaryKeyIndex, rowIdField, timestampField } from "@sluice/schema";
import { readSegmentField } from "./read-segment.ts";
import { readDeletes } from "./segment-deletes.ts";
import type { SegmentLogs } from "./segment-logs.ts";
import { segmentParts } from "./segment-parts.ts";
import type { SegmentWriterSet } from "./segment-writer-set.ts";

/** A segment whose rows go into another one. */
export interface MergeSource extends SegmentLogs {
  /** Of its rows in memory. */
  readonly memoryBytes: number;
  /** Hybrid timestamp from which on its rows count; undefined where its timestamp column says it row by row. */
  readonly timestamp: bigint | undefined;
}

/** Where segments are read, and how much of them at once. */
export interface MergeOptions {
  readonly schema: CollectionSchema;
  readonly store: ObjectReads;
  /** Bytes of rows that are read at once, as long as one log of each field is not larger. */
  readonly readBytes: number;
  readonly signal: AbortSignal;
  /** Told the rows and bytes of memory that were taken so far. */
  readonly onProgress: (rows: number, bytes: number) => void;
}

/** Parts that are read at once: each is some objects, which mostly take their time to come. */
const MAX_PARTS_AT_ONCE = 8;

/**
 * Appends the rows of segments to `writer`, in their order: values as they are stored, row numbers, and since when each row
 * counts. Fields that a segment has not, since they were added later, get their default, else null. Deleted rows stay behind.
 * @param writer of one bucket, open for stored rows
 * @throws {ImportError} as `readSegmentField`
 */
export async function appendSegments(
  sources: AsyncIterable<MergeSource>,
  writer: SegmentWriterSet,
  options: MergeOptions,
): Promise<number> {
  const done = { rows: 0, bytes: 0 };
  for await (const parts of packsOf(sources, options.readBytes)) {
    const batches = await Promise.all(parts.map((part) => readPart(part, options)));
    for (const [i, batch] of batches.entries()) {
      const { rowCount } = batch;
      if (rowCount > 0) await writer.append(batch, new Uint16Array(rowCount));
      done.rows += rowCount;
      done.bytes += parts[i].memoryBytes;
      options.onProgress(done.rows, done.bytes);
    }
    options.signal.throwIfAborted();
  }
  return done.rows;
}

/** Parts that are read together. Their order stays. */
async function* packsOf(sources: AsyncIterable<MergeSource>, readBytes: number): AsyncGenerator<MergeSource[]> {
  let pack: MergeSource[] = [];
  let bytes = 0;
  for await (const source of sources) {
    for (const part of segmentParts(source)) {
      const memoryBytes = (source.memoryBytes * part.rowCount) / source.rowCount;
      if (pack.length > 0 && (pack.length >= MAX_PARTS_AT_ONCE || bytes + memoryBytes > readBytes)) {
        yield pack;
        [pack, bytes] = [[], 0];
      }
      pack.push({ ...part, memoryBytes });
      bytes += memoryBytes;
    }
  }
  if (pack.length > 0) yield pack;
}

async function readPart(part: MergeSource, { schema, store, signal }: MergeOptions): Promise<InsertBatch> {
  const read = async (field: Parameters<typeof readSegmentField>[2]) =>
    (await readSegmentField(store, part, field, signal)).column;
  const timestamps: Column =
    part.timestamp === undefined
      ? await read(timestampField)
      : constantColumn(timestampField, part.rowCount, part.timestamp);
  const [rowIds, ...columns] = await Promise.all([rowIdField, ...schema.fields].map(read));
  const batch = { rowCount: part.rowCount, columns, sourceBytes: 0, storedRows: { rowIds, timestamps } };
  return part.deltaLogs ? withoutDeleted(batch, part, { schema, store, signal }) : batch;
}

async function withoutDeleted(
  batch: StoredBatch,
  part: MergeSource,
  { schema, store, signal }: Pick<MergeOptions, "schema" | "store" | "signal">,
): Promise<InsertBatch> {
  const key = primaryKeyIndex(schema);
  const deletes = await readDeletes(store, [part], schema.fields[key], signal);
  const { timestamps } = batch.storedRows;
  const all = Uint32Array.from({ length: batch.rowCount }, (_, row) => row);
  const rows = rowsNotDeleted(deletes, batch.columns[key], timestamps, all);
  return rows.length === all.length ? batch : takeBatchRows(batch, rows);
}

/** Rows with all their columns. */
type StoredBatch = Omit<InsertBatch, "columns"> & {
  readonly columns: readonly Column[];
  readonly storedRows: StoredRows;
};
