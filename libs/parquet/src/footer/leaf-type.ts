import type { SchemaNode } from "./schema-tree.ts";

/**
 * What the values of a leaf are, after physical, converted and logical type:
 * integers by width in the file and sign, text or plain bytes, or something no field takes.
 */
export type LeafKind =
  | "bool"
  | "int32"
  | "uint32"
  | "int64"
  | "uint64"
  | "float16"
  | "float"
  | "double"
  | "text"
  | "bytes"
  | "fixed"
  | "null"
  | "other";

export interface LeafType {
  readonly kind: LeafKind;
  /** Bytes of a value; 0 for text and bytes. Booleans are decoded to one byte. */
  readonly width: number;
  /** Name for messages, in Arrow's words. */
  readonly name: string;
  /** Of an integer that is narrower than its storage: only so many low bits count. */
  readonly bits?: 8 | 16;
}

const physical: Readonly<Record<string, LeafType>> = {
  BOOLEAN: { kind: "bool", width: 1, name: "bool" },
  INT32: { kind: "int32", width: 4, name: "int32" },
  INT64: { kind: "int64", width: 8, name: "int64" },
  INT96: { kind: "other", width: 12, name: "timestamp (INT96)" },
  FLOAT: { kind: "float", width: 4, name: "float" },
  DOUBLE: { kind: "double", width: 8, name: "double" },
  BYTE_ARRAY: { kind: "bytes", width: 0, name: "binary" },
};

/** @returns the type of a leaf; of a group, `other` under a name such as `struct` */
export function leafType(node: SchemaNode): LeafType {
  const { type, typeLength: length, logical } = node.element;
  if (type === undefined) return { kind: "other", width: 0, name: groupName(node) };
  const base = physical[type] ?? { kind: "fixed", width: length, name: `fixed_size_binary[${length}]` };
  const annotation = annotationOf(node);
  switch (annotation) {
    case "NULL":
      return { ...base, kind: "null", name: "null" };
    case "FLOAT16":
      return base.width === 2
        ? { ...base, kind: "float16", name: "halffloat" }
        : { ...base, kind: "other", name: "halffloat" };
    case "STRING":
    case "JSON":
    case "ENUM":
      return type === "BYTE_ARRAY"
        ? { ...base, kind: "text", name: "string" }
        : { ...base, kind: "other", name: annotation };
    case "INTEGER":
      return integer(
        base,
        logical?.type === "INTEGER" ? `${logical.isSigned ? "" : "u"}int${logical.bitWidth}` : convertedName(node),
      );
    case undefined:
      return base;
    default:
      return { ...base, kind: "other", name: annotation.toLowerCase() };
  }
}

function integer(base: LeafType, name: string): LeafType {
  if (base.kind !== "int32" && base.kind !== "int64") return { ...base, kind: "other", name };
  const narrow = base.kind === "int32" && /^u?int(8|16)$/.exec(name);
  const bits = narrow && { bits: Number(narrow[1]) as 8 | 16 };
  return name.startsWith("u")
    ? { ...base, ...bits, kind: base.kind === "int32" ? "uint32" : "uint64", name }
    : { ...base, ...bits, name };
}

/** `INT_8` -> `int8`, `UINT_64` -> `uint64`. */
function convertedName({ element }: SchemaNode): string {
  return (element.converted ?? "").replace("_", "").toLowerCase();
}

/** One word for the logical type, or for the converted type that older writers give in its place. */
function annotationOf({ element }: SchemaNode): string | undefined {
  if (element.logical) return element.logical.type ?? "of an unknown logical type";
  const converted = element.converted;
  if (converted === "UTF8") return "STRING";
  return converted?.startsWith("INT_") || converted?.startsWith("UINT_") ? "INTEGER" : converted;
}

function groupName(node: SchemaNode): string {
  const annotation = node.element.logical?.type ?? node.element.converted;
  if (annotation === "MAP" || annotation === "MAP_KEY_VALUE") return "map";
  const single = node.children.length === 1 && node.children[0].element.repetition === "REPEATED";
  return annotation === "LIST" || single ? "list" : "struct";
}
