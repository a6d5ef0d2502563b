import { mapConcurrent, Turns } from "@sluice/async";
import { type Column, columnBytes, takeRows } from "@sluice/columns";
import { StatusError, statusCodes } from "@sluice/errors";
import type { ObjectReads } from "@sluice/object-store";
import { type Filter, type FoundElements, rowsAfter } from "@sluice/query";
import { type CollectionSchema, type FieldSchema, primaryKeyIndex, timestampField } from "@sluice/schema";
import { type SegmentLogs, segmentParts } from "@sluice/segment";
import { SegmentCache } from "./cache/segment-cache.ts";
import type { VectorColumns } from "./cache/vector-columns.ts";
import type { RowFilter } from "./compile-query.ts";
import { mayHoldKeys } from "./key-pruning.ts";
import { inBoth, rowsBetween } from "./row-range.ts";
import type { Selection } from "./row-set.ts";
import type { VisibleSegment } from "./unexpired.ts";

/** Bytes of parts that are read at once, and how many parts at most: storage takes its time for each read, however small. */
const AHEAD_BYTES = 64 << 20;
const MOST_AHEAD = 16;

/** A segment of which each field has one log: the unit of reading. */
export type StoredPart = VisibleSegment["logs"];

/** A part of a segment with the rows of it that pass a filter. */
export interface MatchedRows {
  readonly part: StoredPart;
  readonly rows: Uint32Array;
  readonly segment: VisibleSegment;
}

interface SegmentPart {
  readonly segment: VisibleSegment;
  readonly part: StoredPart;
}

/** What a part takes of `AHEAD_BYTES`. @param fieldId of the one field that is read; all of them unless given */
function weightOf({ part }: Pick<SegmentPart, "part">, fieldId?: number): number {
  const logs = part.insertLogs.filter((one) => fieldId === undefined || one.fieldId === fieldId);
  const bytes = logs.reduce((sum, { sizesBytes }) => sum + sizesBytes[0], 0);
  return Math.max(bytes, AHEAD_BYTES / MOST_AHEAD);
}

/** Rows of a part that a filter selected. */
export interface SelectedRows extends Selection {
  readonly part: StoredPart;
}

/** Rows of a part. */
export interface WantedRows {
  readonly part: StoredPart;
  /** In any order; none: the part is not read. */
  readonly rows: Uint32Array;
}

/** Rows of visible segments, as this node reads them: found by a filter, read by the column. */
export class SegmentRows {
  readonly #cache: SegmentCache;
  /** What may be kept in memory. */
  readonly cacheBytes: number;

  constructor(store: ObjectReads, cacheBytes: number) {
    this.cacheBytes = cacheBytes;
    this.#cache = new SegmentCache(store, cacheBytes);
  }

  /** What is kept in memory. */
  get cachedBytes(): number {
    return this.#cache.usedBytes;
  }

  /** What is kept of which segments, for who forgets those that are gone. */
  get cache(): Pick<SegmentCache, "keys" | "forget"> {
    return this.#cache;
  }

  /** One field of one part of a segment, but for vectors. */
  column(part: SegmentLogs, field: FieldSchema): Promise<Column> {
    return this.#cache.column(part, field);
  }

  /** Columns of vectors, in memory that threads share. */
  get vectors(): VectorColumns {
    return this.#cache.vectors;
  }

  /** What is known of the terms of a BM25 output. */
  bm25Stats(segment: SegmentLogs, fieldId: number): ReturnType<SegmentCache["bm25Stats"]> {
    return this.#cache.bm25Stats(segment, fieldId);
  }

  /**
   * What `read` makes of parts of segments and the rows there that pass the filter, ascending and not to be written; in the
   * order of the segments. Parts without such rows are left out. Small parts are read some at once: storage is waited for once.
   */
  async *matches<T>(
    query: RowFilter,
    segments: readonly VisibleSegment[],
    signal: AbortSignal,
    read: (match: MatchedRows) => Promise<T>,
  ): AsyncGenerator<T> {
    const turns = new Turns(signal);
    const matched = async ({ segment, part }: SegmentPart) => {
      const rows = await this.#matched(query, segment, part, turns);
      return rows.length > 0 ? { read: await read({ part, rows, segment }) } : undefined;
    };
    const parts = this.#parts(query.filter, segments, turns);
    for await (const found of mapConcurrent(parts, AHEAD_BYTES, matched, weightOf)) if (found) yield found.read;
  }

  /** Of segments that may hold rows that the filter means. */
  async *#parts(filter: Filter, segments: readonly VisibleSegment[], turns: Turns): AsyncGenerator<SegmentPart> {
    const mayHold = async (segment: VisibleSegment) =>
      (await mayHoldKeys(filter, segment.logs, this.#cache)) ? segment : undefined;
    for await (const segment of mapConcurrent(segments, MOST_AHEAD, mayHold)) {
      if (turns.isDue) await turns.next();
      if (segment) for (const part of segmentParts(segment.logs)) yield { segment, part };
    }
  }

  async #matched(
    { collection, filter, alive }: RowFilter,
    segment: VisibleSegment,
    part: StoredPart,
    turns: Turns,
  ): Promise<Uint32Array> {
    if (turns.isDue) await turns.next();
    const { expiredTs } = segment;
    let rows = await this.#select(collection, filter, part, turns);
    if (alive && rows.length > 0) rows = inBoth(rows, await this.#select(collection, alive, part, turns));
    if (part.deltaLogs && rows.length > 0) rows = await this.#live(collection, segment, part, rows);
    if (expiredTs !== undefined && rows.length > 0)
      rows = rowsAfter(expiredTs, await this.#cache.column(part, timestampField), rows);
    return filter.draw(rows);
  }

  #live(
    collection: CollectionSchema,
    { rowTimestamps, commitTs }: VisibleSegment,
    part: SegmentLogs,
    rows: Uint32Array,
  ): Promise<Uint32Array> {
    const key = collection.fields[primaryKeyIndex(collection)];
    return this.#cache.notDeleted(part, key, rowTimestamps ? undefined : commitTs, rows);
  }

  async #select(collection: CollectionSchema, filter: Filter, part: SegmentLogs, turns: Turns): Promise<Uint32Array> {
    if (filter.isAlwaysTrue) return rowsBetween(0, part.rowCount);
    const columns = new Map<number, Column>();
    for (const index of filter.fields) columns.set(index, await this.#cache.column(part, collection.fields[index]));
    return filter.evaluateInTurns(columns, part.rowCount, turns);
  }

  /** Where elements of struct arrays are meant, those of some rows of a part that pass. */
  async elements(
    { collection, filter: { elements } }: RowFilter,
    { part, rows }: Pick<MatchedRows, "part" | "rows">,
    turns: Turns,
  ): Promise<FoundElements | undefined> {
    if (!elements) return undefined;
    const columns = new Map<number, Column>();
    for (const index of elements.fields) columns.set(index, await this.#cache.column(part, collection.fields[index]));
    return elements.of(columns, rows, turns);
  }

  /** How many rows, or elements, pass the filter. Without one the segments' own counts are the answer, and no row is read. */
  async count(query: RowFilter, segments: readonly VisibleSegment[], signal: AbortSignal): Promise<bigint> {
    const isCounted = ({ expiredTs }: VisibleSegment) =>
      query.filter.isAlwaysTrue && !query.alive && expiredTs === undefined;
    let count = segments
      .filter(isCounted)
      .reduce((sum, { logs }) => sum + BigInt(logs.rowCount - (logs.deletedRows ?? 0)), 0n);
    const others = segments.filter((segment) => !isCounted(segment));
    const turns = new Turns(signal);
    const lengths = this.matches(query, others, signal, async (match) => {
      const found = await this.elements(query, match, turns);
      return BigInt((found?.elements ?? match.rows).length);
    });
    for await (const length of lengths) count += length;
    return count;
  }

  /** The rows that pass the filter, with their keys. */
  selected(query: RowFilter, segments: readonly VisibleSegment[], signal: AbortSignal): AsyncGenerator<SelectedRows> {
    const key = query.collection.fields[primaryKeyIndex(query.collection)];
    return this.matches(query, segments, signal, async ({ part, rows, segment }) => {
      // A few rows must not hold the whole column.
      const take = async (field: FieldSchema) => {
        const column = await this.column(part, field);
        return rows.length === part.rowCount ? column : takeRows(column, rows);
      };
      const timestamps = segment.rowTimestamps ? await take(timestampField) : segment.commitTs;
      return { part, rows, keys: await take(key), timestamps };
    });
  }

  /**
   * Some rows of some fields: field by field, part by part. What no row is wanted of is not read.
   * @param budget of the values @throws {StatusError} 1100 when they are more
   */
  async take(
    wanted: readonly WantedRows[],
    fields: readonly FieldSchema[],
    turns: Turns,
    budget: AnswerBudget,
  ): Promise<Column[][]> {
    const taken: Column[][] = [];
    for (const field of fields) {
      const columns: Column[] = [];
      const take = async ({ part, rows }: WantedRows) =>
        rows.length === 0 ? emptyColumn : this.#cache.rows(part, field, rows);
      const weigh = ({ part, rows }: WantedRows) => (rows.length === 0 ? 0 : weightOf({ part }, field.fieldId));
      for await (const column of mapConcurrent(wanted, AHEAD_BYTES, take, weigh)) {
        if (turns.isDue) await turns.next();
        budget.spend(columnBytes(column, wanted[columns.length].rows.length));
        columns.push(column);
      }
      taken.push(columns);
    }
    return taken;
  }
}

/** Bytes of the values of an answer. */
export class AnswerBudget {
  readonly maxBytes: number;
  #leftBytes: number;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
    this.#leftBytes = maxBytes;
  }

  /** @throws {StatusError} 1100 when they are too many */
  spend(bytes: number): void {
    this.#leftBytes -= bytes;
    if (this.#leftBytes >= 0) return;
    const reason = `query results exceed the maxOutputSize Limit ${this.maxBytes} (ask for fewer rows or fields at once, or go through them by an iterator)`;
    throw new StatusError(statusCodes.invalidParameter, reason);
  }
}

/** No rows; fits fields of every type, since nobody reads a value of it. */
export const emptyColumn: Column = {
  ...{ kind: "var", offsets: new Uint32Array(1), data: new Uint8Array(0), validity: undefined },
};
