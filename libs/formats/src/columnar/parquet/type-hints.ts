import { excerpt } from "@sluice/errors";
import { leafType, listNode, type SchemaNode } from "@sluice/parquet";
import { DataType, type FieldSchema, isDenseVector } from "@sluice/schema";
import { isInteger } from "../../numbers/number-kind.ts";

/** What to do about a column that its field does not take; empty where nothing can be said. */
export function typeHint(field: FieldSchema, column: SchemaNode): string {
  if (isDenseVector(field.dataType)) return listHint(field, column);
  const isWhole = column.leaf >= 0 && column.repetition === 0 && isInteger(leafType(column).kind);
  // Parquet has no word for Arrow's bool8, whose bytes stand there as numbers.
  return field.dataType === DataType.Bool && isWhole
    ? ": write truth values as boolean, casting numbers (bool8 too) before"
    : "";
}

/** Structs that hold one list beside other things, such as tensors with their shape: the list may be named. */
function listHint({ name }: FieldSchema, { name: column, children }: SchemaNode): string {
  const lists = children.filter((child) => listNode(child) && child.name !== "shape");
  const path = excerpt(`${column}.${lists[0]?.name}`);
  return lists.length === 1 ? `: name the list inside of it, fields_mapping {"${path}": "${name}"}` : "";
}
