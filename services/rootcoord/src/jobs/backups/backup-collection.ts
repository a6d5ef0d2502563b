import type { BackupCollection, BackupField } from "@sluice/formats";
import { type common, milvus, schema } from "@sluice/rpc";

/** Where a collection of a backup goes. */
export interface RestoreTarget {
  readonly dbName: string;
  readonly collectionName: string;
}

/**
 * The request that makes the collection of a backup: its fields in the order of their ids.
 */
export function creationOf(backup: BackupCollection, target: RestoreTarget): milvus.CreateCollectionRequest {
  const message = schema.CollectionSchema.fromPartial({
    name: target.collectionName,
    description: backup.description,
    enableDynamicField: backup.enableDynamicField,
    fields: declaredFields(backup).map(fieldMessage),
    structArrayFields: backup.structs.map((struct) => ({
      name: struct.name,
      fields: struct.fields.map((field) => ({ ...fieldMessage(field), name: memberOf(field.name) })),
    })),
  });
  return milvus.CreateCollectionRequest.fromPartial({
    ...target,
    schema: Buffer.from(schema.CollectionSchema.encode(message).finish()),
    shardsNum: backup.shardsNum,
    consistencyLevel: backup.consistencyLevel as common.ConsistencyLevel,
    properties: [...backup.properties],
    numPartitions: BigInt(hasPartitionKey(backup) ? backup.partitions.length : 0),
  });
}

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
