import { type Column, type DeletedKeys, rowsNotDeleted, takeRows } from "@sluice/columns";
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
import { inBoth, rowsBetween } from "../row-range.ts";
import { columnKey, ENTRY_BYTES, sizeOf } from "./column-sizes.ts";
import { KeptValues } from "./kept-values.ts";
import { VectorColumns } from "./vector-columns.ts";

/** For what does not stay, and as much for what is being read. Less does not keep threads at work: vectors are read while others are compared. */
const PASSING_BYTES = 64 << 20;
/** Rows are few where a part has more than so many times as many. */
const FEW_OF = 16;

/** What queries read of visible segments, while it is kept. Segments never change, so what was read stays right. */
export class SegmentCache {
  readonly #store: ObjectReads;
  readonly #kept: KeptValues;
  /** Those of vectors, which lie in memory that threads share. */
  readonly vectors: VectorColumns;

  constructor(store: ObjectReads, budgetBytes: number) {
    this.#store = store;
    this.#kept = new KeptValues(budgetBytes, PASSING_BYTES);
    this.vectors = new VectorColumns(store, this.#kept, budgetBytes + 2 * PASSING_BYTES);
  }

  /** Of what is kept. */
  get usedBytes(): number {
    return this.#kept.usedBytes;
  }

  /** What is kept; `segmentOfKey` says of which segment. */
  get keys(): string[] {
    return [...this.#kept.keys()];
  }

  /** Lets go of what nobody will ask for any more. */
  forget(key: string): void {
    this.#kept.forget(key);
  }

  /** One field of one part of a segment, but for vectors. @throws as `readSegmentField` */
  column(part: SegmentLogs, field: FieldSchema): Promise<Column> {
    const read = async () => (await readSegmentField(this.#store, part, field)).column;
    return this.#kept.get(columnKey(part, field), read, sizeOf);
  }

  /** Some rows of one field of one part, in memory of their own. @throws as `readSegmentField` */
  async rows(part: SegmentLogs, field: FieldSchema, rows: Uint32Array): Promise<Column> {
    if (!isVector(field.dataType)) return takeRows(await this.column(part, field), rows);
    return this.vectors.rows(part, field, rows);
  }

  /** @throws as `readSegmentStats` */
  stats(segment: SegmentLogs): Promise<SegmentKeyStats> {
    const sizeBytes = segment.statsLogs.flatMap((logs) => logs.sizesBytes).reduce((sum, size) => sum + size, 0);
    return this.#kept.get(
      `${segment.segmentId}/stats`,
      () => readSegmentStats(this.#store, segment),
      () => ENTRY_BYTES + sizeBytes,
    );
  }

  /** @throws as `readBm25Stats` */
  bm25Stats(segment: SegmentLogs, fieldId: number): ReturnType<typeof readBm25Stats> {
    return this.#kept.get(
      `${segment.segmentId}/bm25/${fieldId}`,
      () => readBm25Stats(this.#store, segment, fieldId),
      (all) => all.reduce((sum, { terms, rowCounts }) => sum + terms.byteLength + rowCounts.byteLength, ENTRY_BYTES),
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
    return this.#kept.get(
      `${part.segmentId}/live/${part.insertLogs[0].logIds[0]}/${deletes}`,
      read,
      (rows) => ENTRY_BYTES + rows.byteLength,
    );
  }

  #keysAndTimes(part: SegmentLogs, key: FieldSchema, since: bigint | undefined): Promise<[Column, bigint | Column]> {
    return Promise.all([this.column(part, key), since ?? this.column(part, timestampField)]);
  }

  /** Of a whole segment: its parts share them. */
  #deletes(part: SegmentLogs, key: FieldSchema, ids: string): Promise<DeletedKeys> {
    const read = () => readDeletes(this.#store, [part], key);
    return this.#kept.get(`${part.segmentId}/deletes/${ids}`, read, ({ bytes }) => ENTRY_BYTES + bytes);
  }
}
