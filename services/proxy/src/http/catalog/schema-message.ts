import { excerpt, StatusError, statusCodes } from "@sluice/errors";
import { type common, schema } from "@sluice/rpc";
import type { Body } from "./body.ts";

// A schema as REST has it, as the message that gRPC clients send. Source: around-import §2.3.

const { DataType } = schema;

function dataTypeOf(name: string): schema.DataType {
  const type = Object.hasOwn(DataType, name) ? DataType[name as keyof typeof DataType] : undefined;
  if (type !== undefined && type !== DataType.UNRECOGNIZED && type !== DataType.None) return type;
  throw new StatusError(statusCodes.invalidParameter, `data type ${excerpt(name)} is invalid(case sensitive).`);
}

function functionTypeOf(name: string): schema.FunctionType {
  const { FunctionType } = schema;
  const type = Object.hasOwn(FunctionType, name) ? FunctionType[name as keyof typeof FunctionType] : undefined;
  if (type !== undefined && type !== FunctionType.UNRECOGNIZED) return type;
  throw new StatusError(statusCodes.invalidParameter, `Unsupported function type: ${excerpt(name)}`);
}

/** The schema that a request describes with its fields. */
export function schemaOf(name: string, request: Body, params: Body): schema.CollectionSchema {
  const body = request.inner("schema");
  const isAuto = body.flag("autoID", body.flag("autoId", request.flag("autoID", false)));
  const isDynamic = body.flag("enabledDynamicField", params.flag("enableDynamicField", false));
  return schema.CollectionSchema.fromPartial({
    ...{ name, description: request.text("description"), autoID: isAuto },
    enableDynamicField: body.flag("enableDynamicField", isDynamic),
    fields: body.bodies("fields").map((field) => fieldOf(field, isAuto)),
    structArrayFields: body.bodies("structFields").map(structOf),
    functions: body.bodies("functions").map(functionOf),
  });
}

/** A function of a schema, or one that ranks hits. */
export function functionOf(body: Body): schema.FunctionSchema {
  return schema.FunctionSchema.fromPartial({
    ...{ name: body.required("name"), description: body.text("description"), type: functionTypeOf(body.text("type")) },
    inputFieldNames: body.texts("inputFieldNames"),
    outputFieldNames: body.texts("outputFieldNames"),
    params: body.pairs("params"),
  });
}

/** A struct array with its members. */
export function structOf(body: Body): schema.StructArrayFieldSchema {
  return schema.StructArrayFieldSchema.fromPartial({
    ...{ name: body.required("fieldName"), description: body.text("description") },
    ...{ nullable: body.flag("nullable", false), typeParams: body.pairs("elementTypeParams") },
    fields: body.bodies("fields").map((field) => fieldOf(field, false)),
  });
}

/** A field as REST describes it. @param isAuto whether a key is given by the server */
export function fieldOf(body: Body, isAuto: boolean): schema.FieldSchema {
  const dataType = dataTypeOf(body.required("dataType"));
  const isPrimaryKey = body.flag("isPrimary", false);
  const elementName = body.text("elementDataType");
  return schema.FieldSchema.fromPartial({
    ...{ name: body.required("fieldName"), description: body.text("description"), dataType, isPrimaryKey },
    ...{
      autoID: body.flag("autoID", body.flag("autoId", isPrimaryKey && isAuto)),
      nullable: body.flag("nullable", false),
    },
    isPartitionKey: body.flag("isPartitionKey", false),
    isClusteringKey: body.flag("isClusteringKey", false),
    elementType: elementName === "" ? DataType.None : dataTypeOf(elementName),
    typeParams: typeParamsOf(body),
    defaultValue: body.has("defaultValue") ? defaultOf(dataType, body.exact("defaultValue")) : undefined,
  });
}

/** @throws {StatusError} 1100 for several analyzers that are given twice */
function typeParamsOf(body: Body): common.KeyValuePair[] {
  const params = body.pairs("elementTypeParams");
  if (!body.has("multiAnalyzerParam")) return params;
  const key = "multi_analyzer_params";
  if (params.some((pair) => pair.key === key))
    throw new StatusError(
      statusCodes.invalidParameter,
      "multiAnalyzerParam and multi_analyzer_params of elementTypeParams cannot be given together: leave one out: invalid parameter",
    );
  const several = body.raw("multiAnalyzerParam");
  return [...params, { key, value: typeof several === "string" ? several : JSON.stringify(several) }];
}

/** A default as the message of its type; what it may be is the rootcoord's to say. @throws {StatusError} 1100 */
function defaultOf(type: schema.DataType, value: unknown): schema.ValueField {
  switch (type) {
    case DataType.Bool:
      return { data: { $case: "boolData", value: flagIn(value) } };
    case DataType.Int64:
      return { data: { $case: "longData", value: BigInt(integerIn(value)) } };
    case DataType.Int8:
    case DataType.Int16:
    case DataType.Int32:
      return { data: { $case: "intData", value: Number(integerIn(value)) } };
    case DataType.Float:
      return { data: { $case: "floatData", value: numberIn(value) } };
    case DataType.Double:
      return { data: { $case: "doubleData", value: numberIn(value) } };
    default:
      return { data: { $case: "stringData", value: String(value) } };
  }
}

function integerIn(value: unknown): string {
  const text = String(value);
  if (/^-?\d{1,19}$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text)) return text;
  throw noDefault(value, "whole number of 64 bits");
}

/** Text of a number, too; that it is finite is the rootcoord's to ask for. */
function numberIn(value: unknown): number {
  if (typeof value === "number" || typeof value === "bigint" || (typeof value === "string" && value.trim() !== ""))
    return Number(value);
  throw noDefault(value, "number");
}

function flagIn(value: unknown): boolean {
  if (value === true || value === "true") return true;
  if (value === false || value === "false") return false;
  throw noDefault(value, "true or false");
}

function noDefault(value: unknown, expected: string): StatusError {
  return new StatusError(statusCodes.invalidParameter, `the default value ${excerpt(String(value))} is no ${expected}`);
}

const quickVectors: Readonly<Record<string, string>> = {
  ...{ FloatVector: "COSINE", Float16Vector: "COSINE", BFloat16Vector: "COSINE", Int8Vector: "COSINE" },
  ...{ BinaryVector: "HAMMING", SparseFloatVector: "IP" },
};

/** What the quick form of `create` stands for: a key, a vector, and the metric that belongs to it. */
export function quickSchema(name: string, body: Body) {
  const vectorType = body.text("vectorFieldType") || "FloatVector";
  const metric = Object.hasOwn(quickVectors, vectorType) ? quickVectors[vectorType] : undefined;
  if (metric === undefined)
    throw new StatusError(statusCodes.invalidParameter, `data type ${excerpt(vectorType)} is invalid(case sensitive).`);
  const isSparse = vectorType === "SparseFloatVector";
  if (!isSparse && !body.has("dimension"))
    throw new StatusError(
      1802,
      "dimension is required for quickly create collection(default metric type: COSINE): missing required parameters",
    );
  const params = body.inner("params");
  const idType = body.text("idType") || "Int64";
  const vectorField = body.text("vectorFieldName") || "vector";
  const message = schema.CollectionSchema.fromPartial({
    ...{ name, description: body.text("description"), autoID: body.flag("autoID", false) },
    enableDynamicField: params.flag("enableDynamicField", true),
    fields: [
      {
        ...{ name: body.text("primaryFieldName") || "id", isPrimaryKey: true, autoID: body.flag("autoID", false) },
        dataType: dataTypeOf(idType === "Varchar" ? "VarChar" : idType),
        typeParams: params.has("max_length")
          ? [{ key: "max_length", value: String(params.integer("max_length", 0)) }]
          : [],
      },
      {
        ...{ name: vectorField, dataType: dataTypeOf(vectorType) },
        typeParams: isSparse ? [] : [{ key: "dim", value: String(body.integer("dimension", 0)) }],
      },
    ],
  });
  return { message, vectorField, metric: body.text("metricType") || metric };
}
