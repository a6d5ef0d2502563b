import type { CollectionRecord } from "@sluice/catalog";
import type { schema as wire } from "@sluice/rpc";
import { collectionId, partitionId } from "@sluice/schema";
import { withNewFields } from "./added-fields.ts";
import { defaultLimits } from "./limits.ts";
import { vchannelsOf } from "./new-collection.ts";
import { decodeSchema } from "./stored-schema.ts";

/** What a collection that is made of another one has of its own. */
export interface MergedPlace {
  readonly dbName: string;
  readonly name: string;
  /** The first of `idsOfMerged` ids. */
  readonly firstId: bigint;
  readonly createdTs: bigint;
  readonly createdMs: number;
}

/** How many ids it takes: its own, and one for each partition and index. */
export function idsOfMerged({ partitions, indexes }: CollectionRecord): number {
  return 1 + partitions.length + indexes.length;
}

/**
 * The source with more fields, under a name of its own: schema, keys, partitions, shards, properties and index definitions are
 * the source's; aliases are not, and it is not loaded. New fields get the ids behind all others, so that the source's logs are its
 * own too.
 * @throws {StatusError} 1100, 1701 for fields that the collection cannot have
 */
export function mergedCollection(
  source: CollectionRecord,
  fields: readonly wire.FieldSchema[],
  { dbName, name, firstId, createdTs, createdMs }: MergedPlace,
): { readonly record: CollectionRecord; readonly newFieldIds: readonly number[] } {
  const nullable = fields.map((field) => ({ ...field, nullable: true }));
  const { newFieldIds, ...schemas } = withNewFields({ ...source, name }, nullable, defaultLimits);
  const id = collectionId(firstId);
  const times = { createdMs, createdTs, loaded: false };
  const partitions = source.partitions.map((partition, i) => ({
    ...{ ...partition, ...times, partitionId: partitionId(firstId + 1n + BigInt(i)) },
  }));
  const firstIndexId = firstId + 1n + BigInt(partitions.length);
  const indexes = source.indexes.map((index, i) => ({ ...index, createdTs, indexId: firstIndexId + BigInt(i) }));
  const own = { collectionId: id, dbName, name, partitions, indexes, aliases: [], updatedTs: createdTs };
  const vchannels = vchannelsOf(id, source.shardsNum);
  return { record: { ...source, ...own, ...times, ...schemas, vchannels, state: "hidden" }, newFieldIds };
}

/** One that was made of the source, and is loaded as that is. */
export function loadedAs(source: CollectionRecord, record: CollectionRecord): CollectionRecord {
  const partitions = record.partitions.map((partition, i) => ({ ...partition, loaded: source.partitions[i].loaded }));
  return { ...record, partitions, loaded: source.loaded };
}

/** A field that was declared, not one of `$meta`; undefined where there is none. */
export function declaredField({ declaredSchema }: CollectionRecord, name: string): wire.FieldSchema | undefined {
  return decodeSchema(declaredSchema).fields.find((field) => field.name === name);
}
