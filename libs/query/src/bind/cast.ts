import { DataType, dataTypeName } from "@sluice/schema";
import { type Constant, constantText, isList, isNumeric } from "../constant.ts";
import type { Node } from "../parse/ast.ts";
import { isFloat, isInteger, isString } from "./columns.ts";
import { type ColumnRef, fail } from "./context.ts";

/**
 * The constant as the column stores such values: Int8-64 as bigint (any int64, also outside the type's range), Bool as
 * boolean, Double as number, Float as number rounded to float32. JSON takes everything as it is.
 * @returns undefined when the type does not fit
 */
export function castTo(type: DataType, value: Constant): Constant | undefined {
  if (type === DataType.JSON) return value;
  if (type === DataType.Bool) return typeof value === "boolean" ? value : undefined;
  if (isInteger(type)) return typeof value === "bigint" ? value : undefined;
  if (isString(type)) return typeof value === "string" ? value : undefined;
  if (isFloat(type) && isNumeric(value)) return type === DataType.Float ? Math.fround(Number(value)) : Number(value);
  return undefined;
}

/** As `castTo`. @throws {FilterError} when the type does not fit */
export function castValue(column: ColumnRef, value: Constant, node: Node): Constant {
  const cast = column.kind === "array" || column.kind === "other" ? undefined : castTo(column.type, value);
  return cast ?? fail(`cannot cast value to ${dataTypeName(column.type)}, value: ${constantText(value)}`, node);
}

/** Every element of a list, cast. @throws {FilterError} */
export function castList(column: ColumnRef, values: readonly Constant[], node: Node): Constant[] {
  const name = dataTypeName(column.type);
  return values.map(
    (value) =>
      castTo(column.type, value) ?? fail(`value '${constantText(value)}' in list cannot be casted to ${name}`, node),
  );
}

/** Do a column's type and a literal compare at all? Within the number types it is the cast that decides. */
export function isComparable(column: ColumnRef, value: Constant): boolean {
  if (column.kind === "array") return isList(value);
  const { type } = column;
  if (type === DataType.JSON) return true;
  if (type === DataType.Bool) return typeof value === "boolean";
  if (isString(type)) return typeof value === "string";
  return (isInteger(type) || isFloat(type)) && isNumeric(value);
}
