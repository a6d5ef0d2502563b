import type { SegmentExtension, SegmentRecord } from "@sluice/catalog";
import { type Column, type DeletedKeys, rowsNotDeleted } from "@sluice/columns";
import type { ObjectStore } from "@sluice/object-store";
import { type CollectionId, type FieldSchema, timestampField } from "@sluice/schema";
import { readDeletes, readSegmentField } from "@sluice/segment";
import { allRows, deletedRows } from "./deleted-rows.ts";
import type { PrimaryKeys } from "./primary-keys.ts";
import type { RowDeletes } from "./row-deletes.ts";

/** A segment that can be read, with the deletes that count. */
export interface ReadableSegment {
  readonly record: SegmentRecord;
  /** Hybrid, of the change that made it visible. */
  readonly commitTs: bigint;
}

/** What an import of deletes comes to. */
export interface ImportedDeleteRows {
  readonly extensions: readonly SegmentExtension[];
  /** Rows that are deleted by it, and by nothing before. */
  readonly rowCount: number;
}

const NOTHING: ImportedDeleteRows = { extensions: [], rowCount: 0 };

/**
 * Deletes that were imported without rows: they are looked up among all rows that are visible, and written down for the segments
 * that have them. A delete concerns rows that are older than it: those that were imported with their times, and none of those that
 * have come into the collection since.
 */
export class ImportedDeletes {
  readonly #keys: PrimaryKeys;
  readonly #objects: ObjectStore;
  readonly #deletes: RowDeletes;

  constructor(keys: PrimaryKeys, objects: ObjectStore, deletes: RowDeletes) {
    this.#keys = keys;
    this.#objects = objects;
    this.#deletes = deletes;
  }

  /**
   * @param imported segments without rows, which have them @param visible segments that they may concern
   * @throws {ImportError} when storage fails
   */
  async of(
    collectionId: CollectionId,
    imported: readonly SegmentRecord[],
    visible: readonly ReadableSegment[],
  ): Promise<ImportedDeleteRows> {
    const key = imported.length > 0 && visible.length > 0 ? await this.#keys.of(collectionId) : undefined;
    if (!key) return NOTHING;
    const deletes = await readDeletes(this.#objects, imported, key);
    const extensions: SegmentExtension[] = [];
    let rowCount = 0;
    for (const segment of visible) {
      if (imported.every(({ timestamp }) => timestamp <= oldestTs(segment))) continue;
      const { found, rowCount: rows } = await this.#rowsOf(segment, deletes, key);
      if (rows === 0) continue;
      rowCount += rows;
      extensions.push(await this.#deletes.extend(segment.record, key.fieldId, found, rows));
    }
    return { extensions, rowCount };
  }

  async #rowsOf({ record, commitTs }: ReadableSegment, deletes: DeletedKeys, key: FieldSchema) {
    const [{ column: keys }, timestamps, before] = await Promise.all([
      readSegmentField(this.#objects, record, key),
      record.rowTimestamps ? this.#timestampsOf(record) : commitTs,
      record.deltaLogs && readDeletes(this.#objects, [record], key),
    ]);
    const all = allRows(record.rowCount);
    const live = before ? rowsNotDeleted(before, keys, timestamps, all) : all;
    return deletedRows(deletes, keys, timestamps, live);
  }

  async #timestampsOf(record: SegmentRecord): Promise<Column> {
    return (await readSegmentField(this.#objects, record, timestampField)).column;
  }
}

/** Of its rows. */
function oldestTs({ record, commitTs }: ReadableSegment): bigint {
  return record.rowTimestamps?.min ?? commitTs;
}
