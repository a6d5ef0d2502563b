import type { SchemaNode } from "./schema-tree.ts";

/**
 * What the values of a leaf are, after physical, converted and logical type: integers by width in the file and sign, decimals,
 * times, text or plain bytes, or something that nothing is known of. `geometry` is well-known binary.
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
  | "decimal"
  | "timestamp"
  | "date"
  | "time"
  | "uuid"
  | "geometry"
  | "text"
  | "bytes"
  | "fixed"
  | "null"
  | "other";

/** What times count: since 1970, or since midnight; `int96` is nanoseconds of the day and the day, 12 bytes. */
export type TimeUnit = "ms" | "us" | "ns" | "int96";

/** How values of a leaf are stored, and what they mean. */
export interface LeafType {
  readonly kind: LeafKind;
  /** Bytes of a value; 0 for text and bytes, and decimals in such. Booleans are decoded to one byte. */
  readonly width: number;
  /** Name for messages, in Arrow's words. */
  readonly name: string;
  /** Of an integer that is narrower than its storage: only so many low bits count. */
  readonly bits?: 8 | 16;
  /** Of decimals: digits behind the point, and how the integer is stored. */
  readonly scale?: number;
  readonly isBigEndian?: boolean;
  /** Of times and timestamps. */
  readonly unit?: TimeUnit;
  /** Of timestamps: they are instants, not local times of a zone that nobody knows. */
  readonly isUtc?: boolean;
  /** Of text: it is JSON. */
  readonly isJson?: boolean;
}

const physical: Readonly<Record<string, LeafType>> = {
  BOOLEAN: { kind: "bool", width: 1, name: "bool" },
  INT32: { kind: "int32", width: 4, name: "int32" },
  INT64: { kind: "int64", width: 8, name: "int64" },
  // Nothing else was ever stored so: Spark, Hive and Impala write timestamps.
  INT96: { kind: "timestamp", width: 12, name: "timestamp (INT96)", unit: "int96", isUtc: true },
  FLOAT: { kind: "float", width: 4, name: "float" },
  DOUBLE: { kind: "double", width: 8, name: "double" },
  BYTE_ARRAY: { kind: "bytes", width: 0, name: "binary" },
};

/** @returns the type of a leaf; of a group, `other` under a name such as `struct` */
export function leafType(node: SchemaNode): LeafType {
  const { type, typeLength: length } = node.element;
  if (type === undefined) return { kind: "other", width: 0, name: groupName(node) };
  const base = physical[type] ?? { kind: "fixed", width: length, name: `fixed_size_binary[${length}]` };
  const annotation = annotationOf(node);
  return annotation === undefined ? base : annotated(node, base, annotation);
}

function annotated(node: SchemaNode, base: LeafType, annotation: string): LeafType {
  switch (annotation) {
    case "NULL":
      return { ...base, kind: "null", name: "null" };
    case "FLOAT16":
      return only(base, base.width === 2 && base.kind === "fixed", { kind: "float16", name: "halffloat" });
    case "STRING":
    case "ENUM":
      return only(base, base.kind === "bytes", { kind: "text", name: "string" }, annotation);
    case "JSON":
      return only(base, base.kind === "bytes", { kind: "text", name: "string", isJson: true }, annotation);
    case "INTEGER":
      return integer(base, integerName(node));
    case "DECIMAL":
      return decimal(node, base);
    case "TIMESTAMP":
      return timestamp(node, base);
    case "TIME":
      return time(node, base);
    case "DATE":
      return only(base, base.kind === "int32", { kind: "date", name: "date32[day]" });
    case "UUID":
      return only(base, base.kind === "fixed" && base.width === 16, { kind: "uuid", name: "uuid" });
    case "GEOMETRY":
    case "GEOGRAPHY":
      return only(base, base.kind === "bytes", { kind: "geometry", name: annotation.toLowerCase() });
    default:
      return { ...base, kind: "other", name: annotation.toLowerCase() };
  }
}

/** A type that only some physical types may carry. */
function only(base: LeafType, fits: boolean, type: Omit<LeafType, "width">, otherName = type.name): LeafType {
  return fits ? { width: base.width, ...type } : { ...base, kind: "other", name: otherName };
}

function integer(base: LeafType, name: string): LeafType {
  if (base.kind !== "int32" && base.kind !== "int64") return { ...base, kind: "other", name };
  const narrow = base.kind === "int32" && /^u?int(8|16)$/.exec(name);
  const bits = narrow && { bits: Number(narrow[1]) as 8 | 16 };
  return name.startsWith("u")
    ? { ...base, ...bits, kind: base.kind === "int32" ? "uint32" : "uint64", name }
    : { ...base, ...bits, name };
}

/** `uint8`; of the older annotation, `INT_8` is `int8` and `UINT_64` `uint64`. */
function integerName({ element: { logical, converted } }: SchemaNode): string {
  if (logical?.type === "INTEGER") return `${logical.isSigned ? "" : "u"}int${logical.bitWidth}`;
  return (converted ?? "").replace("_", "").toLowerCase();
}

/** More digits than any writer has: numbers of so many cost time to print. */
const MAX_DECIMAL_SCALE = 1000;
/** A decimal of 76 digits takes 32. */
const MAX_DECIMAL_BYTES = 64;

function decimal({ element }: SchemaNode, base: LeafType): LeafType {
  const { scale, precision } = element.logical ?? element;
  const name = `decimal(${precision}, ${scale})`;
  const isStored = base.kind !== "float" && base.kind !== "double" && base.kind !== "bool" && base.kind !== "timestamp";
  const fits = isStored && base.width <= MAX_DECIMAL_BYTES && scale >= 0 && scale <= MAX_DECIMAL_SCALE;
  const isBigEndian = base.kind === "bytes" || base.kind === "fixed";
  return only(base, fits, { kind: "decimal", name, scale, isBigEndian });
}

function timestamp(node: SchemaNode, base: LeafType): LeafType {
  const { unit, isUtc } = timeOf(node);
  const name = `timestamp[${unit}${isUtc ? ", tz=UTC" : ""}]`;
  return only(base, base.kind === "int64" && unit !== undefined, { kind: "timestamp", name, unit, isUtc });
}

function time(node: SchemaNode, base: LeafType): LeafType {
  const { unit } = timeOf(node);
  const fits = base.kind === (unit === "ms" ? "int32" : "int64") && unit !== undefined;
  return only(base, fits, { kind: "time", name: `time[${unit}]`, unit });
}

/** Times of the older annotation are instants. Source: parquet-format, LogicalTypes.md. */
function timeOf({ element: { logical, converted } }: SchemaNode): { unit: TimeUnit | undefined; isUtc: boolean } {
  if (logical) return { unit: logical.unit, isUtc: logical.isAdjustedToUtc };
  return { unit: converted?.endsWith("MILLIS") ? "ms" : "us", isUtc: true };
}

/** One word for the logical type, or for the converted type that older writers give in its place. */
function annotationOf({ element }: SchemaNode): string | undefined {
  if (element.logical) return element.logical.type ?? "of an unknown logical type";
  const converted = element.converted;
  if (converted === "UTF8") return "STRING";
  if (converted?.startsWith("TIMESTAMP_")) return "TIMESTAMP";
  if (converted?.startsWith("TIME_")) return "TIME";
  return converted?.startsWith("INT_") || converted?.startsWith("UINT_") ? "INTEGER" : converted;
}

function groupName(node: SchemaNode): string {
  const annotation = node.element.logical?.type ?? node.element.converted;
  if (annotation === "MAP" || annotation === "MAP_KEY_VALUE") return "map";
  const single = node.children.length === 1 && node.children[0].element.repetition === "REPEATED";
  return annotation === "LIST" || single ? "list" : "struct";
}
