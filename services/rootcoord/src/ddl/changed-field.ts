import type { CollectionRecord } from "@sluice/catalog";
import { excerpt, StatusError } from "@sluice/errors";
import type { common, schema as wire } from "@sluice/rpc";
import { DataType } from "@sluice/schema";
import { checkPairs } from "./check-sizes.ts";
import type { DdlLimits } from "./limits.ts";
import { changePairs, fromPairs, type Pairs, toPairs } from "./pairs.ts";
import { invalid } from "./refusals.ts";
import { columnsOf, decodeSchema, encodeSchema } from "./stored-schema.ts";

type Schema = wire.CollectionSchema;
type Field = wire.FieldSchema;

/** What a request changes of one field's parameters. */
export interface FieldChange {
  /** A member of a struct array as `struct[member]`. */
  readonly fieldName: string;
  readonly set: Pairs;
  readonly deleted: readonly string[];
}

const FIELD_NOT_FOUND = 1700;
const DESCRIPTION = "field.description";
const warmups = ["warmup", "warmup.scalarField", "warmup.scalarIndex", "warmup.vectorField", "warmup.vectorIndex"];
const deletable: ReadonlySet<string> = new Set(["mmap.enabled", ...warmups]);
const changeable: ReadonlySet<string> = new Set(["max_length", "max_capacity", DESCRIPTION, ...deletable]);
/** Analyzers decide what stands in segments that are there. */
const atCreation: ReadonlySet<string> = new Set(["enable_analyzer", "analyzer_params", "enable_match"]);

/**
 * Both forms of a schema with other parameters of one field. New bounds count for what comes later.
 * @throws {StatusError} 1100; 1700 for an unknown field
 */
export function withChangedField(
  record: CollectionRecord,
  change: FieldChange,
  limits: DdlLimits,
): Pick<CollectionRecord, "declaredSchema" | "storedSchema"> {
  const declared = decodeSchema(record.declaredSchema);
  const field = columnsOf(declared).find(({ name }) => name === change.fieldName);
  if (!field) throw new StatusError(FIELD_NOT_FOUND, `field not found[field=${excerpt(change.fieldName)}]`);
  checkChange(field, change, limits);
  return {
    declaredSchema: encodeSchema(changed(declared, field.fieldID, change)),
    storedSchema: encodeSchema(changed(decodeSchema(record.storedSchema), field.fieldID, change)),
  };
}

function checkChange(field: Field, { set, deleted }: FieldChange, limits: DdlLimits): void {
  for (const key of deleted)
    if (!deletable.has(key)) throw invalid(`${excerpt(key)} is not allowed to drop in collection field param`);
  for (const [key, value] of set) {
    if (!changeable.has(key)) throw notChangeable(key);
    if (key === "max_length") checkLength(field, value, limits);
    if (key === "max_capacity") checkCapacity(field, value, limits);
  }
}

function notChangeable(key: string): StatusError {
  const instead = atCreation.has(key) ? " (it is fixed when the field is made: add a field, or copy the rows)" : "";
  return invalid(`${excerpt(key)} does not allow update in collection field param${instead}`);
}

function checkLength(field: Field, value: string, { maxVarCharLength }: DdlLimits): void {
  const { name, dataType, elementType } = field;
  const type = dataType === DataType.Array ? elementType : dataType;
  if (type !== DataType.VarChar) throw invalid(`${name} can not modify the maxlength for non-string types`);
  if (!/^[+-]?\d+$/.test(value)) throw invalid(`max_length should be an integer, but got ${excerpt(value)}`);
  if (Number(value) > maxVarCharLength)
    throw invalid(`${excerpt(value)} exceeds the maximum allowed value ${maxVarCharLength}`);
  if (Number(value) < 1) throw invalid(`max_length must be at least 1, but got ${excerpt(value)}`);
  checkHoldsDefault(field, Number(value));
}

/** Rows that lack the field, those of before and those to come, take its default: one that is too long would refuse them all. */
function checkHoldsDefault({ name, defaultValue }: Field, maxLength: number): void {
  if (defaultValue?.data?.$case !== "stringData") return;
  const length = Buffer.byteLength(defaultValue.data.value);
  if (length <= maxLength) return;
  throw invalid(
    `the default value of field ${name} has ${length} bytes, more than max_length ${maxLength}: set max_length to at least ${length}`,
  );
}

function checkCapacity({ name, dataType }: Field, value: string, { maxArrayCapacity }: DdlLimits): void {
  const isArray = dataType === DataType.Array || dataType === DataType.ArrayOfVector;
  if (!isArray) throw invalid(`${name} can not modify the maxcapacity for non-array types`);
  if (!/^[+-]?\d+$/.test(value)) throw invalid(`the value for max_capacity of field ${name} must be an integer`);
  if (Number(value) < 1 || Number(value) > maxArrayCapacity)
    throw invalid(`the maximum capacity specified for a Array should be in (0, ${maxArrayCapacity}]`);
}

function changed(schema: Schema, id: bigint, change: FieldChange): Schema {
  const next = (field: Field) => (field.fieldID === id ? changedField(field, change) : field);
  return {
    ...schema,
    fields: schema.fields.map(next),
    structArrayFields: schema.structArrayFields.map((struct) => ({ ...struct, fields: struct.fields.map(next) })),
  };
}

function changedField(field: Field, { set, deleted }: FieldChange): Field {
  const params = changePairs(toPairs(field.typeParams), set, deleted);
  checkPairs(params, "type params");
  const description = new Map(set).get(DESCRIPTION) ?? field.description;
  return { ...field, description, typeParams: paramsOf(params) };
}

function paramsOf(params: Pairs): common.KeyValuePair[] {
  return fromPairs(params.filter(([key]) => key !== DESCRIPTION));
}
