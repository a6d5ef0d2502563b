import { DataType, isDenseVector, vectorBytes } from "./data-type.ts";

/** Value that stands in for a missing or null one. Int8-64 and Timestamptz (micros): bigint; Float, Double: number. */
export type DefaultValue = bigint | number | boolean | string | Uint8Array;

/** One stored column of a collection. */
export interface FieldSchema {
  /** From 100 in the order of declaration; system fields are 0 (RowID) and 1 (Timestamp). */
  readonly fieldId: number;
  /** Members of a struct array are named `struct[member]`. */
  readonly name: string;
  readonly dataType: DataType;
  /** Of Array and ArrayOfVector; `None` otherwise. */
  readonly elementType: DataType;
  readonly isPrimaryKey: boolean;
  readonly isPartitionKey: boolean;
  readonly autoId: boolean;
  /** The hidden `$meta` column of a collection with dynamic fields. */
  readonly isDynamic: boolean;
  readonly nullable: boolean;
  /** Default beats null: a missing or null value becomes this one. JSON defaults are the UTF-8 bytes of the JSON text. */
  readonly defaultValue: DefaultValue | undefined;
  /** Dense vectors and ArrayOfVector: dimensions; otherwise 0. */
  readonly dim: number;
  /** VarChar, Array of VarChar: greatest length in UTF-8 bytes; 0 = no limit. */
  readonly maxLength: number;
  /** Array, ArrayOfVector: greatest number of elements; 0 = no limit. */
  readonly maxCapacity: number;
  /** Output of a function such as BM25; a file may not provide it. */
  readonly isFunctionOutput: boolean;
  /** A function's output that files and clients may give nevertheless ({@link ALLOW_OUTPUTS_PROPERTY}): it is not computed then. */
  readonly mayBeGiven?: boolean;
  /** All type parameters as text, known or not. */
  readonly typeParams: Readonly<Record<string, string>>;
}

/** A struct array: one column per member, lists of equal length in a row. */
export interface StructSchema {
  readonly fieldId: number;
  readonly name: string;
  readonly nullable: boolean;
  readonly maxCapacity: number;
  /** Plain member names, in order; the stored column of `m` is the field `name[m]`. */
  readonly members: readonly string[];
}

/** Computes a field from another one, row by row, wherever rows come into the collection. */
export interface FunctionSchema {
  readonly name: string;
  readonly type: "bm25" | "minhash" | "textembedding";
  readonly inputId: number;
  readonly outputId: number;
  readonly params: Readonly<Record<string, string>>;
}

/** What the data path knows of a collection. Plain data: it crosses threads by structured clone. */
export interface CollectionSchema {
  readonly name: string;
  /** Every stored user column: declared fields, then struct members, then `$meta` when dynamic. Batches are parallel to it. */
  readonly fields: readonly FieldSchema[];
  readonly structs: readonly StructSchema[];
  /** Absent = none. */
  readonly functions?: readonly FunctionSchema[];
  readonly enableDynamicField: boolean;
  /** Property `allow_insert_auto_id`: files may carry the primary key although it is automatic. */
  readonly allowInsertAutoId: boolean;
  /** IANA zone of Timestamptz text without offset. */
  readonly timezone: string;
}

/** System fields of every segment. Source: Milvus `pkg/common`. */
export const ROW_ID_FIELD = 0;
/** Field id of the timestamps in segments. Source: Milvus. */
export const TIMESTAMP_FIELD = 1;
/** Field ids below it are the system's. Source: Milvus. */
export const FIRST_USER_FIELD = 100;
/** The field of dynamic keys: JSON, hidden from those who describe the collection. */
export const META_FIELD_NAME = "$meta";

/** Property of a collection; see `mayBeGiven` of a field. */
export const ALLOW_OUTPUTS_PROPERTY = "collection.function.allowInsertNonBM25FunctionOutputs";

/** Bytes of one value of a fixed-width column (Bool 1, Int8 1, Int16 2, ...), or 0 when its values vary in length. */
export function fixedWidth(field: { dataType: DataType; dim: number }): number {
  switch (field.dataType) {
    case DataType.Bool:
    case DataType.Int8:
      return 1;
    case DataType.Int16:
      return 2;
    case DataType.Int32:
    case DataType.Float:
      return 4;
    case DataType.Int64:
    case DataType.Double:
    case DataType.Timestamptz:
      return 8;
    default:
      return isDenseVector(field.dataType) ? vectorBytes(field.dataType, field.dim) : 0;
  }
}

/** The primary key's position in `fields`. @throws Error when the schema has none (the rootcoord refuses such schemas). */
export function primaryKeyIndex(schema: CollectionSchema): number {
  const index = schema.fields.findIndex((field) => field.isPrimaryKey);
  if (index < 0) throw new Error(`collection ${schema.name} has no primary key`);
  return index;
}

/** The partition key's position in `fields`, or -1. */
export function partitionKeyIndex(schema: CollectionSchema): number {
  return schema.fields.findIndex((field) => field.isPartitionKey);
}

/** Empty for a collection without functions. */
export function functionsOf({ functions = [] }: CollectionSchema): readonly FunctionSchema[] {
  return functions;
}

/** The function that computes a field, if one does. */
export function functionOfOutput(schema: CollectionSchema, { fieldId }: FieldSchema): FunctionSchema | undefined {
  return functionsOf(schema).find(({ outputId }) => outputId === fieldId);
}

/** Is a field computed from another, with the same outcome wherever that is done? What a model makes is copied instead. */
export function isComputed(schema: CollectionSchema, field: FieldSchema): boolean {
  return field.isFunctionOutput && functionOfOutput(schema, field)?.type !== "textembedding";
}

/** Position of a field by name, or -1. */
export function fieldIndex(schema: Pick<CollectionSchema, "fields">, name: string): number {
  return schema.fields.findIndex((field) => field.name === name);
}

/** May a file leave this column out? (automatic key, null, default, dynamic, function output) */
export function isOptional(field: FieldSchema): boolean {
  if (field.isPrimaryKey) return field.autoId;
  return field.nullable || field.defaultValue !== undefined || field.isDynamic || field.isFunctionOutput;
}

/** `weight` of the struct member `parts[weight]`; a name without brackets is its own. */
export function memberName(name: string): string {
  return name.endsWith("]") ? name.slice(name.lastIndexOf("[") + 1, -1) : name;
}

/** `parts` of the struct member `parts[weight]`; of another name nothing. */
export function structNameOf(name: string): string {
  return name.endsWith("]") ? name.slice(0, name.lastIndexOf("[")) : "";
}
