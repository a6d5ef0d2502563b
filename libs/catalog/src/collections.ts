import type { CollectionId, PartitionId } from "@sluice/schema";
import type { Table } from "./table.ts";

/** A partition, within the record of its collection. */
export interface PartitionRecord {
  readonly partitionId: PartitionId;
  readonly name: string;
  readonly createdMs: number;
  readonly createdTs: bigint;
  readonly loaded: boolean;
}

/** An index as it was declared: searches compare every row. */
export interface IndexRecord {
  readonly indexId: bigint;
  readonly name: string;
  readonly fieldId: number;
  readonly fieldName: string;
  /** Parameters to echo, in order. */
  readonly params: readonly (readonly [key: string, value: string])[];
  /** Parameters as sent, flattened: two definitions are equal when these are. */
  readonly definition: Readonly<Record<string, string>>;
  readonly createdTs: bigint;
}

/** A collection with its partitions and indexes: one record, so that a guard on it covers them all. */
export interface CollectionRecord {
  readonly collectionId: CollectionId;
  readonly dbName: string;
  readonly name: string;
  /** Serialized schema.CollectionSchema as the client sent it, with field ids assigned; base64. Without `$meta`. */
  readonly declaredSchema: string;
  /** The same with the hidden `$meta` field: what readers, writers and queries use; base64. */
  readonly storedSchema: string;
  readonly shardsNum: number;
  readonly vchannels: readonly string[];
  readonly consistencyLevel: number;
  readonly properties: readonly (readonly [key: string, value: string])[];
  /** `_default` first; with a partition key `_default_0` … in order of their number. */
  readonly partitions: readonly PartitionRecord[];
  readonly hasPartitionKey: boolean;
  /** Request's num_partitions, 0 when none. */
  readonly numPartitions: number;
  readonly indexes: readonly IndexRecord[];
  readonly aliases: readonly string[];
  readonly loaded: boolean;
  /**
   * As many as were asked for when it was loaded; none = 1. All querynodes answer for all segments, however many that are: the number is
   * kept for those who ask for another one.
   */
  readonly replicas?: number;
  readonly createdMs: number;
  readonly createdTs: bigint;
  readonly updatedTs: bigint;
  /**
   * Nobody finds a hidden one, whose name is taken: a job fills it, which makes it active at its end, or drops it. Dropped
   * collections keep their record until GC has removed their segments.
   */
  readonly state: "hidden" | "active" | "dropped";
}

/** Written by the rootcoord; the datacoord removes the record of a dropped collection when nothing of it is left. */
export const COLLECTIONS: Table<CollectionRecord, CollectionId> = {
  name: "collection",
  idOf: ({ collectionId }) => collectionId,
};

/** A taken name of a database: collections and aliases share them. */
export interface NameRecord {
  readonly dbName: string;
  readonly name: string;
  readonly kind: "collection" | "alias";
  readonly collectionId: CollectionId;
}

/** Written by the rootcoord. */
export const NAMES: Table<NameRecord, readonly [dbName: string, name: string]> = {
  name: "name",
  idOf: ({ dbName, name }) => [dbName, name],
};
