import type { CollectionRecord, IndexRecord, PartitionRecord } from "@sluice/catalog";
import { type common, milvus, schema as wire } from "@sluice/rpc";
import { partitionId } from "@sluice/schema";
import { planIndex } from "./check-index.ts";
import { defaultLimits } from "./limits.ts";
import { checkPartitionName, DEFAULT_PARTITION } from "./names.ts";
import { type CollectionPlan, idsNeeded, newCollection, planCollection } from "./new-collection.ts";
import { invalid } from "./refusals.ts";
import { columnsOf, decodeSchema } from "./stored-schema.ts";

/** A collection as another service describes it. */
export interface ForeignCollection {
  readonly schema: wire.CollectionSchema;
  readonly shardsNum: number;
  readonly consistencyLevel: common.ConsistencyLevel;
  readonly properties: readonly common.KeyValuePair[];
  /** Of a partition key, 0 without one. */
  readonly numPartitions: bigint;
  readonly partitionNames: readonly string[];
  readonly indexes: readonly {
    readonly name: string;
    readonly fieldName: string;
    readonly params: readonly common.KeyValuePair[];
  }[];
}

/** The same as a collection of this server, checked, before it got its numbers. */
export interface ForeignPlan {
  readonly plan: CollectionPlan;
  /** Besides those that every collection has. */
  readonly partitionNames: readonly string[];
  readonly indexes: readonly Omit<IndexRecord, "indexId" | "createdTs">[];
  /** Ids that it takes. */
  readonly idCount: number;
  /** What is not taken over, and why. */
  readonly warnings: readonly string[];
}

/** What the collection has of its own. */
export interface ForeignNumbers {
  readonly dbName: string;
  /** The first of `idCount` ids. */
  readonly firstId: bigint;
  readonly createdTs: bigint;
  readonly createdMs: number;
}

/** @throws {StatusError} 1100, 1701 for what a collection here cannot have */
export function planForeignCollection(foreign: ForeignCollection, collectionName: string): ForeignPlan {
  const { shardsNum, consistencyLevel, numPartitions } = foreign;
  const schema = wire.CollectionSchema.encode({ ...foreign.schema, name: collectionName }).finish();
  const plan = planCollection(
    milvus.CreateCollectionRequest.fromPartial({
      ...{ collectionName, schema: Buffer.from(schema), shardsNum, consistencyLevel, numPartitions },
      properties: [...foreign.properties],
    }),
    defaultLimits,
  );
  const partitionNames = plan.hasPartitionKey
    ? []
    : foreign.partitionNames.filter((name) => name !== DEFAULT_PARTITION);
  for (const name of partitionNames) checkPartitionName(name);
  const { indexes, warnings } = indexesOf(foreign, plan);
  return { plan, partitionNames, indexes, warnings, idCount: idsNeeded(plan) + partitionNames.length + indexes.length };
}

/** What is refused here is told: the rows come nevertheless. */
function indexesOf(foreign: ForeignCollection, plan: CollectionPlan): Pick<ForeignPlan, "indexes" | "warnings"> {
  const columns = columnsOf(decodeSchema(plan.declaredSchema));
  const warnings: string[] = [];
  const indexes = foreign.indexes.flatMap(({ name, fieldName, params }) => {
    try {
      const field = columns.find((column) => column.name === fieldName);
      if (!field) throw invalid(`there is no field ${fieldName}`);
      return [{ ...planIndex(field, [...params]), name, fieldName, fieldId: Number(field.fieldID) }];
    } catch (error) {
      warnings.push(`index ${name} is not taken over: ${(error as Error).message}`);
      return [];
    }
  });
  return { indexes, warnings };
}

/** The record of the collection, which nobody finds yet. */
export function foreignCollection(
  { plan, partitionNames, indexes }: ForeignPlan,
  { dbName, firstId, createdTs, createdMs }: ForeignNumbers,
): CollectionRecord {
  const record = newCollection(plan, { dbName, firstId, createdTs, createdMs });
  let next = firstId + BigInt(idsNeeded(plan));
  const times = { createdMs, createdTs, loaded: false };
  const partitions = partitionNames.map(
    (name): PartitionRecord => ({ name, partitionId: partitionId(next++), ...times }),
  );
  return {
    ...record,
    partitions: [...record.partitions, ...partitions],
    indexes: indexes.map((index) => ({ ...index, indexId: next++, createdTs })),
    state: "hidden",
  };
}
