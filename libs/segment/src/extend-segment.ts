import { forEachConcurrent, releaseMemory } from "@sluice/async";
import { encodeInsertLog } from "@sluice/binlog";
import { type Column, columnBytes } from "@sluice/columns";
import type { ObjectWrites } from "@sluice/object-store";
import { type FieldLogs, type FieldSchema, type StoredSegment, timestampField } from "@sluice/schema";
import { boundsOf, copiesFor, type ExtendSource, extendedSegment, type NewLogs } from "./extended-logs.ts";
import { LogIdBlocks } from "./log-ids.ts";
import { isWorthPacking } from "./minor-columns.ts";
import { PutQueue } from "./put-queue.ts";
import { RepeatedTimestamp } from "./repeated-timestamp.ts";
import { insertLogKey } from "./segment-keys.ts";
import type { SegmentBucket, SegmentIds } from "./segment-logs.ts";

/** Objects of one segment that are copied at once: the storage does it, and each call mostly waits. */
const COPIES_AT_ONCE = 8;
/** Logs that are written at once, or several times as many small ones. */
const LARGE_PUTS_AT_ONCE = 2;
/** Parts whose logs are written while the values of the next one are found. */
const PARTS_IN_FLIGHT = 2;

/** What all segments of a merge share. */
export interface ExtendContext {
  readonly collectionId: bigint;
  readonly newFields: readonly FieldSchema[];
  readonly store: ObjectWrites;
  readonly ids: SegmentIds;
  /** Wall clock for the headers of the files. */
  readonly nowMs: number;
  readonly signal: AbortSignal;
  /** Waited for before so many bytes are copied; no wait unless given. */
  readonly paced?: (bytes: number) => Promise<void>;
}

/** The new one. Its id is recorded already (W1). */
export interface ExtendTarget extends SegmentBucket {
  readonly segmentId: bigint;
}

/** Columns of the new fields for the rows of the n-th logs, asked for in order. They stay valid during the next two calls. */
export type NewColumns = (part: number) => Promise<readonly Column[]>;

/**
 * Segments with the rows of others, and more fields: the logs of the others are copied by the storage, and logs of the new fields
 * are written beside them. No value of the source is read. Since when its rows count is said row by row, for they become visible
 * in another change than the source's.
 */
export class SegmentExtender {
  readonly #context: ExtendContext;
  readonly #logIds: LogIdBlocks;

  constructor(context: ExtendContext) {
    this.#context = context;
    this.#logIds = new LogIdBlocks(context.ids);
  }

  /** Nothing is written any more when it rejects (W6). @throws as `ObjectWrites.copy` and `put`; what `columnsOf` throws */
  async extend(source: ExtendSource, target: ExtendTarget, columnsOf: NewColumns): Promise<StoredSegment> {
    const leaving = new AbortController();
    const signal = AbortSignal.any([this.#context.signal, leaving.signal]);
    const logs = await this.#newLogs(source, target);
    const work = [this.#copyLogs(logs, signal), this.#writeLogs(logs, columnsOf, signal)] as const;
    for (const one of work) one.catch((error) => leaving.abort(error));
    await Promise.allSettled(work);
    // The one that failed first is the reason of the other.
    signal.throwIfAborted();
    const [, memoryBytes] = await Promise.all(work);
    return extendedSegment(logs, memoryBytes);
  }

  /** W3, W4: each part takes ids for all its fields at once. */
  async #newLogs(source: ExtendSource, target: ExtendTarget): Promise<NewLogs> {
    const { collectionId, newFields } = this.#context;
    const { insertLogs, statsLogs, bm25Logs = [], deltaLogs = [] } = source.segment;
    const fieldIds = [...insertLogs.map(({ fieldId }) => fieldId), ...newFields.map(({ fieldId }) => fieldId)];
    const firstIds: bigint[] = [];
    for (const _ of insertLogs[0].logIds) firstIds.push(await this.#logIds.take(fieldIds.length));
    const [statsIds, bm25Ids] = [await this.#idsFor(statsLogs), await this.#idsFor(bm25Logs)];
    const deltaIds = await this.#idsFor(deltaLogs);
    const { segmentId, partitionId, vchannel } = target;
    const place = { collectionId, partitionId, segmentId };
    const sizesBytes = fieldIds.map((_, i) => [...(insertLogs[i]?.sizesBytes ?? [])]);
    return { source, place, vchannel, fieldIds, firstIds, statsIds, bm25Ids, deltaIds, sizesBytes };
  }

  /** An id for each log that is copied as it is. */
  async #idsFor(lists: readonly FieldLogs[]): Promise<bigint[][]> {
    const ids: bigint[][] = [];
    for (const { logIds } of lists) {
      const first = await this.#logIds.take(logIds.length);
      ids.push(logIds.map((_, i) => first + BigInt(i)));
    }
    return ids;
  }

  async #copyLogs(logs: NewLogs, signal: AbortSignal): Promise<void> {
    const { store, paced } = this.#context;
    await forEachConcurrent(copiesFor(logs), COPIES_AT_ONCE, async (log, left) => {
      await paced?.(log.sizeBytes);
      await store.copy(log.from, log.to, AbortSignal.any([signal, left]));
    });
  }

  /** Resolves to the bytes of the values in memory. The logs of parts are written while the values of the next one are found. */
  async #writeLogs(logs: NewLogs, columnsOf: NewColumns, signal: AbortSignal): Promise<number> {
    const { insertLogs } = logs.source.segment;
    const { rowCounts } = insertLogs[0];
    const puts = new PutQueue(this.#context.store, LARGE_PUTS_AT_ONCE, signal);
    using timestamps = this.#timestampsOf(logs.source);
    let memoryBytes = 0;
    const running: Promise<unknown>[] = [];
    const times = new Map<number, WrittenLog>();
    const copies: Promise<unknown>[] = [];
    try {
      for (const [part, rowCount] of rowCounts.entries()) {
        const columns = await columnsOf(part);
        const alike = times.get(rowCount);
        if (alike) copies.push(quiet(this.#copyTimes(logs, part, alike, puts)));
        const made = this.#logsOf(logs, part, columns, alike ? undefined : timestamps).map((log) => ({
          ...log,
          ...this.#encode(logs, log),
        }));
        if (running.length === PARTS_IN_FLIGHT) await running.shift();
        const puttings = made.map((log) => this.#put(log, puts));
        running.push(quiet(Promise.all(puttings)));
        if (made[0]?.field === timestampField) times.set(rowCount, { part, key: made[0].key, written: puttings[0] });
        memoryBytes += bytesOf(columns, rowCount);
      }
      await Promise.all([...running, ...copies]);
    } catch (error) {
      puts.stop(error);
      throw error;
    } finally {
      await puts.settled();
    }
    return memoryBytes;
  }

  /** Times of as many rows as another part of the segment has: their log is the same, byte for byte. */
  async #copyTimes(logs: NewLogs, part: number, alike: WrittenLog, puts: PutQueue): Promise<void> {
    const index = logs.fieldIds.indexOf(timestampField.fieldId);
    const sizeBytes = logs.sizesBytes[index][alike.part];
    logs.sizesBytes[index][part] = sizeBytes;
    await alike.written;
    const key = insertLogKey(logs.place, timestampField.fieldId, logs.firstIds[part] + BigInt(index));
    await puts.copy(alike.key, key, sizeBytes);
  }

  /** Undefined where the segment's own are copied. */
  #timestampsOf({ segment, timestamp }: ExtendSource): RepeatedTimestamp | undefined {
    if (timestamp === undefined) return undefined;
    return new RepeatedTimestamp(timestamp, Math.max(...segment.insertLogs[0].rowCounts));
  }

  /** What is written of a part: times of its rows first, where they are written, and the new fields. */
  #logsOf(
    { source: { segment } }: NewLogs,
    part: number,
    columns: readonly Column[],
    timestamps: RepeatedTimestamp | undefined,
  ): NewLog[] {
    const { insertLogs } = segment;
    const rowCount = insertLogs[0].rowCounts[part];
    const rowBytes = bytesOf(columns, rowCount) + (segment.memoryBytes / segment.rowCount) * rowCount;
    const made = this.#context.newFields.map((field, i): NewLog => {
      const isPacked = isWorthPacking(columnBytes(columns[i], rowCount), rowBytes);
      return { field, index: insertLogs.length + i, part, column: columns[i], isPacked };
    });
    const index = insertLogs.findIndex(({ fieldId }) => fieldId === timestampField.fieldId);
    if (!timestamps || index < 0) return made;
    return [{ field: timestampField, index, part, column: timestamps.column(rowCount), isPacked: false }, ...made];
  }

  #encode(logs: NewLogs, { field, index, part, column, isPacked }: NewLog): EncodedLog {
    const { segment, timestamp } = logs.source;
    const [min, max] = timestamp === undefined ? boundsOf(segment) : [timestamp, timestamp];
    const { fieldId, dataType, elementType, dim, nullable } = field;
    const pieces = encodeInsertLog({
      ...{ ...logs.place, fieldId, dataType, elementType, dim, nullable, column, isPacked },
      ...{ rowCount: segment.insertLogs[0].rowCounts[part], minTimestamp: min, maxTimestamp: max },
      ...{ nowMs: this.#context.nowMs, dialect: nullable ? "2.5" : "2.3" },
    });
    logs.sizesBytes[index][part] = pieces.reduce((sum, piece) => sum + piece.length, 0);
    return { key: insertLogKey(logs.place, fieldId, logs.firstIds[part] + BigInt(index)), pieces };
  }

  async #put({ key, pieces, column }: NewLog & EncodedLog, puts: PutQueue): Promise<void> {
    await puts.put(key, pieces);
    for (const piece of pieces) if (piece.buffer !== column.data.buffer) releaseMemory(piece);
  }
}

interface NewLog {
  readonly field: FieldSchema;
  /** Among the fields of the new segment. */
  readonly index: number;
  readonly part: number;
  readonly column: Column;
  readonly isPacked: boolean;
}

interface EncodedLog {
  readonly key: string;
  readonly pieces: readonly Uint8Array[];
}

interface WrittenLog {
  readonly part: number;
  readonly key: string;
  readonly written: Promise<void>;
}

/** What is waited for later, or what it waits for is: until then its failure is nobody's to hear. */
function quiet<T>(work: Promise<T>): Promise<T> {
  work.catch(() => {});
  return work;
}

function bytesOf(columns: readonly Column[], rowCount: number): number {
  return columns.reduce((sum, column) => sum + columnBytes(column, rowCount), 0);
}
