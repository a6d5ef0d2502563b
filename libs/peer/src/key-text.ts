import { DataType, type FieldSchema, type KeyRange } from "@sluice/schema";

/** A key as it stands in an expression. Source: Go's `strconv.Unquote`, by which Milvus reads texts. */
function literalOf({ dataType }: FieldSchema, key: string): string {
  if (dataType === DataType.Int64) return key;
  const escaped = key.replace(/[\\"\p{Cc}]/gu, (char) =>
    char === "\\" || char === '"' ? `\\${char}` : `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `"${escaped}"`;
}

/** An expression that is true for the rows of a filter whose keys lie in a range. */
export function inKeyRange(key: FieldSchema, { after, upTo }: KeyRange, filter: string): string {
  const parts = [
    ...(filter === "" ? [] : [`(${filter})`]),
    ...(after === undefined ? [] : [`${key.name} > ${literalOf(key, after)}`]),
    ...(upTo === undefined ? [] : [`${key.name} <= ${literalOf(key, upTo)}`]),
  ];
  return parts.join(" and ");
}

/** An expression that is true for the rows with these keys. */
export function hasKey(key: FieldSchema, keys: readonly string[]): string {
  return `${key.name} in [${keys.map((text) => literalOf(key, text)).join(", ")}]`;
}
