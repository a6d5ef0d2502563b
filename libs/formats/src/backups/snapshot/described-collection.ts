import { excerpt, ImportError } from "@sluice/errors";
import { DataType } from "@sluice/schema";
import type { BackupCollection, BackupField, BackupFunction, BackupIndex, BackupPartition } from "../backup.ts";
import { arrayAt, idAt, type JsonObject, listAt, numberAt, objectAt, pairsAt, textAt } from "../json-members.ts";
import { unambiguous } from "../unambiguous.ts";
import { nestedPath } from "./json-path.ts";
import { valueFieldOf } from "./value-field.ts";

/**
 * The collection that the metadata of a snapshot describes, without its segments.
 * @throws {ImportError} `malformed_file`; `unsupported` for types and functions that are not known
 */
export function describedCollection(metadata: JsonObject): BackupCollection {
  const info = objectAt(metadata, "snapshot_info");
  const description = objectAt(metadata, "collection");
  const schema = objectAt(description, "schema");
  const fields = fieldsOf(schema);
  const structs = listAt(schema, "struct_array_fields").map((struct) => ({
    ...{ fieldId: numberAt(struct, "fieldID"), name: textAt(struct, "name"), fields: fieldsOf(struct) },
  }));
  const own = pairsAt(description, "properties");
  const properties = own.length > 0 ? own : pairsAt(schema, "properties");
  return unambiguous({
    ...{ id: idAt(info, "collection_id"), dbName: textAt(schema, "dbName") || "default", name: textAt(schema, "name") },
    ...{ description: textAt(schema, "description"), fields, structs },
    functions: listAt(schema, "functions").map(functionOf),
    enableDynamicField: schema.enable_dynamic_field === true,
    shardsNum: numberAt(description, "num_shards"),
    consistencyLevel: numberOf(consistencyLevels, textAt(description, "consistency_level")),
    properties: properties.filter(({ key }) => !internalProperties.has(key)),
    partitions: partitionsOf(objectAt(description, "partitions")),
    ...{ l0Segments: [], aliases: [], isLoaded: false, notes: [] },
    indexes: listAt(metadata, "indexes").map((index) =>
      indexOf(index, [...fields, ...structs.flatMap((struct) => struct.fields)]),
    ),
  });
}

/** Of a collection's properties those that a server gives itself. */
const internalProperties: ReadonlySet<string> = new Set(["consistency_level", "max_field_id", "preserve_field_ids"]);

const consistencyLevels = { Strong: 0, Session: 1, Bounded: 2, Eventually: 3, Customized: 4 } as const;
const functionTypes = { BM25: 1, TextEmbedding: 2, Rerank: 3, MinHash: 4, MolFingerprint: 5 } as const;

/** A value of an enum: protobuf's JSON has its name, or its number. "" = 0. */
function numberOf(values: Readonly<Record<string, number>>, text: string): number {
  const value = text === "" ? 0 : (values[text] ?? Number(text));
  if (Number.isInteger(value)) return value;
  const known = Object.keys(values).join(", ");
  throw new ImportError("unsupported", `the snapshot has "${excerpt(text)}", which is not known: known are ${known}`);
}

function partitionsOf(ids: JsonObject): BackupPartition[] {
  return Object.keys(ids).map((name) => ({ id: idAt(ids, name), name, segments: [] }));
}

function fieldsOf(schema: JsonObject): BackupField[] {
  return listAt(schema, "fields")
    .map(fieldOf)
    .filter(({ fieldId }) => fieldId >= FIRST_FIELD)
    .sort((a, b) => a.fieldId - b.fieldId);
}

/** Lower ids are RowID's and Timestamp's. */
const FIRST_FIELD = 100;

function fieldOf(field: JsonObject): BackupField {
  const typeAt = (key: string) => numberOf(DataType, textAt(field, key));
  return {
    ...{ fieldId: numberAt(field, "fieldID"), name: textAt(field, "name"), description: textAt(field, "description") },
    ...{ dataType: typeAt("data_type"), elementType: typeAt("element_type") },
    isPrimaryKey: field.is_primary_key === true,
    autoId: field.autoID === true,
    isPartitionKey: field.is_partition_key === true,
    isDynamic: field.is_dynamic === true,
    nullable: field.nullable === true,
    isFunctionOutput: field.is_function_output === true,
    typeParams: pairsAt(field, "type_params"),
    defaultValue: valueFieldOf(objectAt(field, "default_value")),
  };
}

function functionOf(one: JsonObject): BackupFunction {
  return {
    ...{ name: textAt(one, "name"), description: textAt(one, "description") },
    type: numberOf(functionTypes, textAt(one, "type")),
    inputFieldNames: arrayAt(one, "input_field_names").map(String),
    outputFieldNames: arrayAt(one, "output_field_names").map(String),
    params: pairsAt(one, "params"),
  };
}

/** An automatic index as it was asked for. */
function indexOf(index: JsonObject, fields: readonly BackupField[]): BackupIndex {
  const fieldId = numberAt(index, "fieldID");
  const fieldName = fields.find((field) => field.fieldId === fieldId)?.name ?? "";
  const asked = pairsAt(index, "user_index_params");
  const params = index.is_auto_index === true && asked.length > 0 ? asked : pairsAt(index, "index_params");
  return {
    ...{ fieldName, indexName: textAt(index, "index_name") },
    params: params.map(({ key, value }) => ({
      key,
      value: key === "json_path" ? nestedPath(value, fieldName) : value,
    })),
  };
}
