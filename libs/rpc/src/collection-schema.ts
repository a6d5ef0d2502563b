import {
  ALLOW_OUTPUTS_PROPERTY,
  type CollectionSchema,
  DataType,
  type DefaultValue,
  type FieldSchema,
  type FunctionSchema,
  memberName,
  type StructSchema,
} from "@sluice/schema";
import { parseTimestamptz, wktToWkb } from "@sluice/values";
import {
  type FieldSchema as FieldMessage,
  type FunctionSchema as FunctionMessage,
  FunctionType,
  CollectionSchema as SchemaMessage,
  type StructArrayFieldSchema as StructMessage,
  type ValueField,
} from "./gen/schema.ts";

type Pairs = readonly (readonly [key: string, value: string])[];

/** The schema that the data path works with, from the stored form (field ids assigned, `$meta` included). */
export function decodeStoredSchema(bytes: Uint8Array, properties: Pairs): CollectionSchema {
  return schemaFromMessage(SchemaMessage.decode(bytes), properties);
}

/**
 * Fields in the order of columns: plain ones, members of structs, `$meta` last. @param properties of the collection;
 * those that the data path heeds are its time zone and what rows may give
 */
export function schemaFromMessage(message: SchemaMessage, properties: Pairs): CollectionSchema {
  const values = new Map(properties);
  const timezone = values.get("timezone") ?? "UTC";
  const givable = givableOutputs(message, values);
  const plain = message.fields
    .filter((field) => !field.isDynamic)
    .map((field) => ({ ...fieldOf(field, timezone), ...(givable.has(field.name) && { mayBeGiven: true }) }));
  const members = message.structArrayFields.flatMap((struct) =>
    struct.fields.map((field) => memberOf(struct, field, timezone)),
  );
  const dynamic = message.fields.filter((field) => field.isDynamic).map((field) => fieldOf(field, timezone));
  return {
    name: message.name,
    fields: [...plain, ...members, ...dynamic],
    structs: message.structArrayFields.map(structOf),
    ...(message.functions.length > 0 && { functions: message.functions.map(functionOf) }),
    enableDynamicField: message.enableDynamicField,
    allowInsertAutoId: values.get("allow_insert_auto_id")?.toLowerCase() === "true",
    timezone,
  };
}

/** Outputs that need not be computed; those of BM25 always are, since statistics are made of them. */
function givableOutputs({ functions }: SchemaMessage, properties: ReadonlyMap<string, string>): ReadonlySet<string> {
  const allows = properties.get(ALLOW_OUTPUTS_PROPERTY)?.toLowerCase() === "true";
  const others = allows ? functions.filter(({ type }) => type !== FunctionType.BM25) : [];
  return new Set(others.flatMap(({ outputFieldNames }) => outputFieldNames));
}

function fieldOf(message: FieldMessage, timezone: string): FieldSchema {
  const params = Object.fromEntries(message.typeParams.map(({ key, value }) => [key, value]));
  return {
    fieldId: Number(message.fieldID),
    name: message.name,
    dataType: message.dataType as number as DataType,
    elementType: message.elementType as number as DataType,
    isPrimaryKey: message.isPrimaryKey,
    isPartitionKey: message.isPartitionKey,
    autoId: message.autoID,
    isDynamic: message.isDynamic,
    nullable: message.nullable,
    defaultValue: defaultOf(message, timezone),
    dim: Number(params.dim ?? 0),
    maxLength: Number(params.max_length ?? 0),
    maxCapacity: Number(params.max_capacity ?? 0),
    isFunctionOutput: message.isFunctionOutput,
    typeParams: params,
  };
}

function memberOf(struct: StructMessage, message: FieldMessage, timezone: string): FieldSchema {
  const field = fieldOf(message, timezone);
  const { maxCapacity } = structOf(struct);
  const name = field.name.includes("[") ? field.name : `${struct.name}[${field.name}]`;
  return { ...field, name, nullable: struct.nullable, maxCapacity: field.maxCapacity || maxCapacity };
}

function structOf(message: StructMessage): StructSchema {
  const capacity =
    message.typeParams.find(({ key }) => key === "max_capacity") ??
    message.fields[0]?.typeParams.find(({ key }) => key === "max_capacity");
  return {
    fieldId: Number(message.fieldID),
    name: message.name,
    nullable: message.nullable,
    maxCapacity: Number(capacity?.value ?? 0),
    members: message.fields.map((field) => memberName(field.name)),
  };
}

/** Other types are refused when a collection is created, see the rootcoord's `check-functions.ts`. */
const functionTypes: Readonly<Partial<Record<FunctionType, FunctionSchema["type"]>>> = {
  [FunctionType.BM25]: "bm25",
  [FunctionType.MinHash]: "minhash",
  [FunctionType.TextEmbedding]: "textembedding",
};

function functionOf(message: FunctionMessage): FunctionSchema {
  const type = functionTypes[message.type];
  if (!type) throw new Error(`function ${message.name} is of a type that is not supported: ${message.type}`);
  const params = Object.fromEntries(message.params.map(({ key, value }) => [key, value]));
  const [inputId, outputId] = [Number(message.inputFieldIds[0]), Number(message.outputFieldIds[0])];
  return { name: message.name, type, inputId, outputId, params };
}

/** The default in the form of the column's values: bigint for integers and times, bytes for JSON and geometry. */
function defaultOf({ dataType, defaultValue }: FieldMessage, timezone: string): DefaultValue | undefined {
  const data = defaultValue?.data;
  if (!data) return undefined;
  const isInteger = dataType >= DataType.Int8 && dataType <= DataType.Int64;
  if (isInteger) return BigInt(data.value as number | bigint);
  switch (dataType as number) {
    case DataType.Float:
      return Math.fround(data.value as number);
    case DataType.Timestamptz:
      return data.$case === "stringData" ? parseTimestamptz(data.value, timezone) : BigInt(data.value as bigint);
    case DataType.Geometry:
      return data.$case === "stringData" ? wktToWkb(data.value) : (data.value as Uint8Array);
    default:
      return data.value as Exclude<NonNullable<ValueField["data"]>["value"], bigint>;
  }
}
