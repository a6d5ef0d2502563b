import type { CollectionRecord, PartitionRecord } from "@sluice/catalog";
import { common, type milvus } from "@sluice/rpc";
import { type CollectionId, collectionId, partitionId } from "@sluice/schema";
import { checkProperties, checkTimezone, timezoneOf } from "./check-properties.ts";
import { checkSchema } from "./check-schema.ts";
import { checkPairs, checkSchemaBytes } from "./check-sizes.ts";
import type { DdlLimits } from "./limits.ts";
import { checkCollectionName, DEFAULT_PARTITION } from "./names.ts";
import { type Pairs, pairsKey, toPairs } from "./pairs.ts";
import { invalid } from "./refusals.ts";
import { encodeSchema, parseSchema, schemaForms } from "./stored-schema.ts";

/** A checked request to create a collection, before it got its numbers. */
export interface CollectionPlan {
  readonly name: string;
  readonly declaredSchema: string;
  readonly storedSchema: string;
  readonly shardsNum: number;
  readonly consistencyLevel: number;
  readonly properties: Pairs;
  readonly hasPartitionKey: boolean;
  /** With a partition key the number of its partitions, else 0. */
  readonly numPartitions: number;
}

/** Physical channels over which shards are spread; their number is Milvus's default. */
const PHYSICAL_CHANNELS = 16n;

/** Checks a request. @throws {StatusError} 1100, 1701 */
export function planCollection(request: milvus.CreateCollectionRequest, limits: DdlLimits): CollectionPlan {
  checkCollectionName(request.collectionName);
  checkSchemaBytes(request.schema);
  const sent = parseSchema(request.schema);
  const properties = toPairs(request.properties);
  checkPairs(properties, "properties");
  const timezone = timezoneOf(properties);
  checkTimezone(timezone);
  checkSchema(sent, { limits, timezone });
  const { declared, stored } = schemaForms(sent, request.collectionName);
  checkProperties(properties, declared);
  const hasPartitionKey = declared.fields.some((field) => field.isPartitionKey);
  return {
    name: request.collectionName,
    declaredSchema: encodeSchema(declared),
    storedSchema: encodeSchema(stored),
    shardsNum: shardsOf(request, limits),
    consistencyLevel: consistencyOf(request),
    properties,
    hasPartitionKey,
    numPartitions: partitionsOf(request, hasPartitionKey, limits),
  };
}

function shardsOf({ shardsNum }: milvus.CreateCollectionRequest, limits: DdlLimits): number {
  if (shardsNum > limits.maxShards) throw invalid(`maximum shards's number should be limited to ${limits.maxShards}`);
  if (shardsNum < 0) throw invalid(`the number of shards should be greater than 0, but got ${shardsNum}`);
  return shardsNum || limits.defaultShards;
}

function consistencyOf({ consistencyLevel }: milvus.CreateCollectionRequest): number {
  const known = Object.values(common.ConsistencyLevel) as readonly number[];
  if (consistencyLevel >= 0 && known.includes(consistencyLevel)) return consistencyLevel;
  throw invalid(`unknown consistency level ${consistencyLevel}`);
}

function partitionsOf(request: milvus.CreateCollectionRequest, hasPartitionKey: boolean, limits: DdlLimits): number {
  const count = Number(request.numPartitions);
  if (!hasPartitionKey) {
    if (count === 0) return 0;
    throw invalid("num_partitions should only be specified with partition key field enabled");
  }
  if (count < 0) throw invalid("the specified partitions should be greater than 0 if partition key is used");
  if (count > limits.maxPartitions) throw tooManyPartitions(count, request.collectionName, limits);
  return count || limits.defaultPartitions;
}

/** Code 1100. @param count that there would be, with those that are there */
export function tooManyPartitions(count: number, collection: string, { maxPartitions }: DdlLimits): Error {
  return invalid(`partition number (${count}) exceeds max configuration (${maxPartitions}), collection: ${collection}`);
}

/** How many ids a collection takes: its own and one for each partition. */
export function idsNeeded(plan: CollectionPlan): number {
  return 1 + Math.max(1, plan.numPartitions);
}

/** The record of a new collection, which takes the ids from `firstId` on. */
export function newCollection(
  plan: CollectionPlan,
  numbers: {
    readonly dbName: string;
    readonly firstId: bigint;
    readonly createdTs: bigint;
    readonly createdMs: number;
  },
): CollectionRecord {
  const { dbName, firstId, createdTs, createdMs } = numbers;
  const id = collectionId(firstId);
  const names = plan.hasPartitionKey
    ? Array.from({ length: plan.numPartitions }, (_, i) => `${DEFAULT_PARTITION}_${i}`)
    : [DEFAULT_PARTITION];
  const partitions = names.map(
    (name, i): PartitionRecord => ({
      partitionId: partitionId(firstId + 1n + BigInt(i)),
      name,
      createdMs,
      createdTs,
      loaded: false,
    }),
  );
  return {
    ...plan,
    collectionId: id,
    dbName,
    vchannels: vchannelsOf(id, plan.shardsNum),
    partitions,
    indexes: [],
    aliases: [],
    loaded: false,
    createdMs,
    createdTs,
    updatedTs: createdTs,
    state: "active",
  };
}

/**
 * One channel a shard, on different physical channels: `by-dev-rootcoord-dml_<physical>_<collection>v<shard>`, as Milvus
 * names them.
 */
export function vchannelsOf(id: CollectionId, shards: number): string[] {
  return Array.from({ length: shards }, (_, shard) => {
    const physical = (id + BigInt(shard)) % PHYSICAL_CHANNELS;
    return `by-dev-rootcoord-dml_${physical}_${id}v${shard}`;
  });
}

/** The physical channel of a vchannel: its name without collection and shard. */
export function physicalChannel(vchannel: string): string {
  return vchannel.slice(0, vchannel.lastIndexOf("_"));
}

/** Whether creating `plan` again is what is there already. */
export function isSame(record: CollectionRecord, plan: CollectionPlan): boolean {
  return (
    record.declaredSchema === plan.declaredSchema &&
    record.shardsNum === plan.shardsNum &&
    record.consistencyLevel === plan.consistencyLevel &&
    record.numPartitions === plan.numPartitions &&
    pairsKey(record.properties) === pairsKey(plan.properties)
  );
}
