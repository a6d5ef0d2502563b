import { type Column, type DeletedKeys, rowsNotDeleted } from "@sluice/columns";
import type { ObjectReads } from "@sluice/object-store";
import { type FieldSchema, isVector, timestampField } from "@sluice/schema";
import {
  readBm25Stats,
  readDeletes,
  readSegmentField,
  readSegmentStats,
  type SegmentKeyStats,
  type SegmentLogs,
} from "@sluice/segment";
import { inBoth, rowsBetween } from "./row-range.ts";
import { type Sketches, sketchesOf } from "./search/sketches.ts";

const SHARED_FROM_BYTES = 64 << 10;
/** Rows are few where a part has more than so many times as many. */
const FEW_OF = 16;

interface CacheEntry {
  readonly value: Promise<unknown>;
  sizeBytes: number;
}

/**
 * What queries read of visible segments, kept until its budget is passed: the least recently used goes first. Segments
 * never change, so what was read stays right. Queries that ask for the same thing share one read, so none of them can end
 * it for the others.
 */
export class SegmentCache {
  readonly #store: ObjectReads;
  readonly #budgetBytes: number;
  readonly #entries = new Map<string, CacheEntry>();
  #usedBytes = 0;

  constructor(store: ObjectReads, budgetBytes: number) {
    this.#store = store;
    this.#budgetBytes = budgetBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** One field of one part of a segment. @throws as `readSegmentField` */
  column(part: SegmentLogs, field: FieldSchema): Promise<Column> {
    const read = async () => {
      const valuesIn = isVector(field.dataType) ? sharedMemory : undefined;
      const { column } = await readSegmentField(this.#store, part, field, undefined, valuesIn);
      return isVector(field.dataType) ? shared(column) : column;
    };
    return this.#get(columnKey(part, field), read, sizeOf);
  }

  /** A column of vectors, with sketches if it was kept since it was asked for before. @throws as `column` */
  async vectors(
    part: SegmentLogs,
    field: FieldSchema,
  ): Promise<{ readonly column: Column; readonly sketches: Sketches | undefined }> {
    const key = columnKey(part, field);
    const isKept = this.#entries.has(key);
    const column = await this.column(part, field);
    if (!isKept) return { column, sketches: undefined };
    const make = async () => sketchesOf(column, part.rowCount, field);
    const sketches = await this.#get(`sketches/${key}`, make, (made) => made?.data.byteLength ?? 1);
    return { column, sketches };
  }

  /** @throws as `readSegmentStats` */
  stats(segment: SegmentLogs): Promise<SegmentKeyStats> {
    const sizeBytes = segment.statsLogs.flatMap((logs) => logs.sizesBytes).reduce((sum, size) => sum + size, 0);
    return this.#get(
      `stats/${segment.segmentId}`,
      () => readSegmentStats(this.#store, segment),
      () => sizeBytes,
    );
  }

  /** @throws as `readBm25Stats` */
  bm25Stats(segment: SegmentLogs, fieldId: number): ReturnType<typeof readBm25Stats> {
    return this.#get(
      `bm25/${segment.segmentId}/${fieldId}`,
      () => readBm25Stats(this.#store, segment, fieldId),
      (all) => all.reduce((sum, { terms, rowCounts }) => sum + terms.byteLength + rowCounts.byteLength, 0),
    );
  }

  /**
   * Those of `rows` of a part that no delete concerns, ascending; not to be written.
   * @param rows ascending @param since from when on its rows count; undefined where its timestamp column says it
   * @throws as `readDeletes`
   */
  async notDeleted(part: SegmentLogs, key: FieldSchema, since: bigint | undefined, rows: Uint32Array) {
    // What is known of all rows costs a look at each of them, after every delete.
    if (rows.length * FEW_OF < part.rowCount) return this.#withoutDeleted(part, key, since, rows);
    const live = await this.#liveRows(part, key, since);
    return rows.length === part.rowCount ? live : inBoth(rows, live);
  }

  /** A log at a time, which never changes: after a delete what is new is one log, and the small ones that it has taken in. */
  async #withoutDeleted(part: SegmentLogs, key: FieldSchema, since: bigint | undefined, rows: Uint32Array) {
    const [keys, timestamps] = await this.#keysAndTimes(part, key, since);
    let left = rows;
    for (const logs of part.deltaLogs ?? [])
      for (const [n, logId] of logs.logIds.entries()) {
        const one = { ...logs, logIds: [logId], sizesBytes: [logs.sizesBytes[n]], rowCounts: [logs.rowCounts[n]] };
        const only = { ...part, deltaLogs: [one] };
        left = rowsNotDeleted(await this.#deletes(only, key, `${logId}`), keys, timestamps, left);
      }
    return left;
  }

  #liveRows(part: SegmentLogs, key: FieldSchema, since: bigint | undefined): Promise<Uint32Array> {
    // What is added to the deletes has an id of its own.
    const deletes = (part.deltaLogs ?? []).flatMap(({ logIds }) => logIds).join();
    const read = async () => {
      const deleted = await this.#deletes(part, key, deletes);
      const [keys, timestamps] = await this.#keysAndTimes(part, key, since);
      return rowsNotDeleted(deleted, keys, timestamps, rowsBetween(0, part.rowCount));
    };
    return this.#get(`live/${part.insertLogs[0].logIds[0]}/${deletes}`, read, (rows) => rows.byteLength + 1);
  }

  #keysAndTimes(part: SegmentLogs, key: FieldSchema, since: bigint | undefined): Promise<[Column, bigint | Column]> {
    return Promise.all([this.column(part, key), since ?? this.column(part, timestampField)]);
  }

  /** Of a whole segment: its parts share them. */
  #deletes(part: SegmentLogs, key: FieldSchema, ids: string): Promise<DeletedKeys> {
    const read = () => readDeletes(this.#store, [part], key);
    return this.#get(`deletes/${part.segmentId}/${ids}`, read, ({ bytes }) => bytes);
  }

  #get<T>(key: string, read: () => Promise<T>, size: (value: T) => number): Promise<T> {
    const known = this.#entries.get(key);
    if (known) {
      this.#entries.delete(key);
      this.#entries.set(key, known);
      return known.value as Promise<T>;
    }
    const value = read();
    const entry: CacheEntry = { value, sizeBytes: 0 };
    this.#entries.set(key, entry);
    value.then(
      (found) => this.#account(entry, size(found)),
      () => this.#entries.delete(key),
    );
    return value;
  }

  #account(entry: CacheEntry, sizeBytes: number): void {
    entry.sizeBytes = sizeBytes;
    this.#usedBytes += sizeBytes;
    for (const [oldest, { sizeBytes: freed }] of this.#entries) {
      if (this.#usedBytes <= this.#budgetBytes) return;
      // What is still being read has no size yet and is not let go.
      if (freed === 0) continue;
      this.#entries.delete(oldest);
      this.#usedBytes -= freed;
    }
  }
}

/** No two logs have one id, and a part is one log of each field. */
function columnKey({ insertLogs }: SegmentLogs, { fieldId }: FieldSchema): string {
  return `${fieldId}/${insertLogs[0].logIds[0]}`;
}

/** Memory that threads share, for those that compare vectors. Small ones are compared where they are. */
function sharedMemory(length: number): Uint8Array {
  return length < SHARED_FROM_BYTES ? new Uint8Array(length) : new Uint8Array(new SharedArrayBuffer(length));
}

/** Values of no equal width are read before it is known how long they are: the same in memory that threads share. */
function shared(column: Column): Column {
  if (column.kind === "fixed" || column.data.byteLength < SHARED_FROM_BYTES) return column;
  const data = sharedMemory(column.data.byteLength);
  data.set(column.data);
  const offsets = new Uint32Array(new SharedArrayBuffer(column.offsets.byteLength));
  offsets.set(column.offsets);
  return { ...column, data, offsets };
}

function sizeOf(column: Column): number {
  return (
    column.data.byteLength +
    (column.validity?.byteLength ?? 0) +
    (column.kind === "var" ? column.offsets.byteLength : 0)
  );
}
