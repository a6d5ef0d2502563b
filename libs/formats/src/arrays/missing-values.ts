import { DataType, type FieldSchema } from "@sluice/schema";
import { type NumberViews, numberReaders } from "../numbers/number-kind.ts";
import type { ArrayColumn } from "./array-column.ts";

/** Says of an element of some rows whether it stands for no value. */
export type MissingCheck = (values: NumberViews, index: number) => boolean;

/**
 * The numbers of an array that its attributes call none, where a row is one of them: of vectors they are numbers as others. NaN has rules
 * of its own. @returns undefined where there are none
 */
export function missingCheck({ field, dtype, rowItems, missing = [], isList }: ArrayColumn): MissingCheck | undefined {
  if (missing.length === 0 || rowItems !== 1 || isList || !isScalar(field)) return undefined;
  const { kind, code } = dtype;
  if (kind === "int64" || kind === "uint64" || code === "M8") {
    const all = missing.filter(isWhole).map(BigInt);
    const ofType = all.filter((one) => one === (kind === "uint64" ? BigInt.asUintN(64, one) : BigInt.asIntN(64, one)));
    const wanted = new Set(ofType.map((one) => BigInt.asIntN(64, one)));
    return (values, index) => wanted.has(values.int64[index]);
  }
  if (kind === undefined) return undefined;
  const read = numberReaders[kind];
  const wanted = new Set(missing.map((one) => (kind === "float" ? Math.fround(Number(one)) : Number(one))));
  return (values, index) => wanted.has(read(values, index));
}

function isWhole(value: number | bigint): boolean {
  return typeof value === "bigint" || Number.isInteger(value);
}

/** JSON is that of a key of `$meta`. */
function isScalar({ dataType }: FieldSchema): boolean {
  return dataType <= DataType.Double || dataType === DataType.Timestamptz || dataType === DataType.JSON;
}
