import type { SegmentExtension, SegmentRecord } from "@sluice/catalog";
import type { ObjectStore } from "@sluice/object-store";
import { type CollectionId, type FieldSchema, timestampField } from "@sluice/schema";
import { readDeletes, readSegmentField } from "@sluice/segment";
import { allRows, deletedRows } from "./deleted-rows.ts";
import type { PrimaryKeys } from "./primary-keys.ts";
import type { RowDeletes } from "./row-deletes.ts";

/**
 * Rows that were deleted while their segments were merged into others: a merge has left out what was deleted when it read a segment,
 * and what came later is written down again for the segment that it has made. Time decides as always, so that what was left out
 * already is not found any more.
 */
export class CarriedDeletes {
  readonly #keys: PrimaryKeys;
  readonly #objects: ObjectStore;
  readonly #deletes: RowDeletes;

  constructor(keys: PrimaryKeys, objects: ObjectStore, deletes: RowDeletes) {
    this.#keys = keys;
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
    const key = deleted.length > 0 && added.length > 0 ? await this.#keys.of(collectionId) : undefined;
    if (!key) return [];
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
    const { found, rowCount } = deletedRows(deletes, keys, timestamps, allRows(to.rowCount));
    return rowCount === 0 ? undefined : this.#deletes.extend(to, key.fieldId, found, rowCount);
  }
}

function shardOf({ partitionId, vchannel }: SegmentRecord): string {
  return `${partitionId}/${vchannel}`;
}
