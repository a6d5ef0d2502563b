import {
  type LeafKind,
  type LeafType,
  type ListNode,
  leafType,
  listNode,
  mapNode,
  type SchemaNode,
} from "@sluice/parquet";
import { DataType, dataTypeName, type FieldSchema, vectorBytes } from "@sluice/schema";
import { type ElementType, elementTypeOf } from "../../numbers/element-type.ts";
import type { ElementRule } from "../../numbers/elements.ts";
import { isFloat, isInteger } from "../../numbers/number-kind.ts";
import { pairsNode } from "./columns/json-shape.ts";
import { leafRule } from "./columns/leaf-rule.ts";
import type { SparseLists } from "./columns/sparse-column.ts";

// Which types of the file feed which fields. More than Milvus takes (import semantics §5): integers and floats of any width
// whose values fit, text without annotation, large and view types (which Parquet does not tell apart), fixed-size binary.

/** How the values of a list's elements become elements of an Array field; `rule` is undefined for text. */
export function arrayElementRule(field: FieldSchema, node: SchemaNode): { rule: ElementRule | undefined } | undefined {
  if (node.leaf < 0) return undefined;
  if (field.elementType === DataType.VarChar || field.elementType === DataType.String)
    return isText(node) ? { rule: undefined } : undefined;
  const element = elementTypeOf(field.elementType);
  const rule = element && leafRule(leafType(node), element);
  return rule && { rule };
}

/** How the elements of a list become a vector; `rowCheck` where the elements are the bytes of something to be checked. */
export function vectorElementRule(
  type: DataType,
  node: SchemaNode,
): { rule: ElementRule; rowCheck: ElementType | undefined } | undefined {
  if (node.leaf < 0) return undefined;
  const leaf = leafType(node);
  const { kind } = leaf;
  const half = halfType(type);
  const isBytes = type === DataType.BinaryVector || (half !== undefined && isInteger(kind));
  const to = isBytes ? "uint8" : type === DataType.Int8Vector ? "int8" : (half ?? "float");
  const rule = leafRule(leaf, to);
  return rule && { rule, rowCheck: isBytes ? half : undefined };
}

/** What the bytes of a vector hold, for the check of numbers: `uint8` needs none. */
export function vectorElement(type: DataType): ElementType {
  return halfType(type) ?? (type === DataType.FloatVector ? "float" : "uint8");
}

function halfType(type: DataType): "float16" | "bfloat16" | undefined {
  if (type === DataType.Float16Vector) return "float16";
  return type === DataType.BFloat16Vector ? "bfloat16" : undefined;
}

/** Text, or bytes that may be text: they are checked to be UTF-8. */
export function isText(node: SchemaNode): boolean {
  const { kind } = leafType(node);
  return node.leaf >= 0 && (kind === "text" || kind === "bytes");
}

/** Texts for fields whose values are lists: JSON. Bytes without annotation are bytes of a vector. */
export function isJsonText(node: SchemaNode): boolean {
  return node.leaf >= 0 && node.repetition === 0 && leafType(node).kind === "text";
}

/** Well-known binary, for a field that takes it. */
export function isGeometry({ dataType }: FieldSchema, { kind }: LeafType): boolean {
  return dataType === DataType.Geometry && kind === "geometry";
}

/** A vector of Spark ML, dense or sparse. */
export function isSparkVector({ children }: SchemaNode): boolean {
  return children.map(({ name }) => name).join() === "type,size,indices,values";
}

const indexKinds: readonly LeafKind[] = ["int32", "uint32", "int64", "uint64"];
const valueKinds: readonly LeafKind[] = ["float", "double"];

/** Indices and values of a sparse vector: two lists of a struct, the keys and values of a map, or pairs in a list. */
export function sparseLists(column: SchemaNode): SparseLists | undefined {
  const indices = memberList(column, "indices", indexKinds);
  const values = memberList(column, "values", valueKinds);
  if (indices && values && column.children.length === 2) return { struct: column, indices, values };
  const pairs = mapNode(column) ?? pairsNode(column);
  if (!pairs || !isOfKind(pairs.key, indexKinds) || !isOfKind(pairs.value, valueKinds)) return undefined;
  const { list, key, value } = pairs;
  return { struct: column, indices: { ...list, element: key }, values: { ...list, element: value } };
}

function isOfKind(node: SchemaNode, kinds: readonly LeafKind[]): boolean {
  return node.leaf >= 0 && node.repetition === 1 && kinds.includes(leafType(node).kind);
}

/** A map, or a struct with the lists of a sparse vector and at most what Spark puts beside them. */
export function isSparseShape(node: SchemaNode): boolean {
  if (mapNode(node)) return true;
  const names = node.children.map(({ name }) => name);
  const known = ["type", "size", "indices", "values"];
  return names.includes("indices") && names.includes("values") && names.every((name) => known.includes(name));
}

/** A DECIMAL whose values are of any length. */
export function isBytesDecimal(node: SchemaNode): boolean {
  const { kind, width } = leafType(node);
  return node.leaf >= 0 && kind === "decimal" && width === 0;
}

/** An element of a list that is no text, for an array of texts, or whose numbers are texts of digits. */
export function isPrintedElement({ elementType }: FieldSchema, node: SchemaNode): boolean {
  if (isBytesDecimal(node)) return elementTypeOf(elementType) !== undefined;
  const isText = elementType === DataType.VarChar || elementType === DataType.String;
  const { kind } = leafType(node);
  return isText && (kind === "uuid" || kind === "timestamp" || kind === "date" || kind === "time");
}

/** Dense vectors of floats of any width. */
export function isFloatVector({ dataType }: FieldSchema): boolean {
  return dataType === DataType.FloatVector || halfType(dataType) !== undefined;
}

/** Fields that hold the bytes of a text as they are. */
export function isStoredText(field: FieldSchema): boolean {
  return isPlainText(field) || field.dataType === DataType.JSON;
}

/** Fields that hold any text. */
export function isPlainText({ dataType }: FieldSchema): boolean {
  return dataType === DataType.VarChar || dataType === DataType.String || dataType === DataType.Text;
}

/** The field type that takes the values of a leaf best; undefined where none does. */
export function scalarFieldType(type: LeafType): DataType | undefined {
  const { kind } = type;
  if (isInteger(kind)) return DataType.Int64;
  if (isFloat(kind)) return DataType.Double;
  switch (kind) {
    case "bool":
      return DataType.Bool;
    case "decimal":
      return type.scale === 0 ? DataType.Int64 : DataType.Double;
    case "timestamp":
    case "date":
      return DataType.Timestamptz;
    case "geometry":
      return DataType.Geometry;
    case "text":
      return type.isJson ? DataType.JSON : DataType.VarChar;
    case "uuid":
    case "time":
    case "null":
      return DataType.VarChar;
    default:
      return undefined;
  }
}

/** A member of a struct that is a list of leaves of one of these kinds. */
export function memberList(struct: SchemaNode, name: string, kinds: readonly LeafKind[]): ListNode | undefined {
  const members = struct.children.filter((child) => child.name === name);
  const list = members.length === 1 ? listNode(members[0]) : undefined;
  const fits =
    list && list.element.leaf >= 0 && list.element.repetition === 1 && kinds.includes(leafType(list.element).kind);
  return fits ? list : undefined;
}

/** The Arrow type that a field wants, for messages. */
export function expectedType(field: FieldSchema): string {
  switch (field.dataType) {
    case DataType.Array:
      return `list<${scalarType(field.elementType)}>`;
    case DataType.ArrayOfVector:
      return `list<${vectorType(field.elementType, field.dim)}>`;
    case DataType.SparseFloatVector:
      return "string or struct<indices: list<uint32>, values: list<float>>";
    default:
      return field.dataType >= DataType.BinaryVector
        ? vectorType(field.dataType, field.dim)
        : scalarType(field.dataType);
  }
}

function vectorType(type: DataType, dim: number): string {
  if (type === DataType.FloatVector) return "list<float>";
  if (type === DataType.Int8Vector) return "list<int8>";
  return `list<uint8> or binary of ${vectorBytes(type, dim)} bytes`;
}

function scalarType(type: DataType): string {
  const element = elementTypeOf(type);
  return (
    element ??
    (type === DataType.Geometry || type === DataType.Timestamptz ? `string (${dataTypeName(type)})` : "string")
  );
}

/** The type of a column of the file, for messages. */
export function foundType(node: SchemaNode): string {
  const list = listNode(node);
  if (list && list.group !== list.element) return `list<${foundType(list.element)}>`;
  const { name } = leafType(node);
  return name === "struct"
    ? `struct<${node.children.map((child) => `${child.name}: ${foundType(child)}`).join(", ")}>`
    : name;
}
