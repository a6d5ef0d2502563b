import type { CollectionRecord, JobRecord } from "@sluice/catalog";
import { specOf } from "@sluice/jobs";
import { common, schema } from "@sluice/rpc";
import { channelNames } from "./channels.ts";
import { enumName, protoName } from "./proto-json.ts";

/** Under this name Milvus keeps the level among a schema's properties too. */
const CONSISTENCY_LEVEL = "consistency_level";

/**
 * `CollectionDescription` of a snapshot: the schema with the ids of all fields, `$meta` among them, which a restore keeps; the names of
 * partitions with their ids, and as many channels as shards.
 */
export function collectionDescription(job: JobRecord, collection: CollectionRecord) {
  const { consistencyLevel, hasPartitionKey, partitions } = collection;
  const properties = job.properties.map(([key, value]) => ({ key, value }));
  return {
    schema: {
      ...schemaOf(schemaMessage(job)),
      dbName: job.dbName,
      properties: [...properties, { key: CONSISTENCY_LEVEL, value: String(consistencyLevel) }],
    },
    // Without a partition key Milvus makes one, and the others by their names.
    num_partitions: BigInt(hasPartitionKey ? partitions.length : 1),
    num_shards: BigInt(job.vchannels.length),
    consistency_level: enumName(common.ConsistencyLevel, consistencyLevel),
    properties,
    partitions: partitionsOf(job),
    virtual_channel_names: [...channelNames(job).values()],
  };
}

/** Ids of the partitions that are exported, by their names. */
export function partitionsOf(job: JobRecord): Record<string, bigint> {
  return Object.fromEntries(specOf(job, "export").partitions.map(({ name, partitionId }) => [name, partitionId]));
}

/** As it was when the job was recorded, with `$meta`. */
export function schemaMessage({ schema: stored }: JobRecord): schema.CollectionSchema {
  return schema.CollectionSchema.decode(Buffer.from(stored, "base64"));
}

function schemaOf(message: schema.CollectionSchema) {
  const { name, description, fields, enableDynamicField, functions, structArrayFields } = message;
  return {
    ...{ name, description, fields: fields.map(fieldOf), enable_dynamic_field: enableDynamicField },
    functions: functions.map(functionOf),
    struct_array_fields: structArrayFields.map((struct) => ({
      ...{ fieldID: struct.fieldID, name: struct.name, description: struct.description },
      ...{ fields: struct.fields.map(fieldOf), type_params: struct.typeParams, nullable: struct.nullable },
    })),
  };
}

function fieldOf(field: schema.FieldSchema) {
  return {
    ...{ fieldID: field.fieldID, name: field.name, is_primary_key: field.isPrimaryKey, description: field.description },
    data_type: enumName(schema.DataType, field.dataType),
    ...{ type_params: field.typeParams, index_params: field.indexParams, autoID: field.autoID },
    element_type: enumName(schema.DataType, field.elementType),
    ...(field.defaultValue?.data && { default_value: defaultOf(field.defaultValue.data) }),
    ...{
      is_dynamic: field.isDynamic,
      is_partition_key: field.isPartitionKey,
      is_clustering_key: field.isClusteringKey,
    },
    ...{ nullable: field.nullable, is_function_output: field.isFunctionOutput },
  };
}

/** Numbers that JSON has not are texts. */
function defaultOf({ $case, value }: NonNullable<schema.ValueField["data"]>) {
  const isOdd = typeof value === "number" && !Number.isFinite(value);
  const text = value instanceof Uint8Array ? Buffer.from(value).toString("base64") : isOdd ? String(value) : value;
  return { [protoName($case)]: text };
}

function functionOf(one: schema.FunctionSchema) {
  return {
    ...{ name: one.name, id: one.id, description: one.description, type: enumName(schema.FunctionType, one.type) },
    ...{ input_field_names: one.inputFieldNames, input_field_ids: one.inputFieldIds },
    ...{ output_field_names: one.outputFieldNames, output_field_ids: one.outputFieldIds, params: one.params },
  };
}
