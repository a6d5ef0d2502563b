import type { CollectionRecord } from "@sluice/catalog";
import { excerpt } from "@sluice/errors";
import type { milvus, schema as wire } from "@sluice/rpc";
import { type DataType, isVector } from "@sluice/schema";
import { lastIdOf, withLastId } from "./field-ids.ts";
import { invalid } from "./refusals.ts";
import { columnsOf, decodeSchema, encodeSchema } from "./stored-schema.ts";

type Schema = wire.CollectionSchema;
type Dropped = milvus.AlterCollectionSchemaRequest_DropRequest;

/**
 * A collection without a field, a struct array, or a function and what it computes, and without the indexes on them. No segment is
 * written anew: what it has of the field nobody reads, and the next merge of segments leaves it out. Its id is never given again, or
 * a new field would read it. Rules and wording are those of Milvus 3.
 * @throws {StatusError} 1100 for what a collection cannot be without
 */
export function withoutDropped(record: CollectionRecord, dropped: Dropped): CollectionRecord {
  const { identifier } = dropped;
  const declared = decodeSchema(record.declaredSchema);
  if (identifier?.$case === "functionName") {
    if (!dropped.dropFunctionOutputFields) throw detached(identifier.value);
    return withoutFunction(record, declared, identifier.value);
  }
  if (!identifier) throw invalid("drop request must specify field_name, field_id, or function_name");
  return withoutField(record, declared, identifier);
}

function detached(name: string) {
  const text = "detaching a function without dropping its output field is not supported";
  return invalid(`${text}; drop_function always removes the function together with its output field: ${excerpt(name)}`);
}

function withoutField(
  record: CollectionRecord,
  declared: Schema,
  identifier: { $case: "fieldName"; value: string } | { $case: "fieldId"; value: bigint },
): CollectionRecord {
  const { $case, value } = identifier;
  const isMeant = ({ name, fieldID }: { name: string; fieldID: bigint }) =>
    $case === "fieldName" ? name === value : fieldID === value;
  const struct = declared.structArrayFields.find(isMeant);
  if (struct) return withoutStruct(record, declared, struct);
  const field = columnsOf(declared).find(isMeant);
  if (!field)
    throw invalid($case === "fieldName" ? `field not found: ${excerpt(value)}` : `field not found with id: ${value}`);
  checkField(record, declared, field);
  return without(record, new Set([field.fieldID]));
}

function checkField({ properties }: CollectionRecord, declared: Schema, field: wire.FieldSchema): void {
  const { name, isPrimaryKey, isPartitionKey, isClusteringKey } = field;
  const struct = declared.structArrayFields.find(({ fields }) =>
    fields.some(({ fieldID }) => fieldID === field.fieldID),
  );
  if (struct) throw invalid(`cannot drop sub-field of struct array field: ${name}`);
  if (isPrimaryKey) throw invalid(`cannot drop primary key field: ${name}`);
  if (isPartitionKey) throw invalid(`cannot drop partition key field: ${name}`);
  if (isClusteringKey) throw invalid(`cannot drop clustering key field: ${name}`);
  const user = referenceTo(declared, field);
  if (user) throw invalid(`field is referenced by function ${user}, drop function first`);
  if (isVectorField(field) && !hasVectorBeside(declared, new Set([field.fieldID])))
    throw invalid(`cannot drop the last vector field: ${name}`);
  // Ours: without it no row would expire any more, and nobody would be told.
  if (new Map(properties).get("ttl_field") === name)
    throw invalid(`cannot drop field ${name}: rows expire by it (ttl_field); drop that property first`);
}

/** A function and what the field is to it. */
function referenceTo({ functions }: Schema, { name }: wire.FieldSchema): string | undefined {
  for (const one of functions) {
    if (one.inputFieldNames.includes(name)) return `${one.name} as input`;
    if (one.outputFieldNames.includes(name)) return `${one.name} as output`;
  }
  return undefined;
}

function withoutStruct(
  record: CollectionRecord,
  declared: Schema,
  { name, fieldID, fields }: wire.StructArrayFieldSchema,
): CollectionRecord {
  const ids = new Set([fieldID, ...fields.map((member) => member.fieldID)]);
  if (fields.some(isVectorField) && !hasVectorBeside(declared, ids))
    throw invalid(`cannot drop struct array field ${name}: it would leave no vector field in the collection`);
  return without(record, ids);
}

function withoutFunction(record: CollectionRecord, declared: Schema, name: string): CollectionRecord {
  const found = declared.functions.find((one) => one.name === name);
  if (!found) throw invalid(`function not found: ${excerpt(name)}`);
  const ids = new Set(found.outputFieldIds);
  if (!hasVectorBeside(declared, ids))
    throw invalid(`cannot drop function ${name}: it would leave no vector field in the collection`);
  return without(record, ids, name);
}

function isVectorField({ dataType }: wire.FieldSchema): boolean {
  return isVector(dataType as DataType);
}

function hasVectorBeside(declared: Schema, ids: ReadonlySet<bigint>): boolean {
  return columnsOf(declared).some((field) => !ids.has(field.fieldID) && isVectorField(field));
}

/** Both forms, and the indexes, without all that has one of these ids. */
function without(record: CollectionRecord, ids: ReadonlySet<bigint>, functionName?: string): CollectionRecord {
  const lastId = lastIdOf(decodeSchema(record.storedSchema));
  const changed = (text: string) => {
    const schema = decodeSchema(text);
    return encodeSchema({
      ...withLastId(schema, lastId),
      fields: schema.fields.filter(({ fieldID }) => !ids.has(fieldID)),
      structArrayFields: schema.structArrayFields.filter(({ fieldID }) => !ids.has(fieldID)),
      functions: schema.functions.filter(({ name }) => name !== functionName),
    });
  };
  const indexes = record.indexes.filter(({ fieldId }) => !ids.has(BigInt(fieldId)));
  return {
    ...record,
    indexes,
    declaredSchema: changed(record.declaredSchema),
    storedSchema: changed(record.storedSchema),
  };
}

/** The same without the hidden `$meta` column, whose keys nobody sees any more. */
export function withoutDynamicField(record: CollectionRecord): CollectionRecord {
  const dynamic = decodeSchema(record.storedSchema).fields.filter(({ isDynamic }) => isDynamic);
  const next = without(record, new Set(dynamic.map(({ fieldID }) => fieldID)));
  const off = (text: string) => encodeSchema({ ...decodeSchema(text), enableDynamicField: false });
  return { ...next, declaredSchema: off(next.declaredSchema), storedSchema: off(next.storedSchema) };
}
