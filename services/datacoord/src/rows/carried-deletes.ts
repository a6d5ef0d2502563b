import { COLLECTIONS, RecordReader, type SegmentExtension, type SegmentRecord } from "@sluice/catalog";
import { type Column, type DeletedKeys, rowsNotDeleted, takeRows } from "@sluice/columns";
import type { MetaStore } from "@sluice/metastore";
import type { ObjectStore } from "@sluice/object-store";
import { decodeStoredSchema } from "@sluice/rpc";
import { type CollectionId, type FieldSchema, primaryKeyIndex, timestampField } from "@sluice/schema";
import { type KeyDeletes, readDeletes, readSegmentField } from "@sluice/segment";
import { keysOfColumn } from "./keys-of-column.ts";
import type { RowDeletes } from "./row-deletes.ts";

/**
 * Rows that were deleted while their segments were merged into others: a merge has left out what was deleted when it read a segment,
 * and what came later is written down again for the segment that it has made. Time decides as always, so that what was left out
 * already is not found any more.
 */
export class CarriedDeletes {
  readonly #collections;
  readonly #objects: ObjectStore;
  readonly #deletes: RowDeletes;

  constructor(store: MetaStore, objects: ObjectStore, deletes: RowDeletes) {
    this.#collections = new RecordReader(store, COLLECTIONS);
    this.#objects = objects;
    this.#deletes = deletes;
  }

  /**
   * @param removed visible until now, with the deletes that count @param added in their place
   * @throws {ImportError} when storage fails
   */
  async of(
    collectionId: CollectionId,
    removed: readonly SegmentRecord[],
    added: readonly SegmentRecord[],
  ): Promise<SegmentExtension[]> {
    const deleted = removed.filter(({ deltaLogs }) => deltaLogs);
    const collection = deleted.length > 0 && added.length > 0 ? await this.#collections.get(collectionId) : undefined;
    if (!collection) return [];
    const { fields, ...rest } = decodeStoredSchema(Buffer.from(collection.record.storedSchema, "base64"), []);
    const key = fields[primaryKeyIndex({ fields, ...rest })];
    const extensions: SegmentExtension[] = [];
    for (const segment of added) {
      const sources = deleted.filter((one) => shardOf(one) === shardOf(segment));
      const made = sources.length > 0 ? await this.#carry(sources, segment, key) : undefined;
      if (made) extensions.push(made);
    }
    return extensions;
  }

  async #carry(
    from: readonly SegmentRecord[],
    to: SegmentRecord,
    key: FieldSchema,
  ): Promise<SegmentExtension | undefined> {
    const [deletes, { column: keys }, { column: timestamps }] = await Promise.all([
      readDeletes(this.#objects, from, key),
      readSegmentField(this.#objects, to, key),
      readSegmentField(this.#objects, to, timestampField),
    ]);
    const { found, rowCount } = deletedRows(deletes, keys, timestamps, to.rowCount);
    return rowCount === 0 ? undefined : this.#deletes.extend(to, key.fieldId, found, rowCount);
  }
}

function deletedRows(
  deletes: DeletedKeys,
  keys: Column,
  timestamps: Column,
  rowCount: number,
): { found: KeyDeletes; rowCount: number } {
  const all = Uint32Array.from({ length: rowCount }, (_, row) => row);
  const live = new Set(rowsNotDeleted(deletes, keys, timestamps, all));
  const rows = all.filter((row) => !live.has(row));
  const newest = new Map<bigint | string, bigint>();
  for (const [i, key] of keysOfColumn(takeRows(keys, rows), rows.length).entries())
    newest.set(key, deletes.timestampOf(keys, rows[i]) ?? 0n);
  return { found: { keys: [...newest.keys()], timestamps: [...newest.values()] }, rowCount: rows.length };
}

function shardOf({ partitionId, vchannel }: SegmentRecord): string {
  return `${partitionId}/${vchannel}`;
}
