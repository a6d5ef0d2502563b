import { excerpt } from "@sluice/errors";
import type { schema as wire } from "@sluice/rpc";
import { DataType, dataTypeName, isDenseVector } from "@sluice/schema";
import { checkDefault } from "./check-default.ts";
import type { DdlLimits, SchemaRules } from "./limits.ts";
import { checkFieldName } from "./names.ts";
import { invalid } from "./refusals.ts";
import { checkBound, typeParam } from "./type-params.ts";

type Field = wire.FieldSchema;

const knownTypes = new Set<number>(Object.values(DataType));
/** Elements that an Array may hold. */
const elementTypes = new Set<number>([
  DataType.Bool,
  DataType.Int8,
  DataType.Int16,
  DataType.Int32,
  DataType.Int64,
  DataType.Float,
  DataType.Double,
  DataType.VarChar,
]);

/** Checks one declared field by itself. @throws {StatusError} 1100 */
export function checkField(field: Field, collection: string, { limits, timezone }: SchemaRules): void {
  if (field.isDynamic) throw invalid(`cannot explicitly set a field as a dynamic field, field name = ${field.name}`);
  if (field.dataType === DataType.ArrayOfVector) {
    throw invalid(`array of vector can only be in the struct array field, field name: ${field.name}`);
  }
  checkType(field);
  checkTypeParams(field, collection, limits);
  checkDefault(field, timezone);
}

/** Checks a member of a struct array, under its short name. @throws {StatusError} 1100, 1701 */
export function checkMember(
  member: Field,
  struct: wire.StructArrayFieldSchema,
  collection: string,
  { limits }: SchemaRules,
): void {
  checkFieldName(member.name);
  if (member.dataType !== DataType.Array && member.dataType !== DataType.ArrayOfVector) {
    const type = dataTypeName(member.dataType);
    throw invalid(
      `Fields in StructArrayField can only be array or array of vector, but field ${member.name} is ${type}`,
    );
  }
  refuseMemberAttributes(member, struct);
  const capacity = typeParam(member, "max_capacity") ?? typeParam(struct, "max_capacity");
  checkCapacity(member, capacity, collection, limits);
  checkElements(member, collection, limits);
}

function refuseMemberAttributes(member: Field, struct: wire.StructArrayFieldSchema): void {
  const { isPrimaryKey, isPartitionKey, isClusteringKey, autoID, isDynamic, isFunctionOutput, defaultValue } = member;
  if (isPrimaryKey || isPartitionKey || isClusteringKey || autoID || isDynamic || isFunctionOutput || defaultValue) {
    throw invalid(`a field of a struct array cannot be a key, automatic or have a default value: ${member.name}`);
  }
  if (member.nullable && !struct.nullable) {
    throw invalid(
      `nullable is not supported for fields in struct array now, fieldName = ${member.name} (make the struct array nullable)`,
    );
  }
}

function checkType({ name, dataType }: Field): void {
  if (dataType === DataType.String) {
    throw invalid(`string data type not supported yet, please use VarChar type instead, field name = ${name}`);
  }
  if (dataType !== DataType.None && knownTypes.has(dataType)) return;
  throw invalid(`data type ${dataTypeName(dataType)} is not supported by this server, field name = ${name}`);
}

function checkTypeParams(field: Field, collection: string, limits: DdlLimits): void {
  const type = field.dataType as DataType;
  if (isDenseVector(type)) checkDim(field, type, limits);
  switch (type) {
    case DataType.SparseFloatVector:
      if (typeParam(field, "dim") === undefined) return;
      throw invalid(`dim should not be specified for sparse vector field ${field.name}(#${field.fieldID})`);
    case DataType.VarChar:
      checkLength(field, collection, limits);
      break;
    case DataType.Array:
      checkCapacity(field, typeParam(field, "max_capacity"), collection, limits);
      checkElements(field, collection, limits);
  }
}

/** What Array and ArrayOfVector say of their elements. */
function checkElements(field: Field, collection: string, limits: DdlLimits): void {
  const element = field.elementType as DataType;
  const isAllowed = field.dataType === DataType.Array ? elementTypes.has(element) : isDenseVector(element);
  if (!isAllowed) throw invalid(`element type ${dataTypeName(element)} is not supported, field name = ${field.name}`);
  if (isDenseVector(element)) checkDim(field, element, limits);
  if (element === DataType.VarChar) checkLength(field, collection, limits);
}

function checkLength(field: Field, collection: string, limits: DdlLimits): void {
  const text = typeParam(field, "max_length");
  if (text === undefined) {
    throw invalid(
      `type param(max_length) should be specified for the field(${field.name}) of collection ${collection}`,
    );
  }
  checkBound(field, text, "maximum length", limits.maxVarCharLength);
}

function checkCapacity(field: Field, text: string | undefined, collection: string, limits: DdlLimits): void {
  if (text === undefined) {
    throw invalid(
      `type param(max_capacity) should be specified for the field(${field.name}) of collection ${collection}`,
    );
  }
  checkBound(field, text, "maximum capacity", limits.maxArrayCapacity);
}

function checkDim(field: Field, type: DataType, limits: DdlLimits): void {
  const text = typeParam(field, "dim");
  if (text === undefined) {
    throw invalid(
      `dimension is not defined in field type params of field ${field.name}, check type param \`dim\` for vector field`,
    );
  }
  const dim = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
  const isBinary = type === DataType.BinaryVector;
  if (isBinary && dim % 8 !== 0) {
    throw invalid(
      `invalid dimension: ${excerpt(text)} of field ${field.name}. binary vector dimension should be multiple of 8. `,
    );
  }
  const max = isBinary ? limits.maxBinaryDim : limits.maxDim;
  if (dim >= 2 && dim <= max) return;
  const kind = isBinary ? "binary" : type === DataType.Int8Vector ? "int8" : "float";
  throw invalid(
    `invalid dimension: ${excerpt(text)} of field ${field.name}. ${kind} vector dimension should be in range 2 ~ ${max}`,
  );
}
