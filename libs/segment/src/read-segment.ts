import { mapConcurrent, releaseMemory } from "@sluice/async";
import {
  appendInsertLog,
  type Bm25Stats,
  ColumnSink,
  decodeBm25Stats,
  decodeStatsLog,
  type PrimaryKeyStats,
  type SinkMemory,
} from "@sluice/binlog";
import { type Column, constantColumn } from "@sluice/columns";
import { ImportError, locate } from "@sluice/errors";
import type { ObjectReads } from "@sluice/object-store";
import type { DefaultValue, FieldLogs, FieldSchema } from "@sluice/schema";
import { bm25LogKey, insertLogKey, statsLogKey } from "./segment-keys.ts";
import type { SegmentLogs } from "./segment-logs.ts";

/** Logs fetched ahead of the one being decoded. */
const readsInFlight = 4;

/**
 * One field of a whole segment, all logs one after the other: row n here is row n in every field. A field that was added
 * after the segment was written has its default in every row, else null. Own memory.
 * @param field of the schema, or `rowIdField`, `timestampField`
 * @param valuesIn where values of equal width go, or the one file that has them all as they are
 * @throws {ImportError} as `ObjectReads.stat`; `internal` when a log is missing, damaged or not as recorded
 */
export async function readSegmentField(
  store: ObjectReads,
  segment: SegmentLogs,
  field: FieldSchema,
  signal?: AbortSignal,
  valuesIn?: SinkMemory["take"],
): Promise<{ column: Column; rowCount: number }> {
  const logs = segment.insertLogs.find(({ fieldId }) => fieldId === field.fieldId);
  if (!logs) return { column: standIn(field, segment.rowCount), rowCount: segment.rowCount };
  const keepsFiles = valuesIn !== undefined && logs.logIds.length === 1;
  const sink = ColumnSink.forField(field, segment.rowCount, valuesIn && { take: valuesIn, keepsFiles });
  const memory = new ReadMemory(readsInFlight, keepsFiles ? valuesIn : Buffer.allocUnsafeSlow);
  const fetch = async (index: number) => {
    const bytes = memory.take(index, logs.sizesBytes[index]);
    await readWhole(store, insertLogKey(segment, logs.fieldId, logs.logIds[index]), bytes, signal);
    return { index, bytes };
  };
  for await (const { index, bytes } of mapConcurrent(logs.logIds.keys(), readsInFlight, fetch)) {
    signal?.throwIfAborted();
    decodeLog(segment, logs, index, bytes, sink);
  }
  if (!keepsFiles) memory.release();
  if (sink.rowCount !== segment.rowCount) throw notAsRecorded(segment, logs, sink.rowCount, segment.rowCount);
  return sink.finish();
}

/** What readers ask of a segment's keys before they read its rows. */
export interface SegmentKeyStats {
  /** Inclusive. */
  readonly minPk: bigint | string;
  readonly maxPk: bigint | string;
  readonly bloom: {
    /** False: no row has the key. */
    mayContain(key: bigint | string): boolean;
  };
}

/** @throws as `readSegmentField`; also `internal` for a segment without statistics */
export async function readSegmentStats(
  store: ObjectReads,
  segment: SegmentLogs,
  signal?: AbortSignal,
): Promise<SegmentKeyStats> {
  const all: PrimaryKeyStats[] = [];
  for (const { fieldId, logIds, sizesBytes } of segment.statsLogs) {
    for (const [i, logId] of logIds.entries()) {
      const key = statsLogKey(segment, fieldId, logId);
      const bytes = Buffer.allocUnsafeSlow(sizesBytes[i]);
      await readWhole(store, key, bytes, signal);
      all.push(...damagedAsInternal(key, () => decodeStatsLog(bytes)));
    }
  }
  if (all.length === 0) throw new ImportError("internal", `segment ${segment.segmentId} has no statistics`);
  return merged(all);
}

/**
 * What is known of the terms of a BM25 output, one for each log.
 * @throws as `readSegmentField`; also `internal` for a segment without such statistics
 */
export async function readBm25Stats(store: ObjectReads, segment: SegmentLogs, fieldId: number): Promise<Bm25Stats[]> {
  const logs = segment.bm25Logs?.find((one) => one.fieldId === fieldId);
  if (!logs)
    throw new ImportError("internal", `segment ${segment.segmentId} has no BM25 statistics of field ${fieldId}`);
  const all: Bm25Stats[] = [];
  for (const [i, logId] of logs.logIds.entries()) {
    const key = bm25LogKey(segment, fieldId, logId);
    const bytes = Buffer.allocUnsafeSlow(logs.sizesBytes[i]);
    await readWhole(store, key, bytes, undefined);
    all.push(damagedAsInternal(key, () => decodeBm25Stats(bytes)));
  }
  return all;
}

function merged(all: readonly PrimaryKeyStats[]): SegmentKeyStats {
  const minPk = all.map((stats) => stats.minPk).reduce((a, b) => (isBefore(b, a) ? b : a));
  const maxPk = all.map((stats) => stats.maxPk).reduce((a, b) => (isBefore(a, b) ? b : a));
  // A filter that could not be read answers yes.
  const mayContain = (key: bigint | string) => all.some(({ bloom }) => bloom?.mayContain(key) ?? true);
  return { minPk, maxPk, bloom: { mayContain } };
}

/** Text by its UTF-8 bytes, as the server compares it. */
function isBefore(a: bigint | string, b: bigint | string): boolean {
  if (typeof a === "string" && typeof b === "string") return Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0;
  return a < b;
}

function standIn(field: FieldSchema, rowCount: number): Column {
  const value = field.defaultValue ?? emptyValue(field);
  if (value !== undefined) return constantColumn(field, rowCount, value);
  throw new ImportError("internal", "the segment has no rows of this field", { field: field.name });
}

function emptyValue({ nullable, isDynamic }: FieldSchema): DefaultValue | null | undefined {
  if (nullable) return null;
  return isDynamic ? Buffer.from("{}") : undefined;
}

/** Memory for whole objects, used again: fresh pages for each would cost more than reading them. */
class ReadMemory {
  readonly #buffers: Uint8Array[];
  readonly #make: (length: number) => Uint8Array;

  constructor(count: number, make: (length: number) => Uint8Array) {
    this.#make = make;
    this.#buffers = Array.from({ length: count }, () => new Uint8Array(0));
  }

  /** Free again when read `index + count` begins: by then this one has been decoded, since reads end in their order. */
  take(index: number, sizeBytes: number): Uint8Array {
    const slot = index % this.#buffers.length;
    if (this.#buffers[slot].length < sizeBytes) this.#buffers[slot] = this.#make(sizeBytes);
    return this.#buffers[slot].subarray(0, sizeBytes);
  }

  /** When no read is under way any more. */
  release(): void {
    for (const buffer of this.#buffers) releaseMemory(buffer);
  }
}

/** All of an object, which is as large as `target`. @throws as `readSegmentField` */
export async function readWhole(
  store: ObjectReads,
  key: string,
  target: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<void> {
  return readInto(store, key, 0, target, signal);
}

/** As many bytes of an object as `target` has, which must be there. @throws as `readSegmentField` */
export async function readInto(
  store: ObjectReads,
  key: string,
  position: number,
  target: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<void> {
  const length = await store.readInto(key, position, target, signal).catch((error: unknown) => {
    throw missingAsInternal(key, error);
  });
  if (length === target.length) return;
  const [has, recorded] = [position + length, position + target.length];
  throw new ImportError("internal", `object "${key}" has ${has} bytes, recorded are ${recorded}`);
}

/** An object of a segment is gone: it was removed, or replaced, longer ago than snapshots are kept. */
export class SegmentGone extends ImportError {}

/** An object that a record names and that is gone is the server's fault: who asks has named no file. */
function missingAsInternal(key: string, error: unknown): unknown {
  if (!(error instanceof ImportError) || error.code !== "file_not_found") return error;
  return new SegmentGone("internal", `object "${key}" of a segment is missing`, undefined, { cause: error });
}

function decodeLog(segment: SegmentLogs, logs: FieldLogs, index: number, bytes: Uint8Array, sink: ColumnSink): void {
  const key = insertLogKey(segment, logs.fieldId, logs.logIds[index]);
  const { rowCount } = damagedAsInternal(key, () => appendInsertLog(bytes, sink));
  if (rowCount !== logs.rowCounts[index]) throw notAsRecorded(segment, logs, rowCount, logs.rowCounts[index]);
}

/** To readers of segments a damaged object is no fault of the user's files. */
export function damagedAsInternal<T>(key: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ImportError)) throw error;
    throw locate(
      new ImportError("internal", `object "${key}" is damaged: ${error.reason}`, error.at, { cause: error }),
      {
        file: key,
      },
    );
  }
}

function notAsRecorded(segment: SegmentLogs, { fieldId }: FieldLogs, found: number, recorded: number): ImportError {
  return new ImportError(
    "internal",
    `segment ${segment.segmentId}, field ${fieldId}: ${found} rows in the logs, ${recorded} recorded`,
  );
}
