import type { ModelServers } from "@sluice/embedding";
import type { BackupCollection, BackupField } from "@sluice/formats";
import { type common, milvus, schema } from "@sluice/rpc";
import { functionRefusal } from "../../ddl/index.ts";

/** Where a collection of a backup goes. */
export interface RestoreTarget {
  readonly dbName: string;
  readonly collectionName: string;
}

/** The request that makes a collection, and what of the backup it leaves out. */
interface Creation {
  readonly request: milvus.CreateCollectionRequest;
  readonly notes: readonly string[];
}

/** Of text that is analyzed. */
const analyzerParams: ReadonlySet<string> = new Set([
  ...["enable_analyzer", "analyzer_params", "multi_analyzer_params", "enable_match"],
]);

/**
 * The request that makes the collection of a backup: its fields in the order of their ids. Functions and analyzers that this
 * server has not are left out; what functions have made are ordinary fields then, since their values are in the backup.
 */
export function creationOf(backup: BackupCollection, target: RestoreTarget, models: ModelServers): Creation {
  const whole = messageOf(backup, target);
  const refusal = functionRefusal(whole, models);
  if (refusal === undefined) return { request: requestOf(whole, backup, target), notes: [] };
  const fields = whole.fields.map((field) => ({
    ...field,
    typeParams: field.typeParams.filter(({ key }) => !analyzerParams.has(key)),
  }));
  const names = whole.functions.flatMap(({ outputFieldNames }) => outputFieldNames).join(", ");
  const kept = names === "" ? "" : `; the values of ${names} are kept, and later rows must bring their own`;
  return {
    request: requestOf({ ...whole, fields, functions: [] }, backup, target),
    notes: [`functions and analyzers are not taken over: ${refusal}${kept}`],
  };
}

function messageOf(backup: BackupCollection, { collectionName }: RestoreTarget): schema.CollectionSchema {
  return schema.CollectionSchema.fromPartial({
    name: collectionName,
    description: backup.description,
    enableDynamicField: backup.enableDynamicField,
    fields: declaredFields(backup).map(fieldMessage),
    structArrayFields: backup.structs.map((struct) => ({
      name: struct.name,
      fields: struct.fields.map((field) => ({ ...fieldMessage(field), name: memberOf(field.name) })),
    })),
    functions: backup.functions.map((one) => ({
      ...{ name: one.name, description: one.description, type: one.type as schema.FunctionType },
      ...{ inputFieldNames: [...one.inputFieldNames], outputFieldNames: [...one.outputFieldNames] },
      params: [...one.params],
    })),
  });
}

function requestOf(
  message: schema.CollectionSchema,
  backup: BackupCollection,
  target: RestoreTarget,
): milvus.CreateCollectionRequest {
  return milvus.CreateCollectionRequest.fromPartial({
    ...target,
    schema: Buffer.from(schema.CollectionSchema.encode(message).finish()),
    shardsNum: backup.shardsNum,
    consistencyLevel: backup.consistencyLevel as common.ConsistencyLevel,
    properties: [...backup.properties],
    numPartitions: BigInt(hasPartitionKey(backup) ? backup.partitions.length : 0),
  });
}

/** Partitions by key have no names that mean anything: rows are spread over as many, anew. */
export function hasPartitionKey(backup: BackupCollection): boolean {
  return backup.fields.some(({ isPartitionKey }) => isPartitionKey);
}

function declaredFields({ fields }: BackupCollection): readonly BackupField[] {
  return fields.filter(({ isDynamic }) => !isDynamic);
}

function fieldMessage(field: BackupField): schema.FieldSchema {
  const { name, description, dataType, elementType, isPrimaryKey, isPartitionKey, nullable } = field;
  return schema.FieldSchema.fromPartial({
    ...{ name, description, isPrimaryKey, isPartitionKey, nullable },
    // Numbers of later versions too: who makes the collection refuses those that it does not know.
    dataType: dataType as schema.DataType,
    elementType: elementType as schema.DataType,
    autoID: field.autoId,
    typeParams: [...field.typeParams],
    ...(field.defaultValue && { defaultValue: schema.ValueField.decode(field.defaultValue) }),
  });
}

/** `m` of `struct[m]`. */
function memberOf(name: string): string {
  return name.endsWith("]") ? name.slice(name.lastIndexOf("[") + 1, -1) : name;
}
