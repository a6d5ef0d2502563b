import { DataType } from "@sluice/schema";
import type { NumberViews } from "./number-kind.ts";

/** What a scalar, or an element of an array or vector, is stored as. */
export type ElementType =
  | "bool"
  | "int8"
  | "uint8"
  | "int16"
  | "int32"
  | "int64"
  | "float"
  | "double"
  | "float16"
  | "bfloat16";

/** Bytes of one. */
export const elementWidth: Readonly<Record<ElementType, number>> = {
  bool: 1,
  int8: 1,
  uint8: 1,
  int16: 2,
  float16: 2,
  bfloat16: 2,
  int32: 4,
  float: 4,
  int64: 8,
  double: 8,
};

/** Of the scalar types; undefined for those that vary in length. */
export function elementTypeOf(type: DataType): ElementType | undefined {
  const types: Readonly<Partial<Record<DataType, ElementType>>> = {
    [DataType.Bool]: "bool",
    [DataType.Int8]: "int8",
    [DataType.Int16]: "int16",
    [DataType.Int32]: "int32",
    [DataType.Int64]: "int64",
    [DataType.Float]: "float",
    [DataType.Double]: "double",
  };
  return types[type];
}

/**
 * Turns `count` values of the file, dense in `from` from `start` on, into elements of `to` from element `at` on. Answers how
 * far behind `start` the first value is that does not fit (out of range, no finite number), or -1.
 */
export type Conversion = (from: NumberViews, start: number, count: number, to: NumberViews, at: number) => number;
