import type { schema as wire } from "@sluice/rpc";
import { DataType, dataTypeName, isVector, META_FIELD_NAME } from "@sluice/schema";
import { checkField, checkMember } from "./check-field.ts";
import { checkFunctions } from "./check-functions.ts";
import type { DdlLimits, SchemaRules } from "./limits.ts";
import { checkFieldName } from "./names.ts";
import { invalid } from "./refusals.ts";

type Schema = wire.CollectionSchema;
type Field = wire.FieldSchema;

/** Names of columns that every segment has beside the declared ones. */
const systemFields = new Set(["RowID", "Timestamp", META_FIELD_NAME]);

/** Whether a name is one that every segment has for itself. */
export function isReservedName(name: string): boolean {
  return systemFields.has(name);
}

/**
 * Checks a declared schema, ids still unassigned, as Milvus does when a collection is created.
 * @throws {StatusError} 1100, 1701 for the first rule that is broken
 */
export function checkSchema(schema: Schema, rules: SchemaRules): void {
  refuseUnsupported(schema);
  checkCounts(schema, rules.limits);
  checkNames(schema);
  checkPrimaryKey(schema);
  checkPartitionKey(schema);
  checkClusteringKey(schema);
  for (const field of schema.fields) checkField(field, schema.name, rules);
  for (const struct of schema.structArrayFields) checkStruct(struct, schema.name, rules);
  checkFunctions(schema);
}

function refuseUnsupported(schema: Schema): void {
  if (schema.externalSource !== "")
    throw invalid(
      "external collections are not supported by this server (create the collection without it, and import its files)",
    );
  if (schema.enableNamespace) throw invalid("namespaces are not supported by this server (use a partition key)");
}

function checkCounts(schema: Schema, limits: DdlLimits): void {
  const all = [...schema.fields, ...schema.structArrayFields.flatMap((struct) => struct.fields)];
  if (all.length > limits.maxFields) {
    throw invalid(`maximum field's number should be limited to ${limits.maxFields}`);
  }
  const vectors = all.filter((field) => isVector(field.dataType as DataType)).length;
  if (vectors > limits.maxVectorFields) {
    throw invalid(`maximum vector field's number should be limited to ${limits.maxVectorFields}`);
  }
  if (vectors === 0) throw invalid("schema does not contain vector field");
}

function checkNames(schema: Schema): void {
  const seen = new Set<string>();
  for (const { name } of [...schema.fields, ...schema.structArrayFields]) {
    if (isReservedName(name)) throw invalid(`not support to add system field, field name = ${name}`);
    checkFieldName(name);
    if (seen.has(name)) throw invalid(`duplicated field name ${name}`);
    seen.add(name);
  }
}

function checkPrimaryKey(schema: Schema): void {
  const automatic = schema.fields.find((field) => field.autoID && !field.isPrimaryKey);
  if (automatic) throw invalid(`only primary field can speficy AutoID with true, field name = ${automatic.name}`);
  const key = onlyOne(schema, (field) => field.isPrimaryKey, "primary key");
  if (!key) throw invalid("primary key is not specified");
  if (!isKeyType(key)) throw invalid("the data type of primary key should be Int64 or VarChar");
  if (key.nullable) throw invalid(`primary field not support null, field name = ${key.name}`);
  if (key.defaultValue) throw invalid(`primary field not support default_value, field name = ${key.name}`);
}

function checkPartitionKey(schema: Schema): void {
  const key = onlyOne(schema, (field) => field.isPartitionKey, "partition key");
  if (!key) return;
  if (key.isPrimaryKey) throw invalid("the partition key field must not be primary field");
  if (!isKeyType(key)) throw invalid("the data type of partition key should be Int64 or VarChar");
  if (key.nullable) throw invalid(`partition key field not support nullable, field name = ${key.name}`);
}

function checkClusteringKey(schema: Schema): void {
  const key = onlyOne(schema, (field) => field.isClusteringKey, "clustering key");
  const refused: number[] = [DataType.JSON, DataType.Array, DataType.Geometry];
  if (!key || !refused.includes(key.dataType)) return;
  throw invalid(`clustering key field ${key.name} should not be of type ${dataTypeName(key.dataType)}`);
}

function onlyOne(schema: Schema, isKey: (field: Field) => boolean, what: string): Field | undefined {
  const [key, second] = schema.fields.filter(isKey);
  if (second) throw invalid(`there are more than one ${what}, field name = ${key.name}, ${second.name}`);
  return key;
}

function isKeyType(field: Field): boolean {
  return field.dataType === DataType.Int64 || field.dataType === DataType.VarChar;
}

function checkStruct(struct: wire.StructArrayFieldSchema, collection: string, rules: SchemaRules): void {
  if (struct.fields.length === 0) throw invalid(`struct array field ${struct.name} has no sub-fields`);
  const seen = new Set<string>();
  for (const member of struct.fields) {
    if (seen.has(member.name)) throw invalid(`duplicated field name ${member.name} in struct ${struct.name}`);
    seen.add(member.name);
    checkMember(member, struct, collection, rules);
  }
}
