import { common, type milvus, schema } from "@sluice/rpc";

// Answers about collections as REST has them. Source: around-import §2.4, §2.6.

const nameIn = (names: object, value: number) =>
  Object.entries(names).find(([, number]) => number === value)?.[0] ?? "";

function fieldJson(field: schema.FieldSchema) {
  const element = field.elementType === schema.DataType.None ? {} : { elementType: typeName(field.elementType) };
  return {
    ...{ name: field.name, id: Number(field.fieldID), type: typeName(field.dataType), description: field.description },
    ...{ primaryKey: field.isPrimaryKey, partitionKey: field.isPartitionKey, clusteringKey: field.isClusteringKey },
    ...{ autoId: field.autoID, nullable: field.nullable, isFunctionOutput: field.isFunctionOutput, ...element },
    ...(field.typeParams.length > 0 && { params: field.typeParams }),
    ...(field.defaultValue?.data && { defaultValue: exactly(field.defaultValue.data.value) }),
  };
}

function functionJson(one: schema.FunctionSchema) {
  return {
    ...{ name: one.name, id: Number(one.id), description: one.description },
    ...{ type: nameIn(schema.FunctionType, one.type), params: one.params },
    ...{ inputFieldNames: one.inputFieldNames, outputFieldNames: one.outputFieldNames },
  };
}

function typeName(type: schema.DataType): string {
  return nameIn(schema.DataType, type);
}

/** As a number where one holds it exactly. */
function exactly(value: unknown): unknown {
  if (typeof value !== "bigint") return value;
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
}

/**
 * A collection as `collections/describe` answers it. The dynamic field stands in `enableDynamicField`, not among the fields.
 * @param load undefined where the caller may not know it
 */
export function collectionJson(
  described: milvus.DescribeCollectionResponse,
  indexes: readonly milvus.IndexDescription[],
  load: common.LoadState | undefined,
) {
  const { schema: message } = described;
  return {
    ...{ collectionName: described.collectionName, collectionID: Number(described.collectionID) },
    ...{ description: message?.description ?? "", autoId: message?.autoID ?? false },
    fields: message?.fields.filter(({ isDynamic }) => !isDynamic).map(fieldJson) ?? [],
    structFields: message?.structArrayFields.map((struct) => ({
      ...{ name: struct.name, id: Number(struct.fieldID), type: "ArrayOfStruct", description: struct.description },
      ...{ nullable: struct.nullable, params: struct.typeParams },
      fields: struct.fields.map(fieldJson),
    })),
    functions: message?.functions.map(functionJson) ?? [],
    aliases: described.aliases,
    indexes: indexes.map(({ indexName, fieldName, params }) => ({
      ...{ indexName, fieldName, metricType: pairValue(params, "metric_type") },
    })),
    ...(load !== undefined && { load: loadName(load) }),
    shardsNum: described.shardsNum,
    partitionsNum: Number(described.numPartitions),
    consistencyLevel: nameIn(common.ConsistencyLevel, described.consistencyLevel),
    enableDynamicField: message?.enableDynamicField ?? false,
    properties: described.properties,
    ...{ externalSource: "", externalSpec: "" },
  };
}

/** `LoadStateLoaded` and the like. */
export function loadName(state: common.LoadState): string {
  return nameIn(common.LoadState, state);
}

/** An index as `indexes/describe` answers it. */
export function indexJson(index: milvus.IndexDescription) {
  return {
    ...{ indexName: index.indexName, fieldName: index.fieldName, failReason: index.indexStateFailReason },
    ...{ indexType: pairValue(index.params, "index_type"), metricType: pairValue(index.params, "metric_type") },
    ...{ totalRows: Number(index.totalRows), indexedRows: Number(index.indexedRows) },
    ...{ pendingRows: Number(index.pendingIndexRows), indexState: nameIn(common.IndexState, index.state) },
    ...{ minIndexVersion: index.minIndexVersion, maxIndexVersion: index.maxIndexVersion, indexParams: index.params },
  };
}

/** "" where there is none of that name. */
export function pairValue(pairs: readonly common.KeyValuePair[], name: string): string {
  return pairs.find(({ key }) => key === name)?.value ?? "";
}
