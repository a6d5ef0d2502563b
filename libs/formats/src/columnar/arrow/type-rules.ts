import { DataType, type FieldSchema, isDenseVector, vectorBytes } from "@sluice/schema";
import { type ElementType, elementTypeOf } from "../../numbers/element-type.ts";
import { type ElementRule, elementRule } from "../../numbers/elements.ts";
import { isInteger, type NumberKind } from "../../numbers/number-kind.ts";
import { isWritable } from "./columns/value-writers.ts";
import type { VectorRule } from "./columns/vector-column.ts";
import type { ArrowField } from "./ipc/arrow-type.ts";

// Which types of Arrow feed which fields: the same that Parquet's do (import semantics §5).

/** A type for messages: `fixed_size_list<float>[128]`. */
export function typeText({ type, children, dictionary }: ArrowField): string {
  const name =
    type.layout === "fixed_list"
      ? `fixed_size_list<${typeText(children[0])}>[${type.size}]`
      : type.kind === "struct"
        ? `struct<${children.map((child) => `${child.name}: ${typeText(child)}`).join(", ")}>`
        : children.length > 0
          ? `${type.name}<${children.map(typeText).join(", ")}>`
          : type.name;
  return dictionary ? `dictionary<${name}>` : name;
}

/** What a column is as numbers: for integer fields also the counts of times, as they stand. */
export function numberRule(
  field: FieldSchema,
  { type }: ArrowField,
): { kind: NumberKind; rule: ElementRule } | undefined {
  const to = elementTypeOf(field.dataType);
  const kind = to && numberKindOf(type, to);
  const rule = kind && elementRule(kind, to);
  return rule && { kind, rule };
}

function numberKindOf({ kind, number, width }: ArrowField["type"], to: ElementType): NumberKind | undefined {
  if (kind === "number") return number;
  if (kind === "bool") return to === "bool" ? "bool" : undefined;
  const isCount = kind === "timestamp" || kind === "duration" || kind === "date" || kind === "time";
  return isCount && isInteger(to) ? (width === 4 ? "int32" : "int64") : undefined;
}

/** How a column holds the vectors of a field; undefined where it does not. */
export function vectorRule(field: FieldSchema, { type, children }: ArrowField): VectorRule | undefined {
  const bytes = vectorBytes(field.dataType, field.dim);
  if (type.kind === "bytes" || (type.kind === "fixed" && type.width === bytes)) return bytesRule(field, "uint8", bytes);
  if (type.kind !== "list") return undefined;
  const kind = children[0].type.number;
  if (!kind || children[0].dictionary) return undefined;
  const half = halfType(field.dataType);
  if (field.dataType === DataType.BinaryVector || (half !== undefined && isInteger(kind)))
    return bytesRule(field, kind, bytes);
  const rule = elementRule(kind, field.dataType === DataType.Int8Vector ? "int8" : (half ?? "float"));
  return rule && { kind, rule, items: field.dim, bytesOf: undefined };
}

/** Elements that are the bytes of a vector. */
function bytesRule({ dataType }: FieldSchema, kind: NumberKind, items: number): VectorRule | undefined {
  const rule = elementRule(kind, "uint8");
  const bytesOf = dataType === DataType.FloatVector ? "float" : halfType(dataType);
  return rule && { kind, rule, items, bytesOf };
}

function halfType(type: DataType): "float16" | "bfloat16" | undefined {
  if (type === DataType.Float16Vector) return "float16";
  return type === DataType.BFloat16Vector ? "bfloat16" : undefined;
}

/** Whether a fixed length is not the field's: known before any row. */
export function hasOtherLength({ items }: VectorRule, { type }: ArrowField): boolean {
  return type.layout === "fixed_list" && type.size !== items;
}

/** Fields that hold the bytes of a text as they are. */
export function isStoredText({ dataType }: FieldSchema): boolean {
  return isPlainText(dataType) || dataType === DataType.JSON;
}

function isPlainText(type: DataType): boolean {
  return type === DataType.VarChar || type === DataType.String || type === DataType.Text;
}

/** Bytes, too: UTF-8 is checked where the field wants it. */
export function isText({ type }: ArrowField): boolean {
  return type.kind === "text" || type.kind === "bytes";
}

/** As what values of other shapes are written to be read by their field: as they stand, or as JSON; undefined: not at all. */
export function writtenForm(field: FieldSchema, source: ArrowField): "plain" | "json" | undefined {
  const { kind, name } = source.type;
  const isTime = kind === "date" || kind === "timestamp";
  if (isPlainText(field.dataType))
    return isTime || kind === "time" || kind === "uuid" || kind === "decimal" ? "plain" : undefined;
  switch (field.dataType) {
    case DataType.JSON:
      if (field.isDynamic && kind !== "struct" && kind !== "map") return undefined;
      return isWritable(source) ? "json" : undefined;
    case DataType.Geometry:
      return isText(source) ? "plain" : undefined;
    case DataType.Timestamptz:
      return kind === "text" || isTime ? "plain" : undefined;
    case DataType.SparseFloatVector:
      if (isText(source)) return "plain";
      return isWritable(source) && (kind === "struct" || kind === "map" || kind === "list") ? "json" : undefined;
    case DataType.Array:
      if (kind === "text") return "plain";
      return isWritable(source) && kind === "list" ? "json" : undefined;
  }
  if (isDenseVector(field.dataType)) {
    if (kind === "text") return "plain";
    // Vectors of Spark are structs; what else is one may be none.
    return name !== "variable_shape_tensor" && isWritable(source) && (kind === "list" || kind === "struct")
      ? "json"
      : undefined;
  }
  return elementTypeOf(field.dataType) && field.dataType !== DataType.Bool && kind === "decimal" ? "json" : undefined;
}

/** The type of field that a column would be, for who looks at the file without a collection. */
export function describedType(field: ArrowField): {
  readonly dataType: DataType | undefined;
  readonly elementType?: DataType;
  readonly dim?: number;
  readonly mayBeLists?: boolean;
} {
  const { type, children } = field;
  const scalar = scalarType(type);
  if (scalar !== undefined) return { dataType: scalar, mayBeLists: type.kind === "text" };
  const json = { dataType: isWritable(field) ? DataType.JSON : undefined };
  if (type.kind !== "list") return type.kind === "struct" || type.kind === "map" ? json : { dataType: undefined };
  const elementType = scalarType(children[0].type);
  const isVector = elementType === DataType.Double;
  const dim = type.layout === "fixed_list" ? { dim: type.size } : {};
  if (isVector) return { dataType: DataType.FloatVector, ...dim };
  return elementType === undefined ? json : { dataType: DataType.Array, elementType };
}

function scalarType({ kind, number, scale }: ArrowField["type"]): DataType | undefined {
  switch (kind) {
    case "bool":
      return DataType.Bool;
    case "number":
      return isInteger(number as string) ? DataType.Int64 : DataType.Double;
    case "decimal":
      return scale === 0 ? DataType.Int64 : DataType.Double;
    case "timestamp":
    case "date":
      return DataType.Timestamptz;
    case "duration":
      return DataType.Int64;
    case "text":
    case "uuid":
    case "time":
    case "null":
      return DataType.VarChar;
  }
  return undefined;
}
