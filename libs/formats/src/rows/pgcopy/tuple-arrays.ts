import { isUtf8 } from "node:buffer";
import type { VarBuilder } from "@sluice/columns";
import { DataType, dataTypeName } from "@sluice/schema";
import { encodeArrayCell } from "@sluice/values";
import { readArray } from "./array-values.ts";
import type { TupleScanner } from "./tuple-scanner.ts";
import { converted, refuse, type TupleValue } from "./tuple-value.ts";

const integerLimits: Readonly<Partial<Record<DataType, number>>> = {
  [DataType.Int8]: 2 ** 7,
  [DataType.Int16]: 2 ** 15,
  [DataType.Int32]: 2 ** 31,
};

/** Arrays of one dimension, whose elements all fit the field. */
export function arrayValue(scanner: TupleScanner, builder: VarBuilder): TupleValue {
  const { field } = builder;
  const { elementType, maxCapacity, maxLength, name } = field;
  const limit = integerLimits[elementType];
  const isFloat = elementType === DataType.Float || elementType === DataType.Double;
  const fits = (value: unknown) => {
    if (value instanceof Uint8Array) return isUtf8(value) && (maxLength === 0 || value.length <= maxLength);
    if (limit !== undefined) return Number(value) >= -limit && Number(value) < limit;
    return !isFloat || Number.isFinite(elementType === DataType.Float ? Math.fround(Number(value)) : Number(value));
  };
  return (p, length, row) => {
    const bytes = scanner.bytes.subarray(p, p + length);
    const values = converted(scanner, builder, length, () => readArray(bytes, elementType));
    if (maxCapacity > 0 && values.length > maxCapacity)
      scanner.invalid(`array capacity(${values.length}) for field ${name} exceeds max_capacity(${maxCapacity})`);
    const odd = values.findIndex((value) => !fits(value));
    if (odd >= 0) refuse(scanner, builder, length, `element ${odd} is no ${dataTypeName(elementType)} of the field`);
    const numbers =
      limit === undefined && !isFloat
        ? values
        : values.map((value) => (typeof value === "bigint" ? Number(value) : value));
    const elements = elementType === DataType.Int64 ? values.map((value) => BigInt(value as number)) : numbers;
    builder.put(row, encodeArrayCell(elementType, elements));
  };
}
