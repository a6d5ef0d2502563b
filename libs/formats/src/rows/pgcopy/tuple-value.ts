import type { FixedBuilder, VarBuilder } from "@sluice/columns";
import { dataTypeName } from "@sluice/schema";
import type { TupleScanner } from "./tuple-scanner.ts";

/** Reads the value of `length` bytes at `p`, which is not null, into `row` of its column. */
export type TupleValue = (p: number, length: number, row: number) => void;

/** @throws {ImportError} that names type, length and cause */
export function refuse(
  scanner: TupleScanner,
  { field }: FixedBuilder | VarBuilder,
  length: number,
  why: string,
): never {
  const expected = `expected type '${dataTypeName(field.dataType)}' for field '${field.name}'`;
  return scanner.invalid(`${expected}, got a value of ${length} bytes: ${why}`);
}

/** Runs a conversion whose RangeError says what is wrong. */
export function converted<T>(
  scanner: TupleScanner,
  builder: FixedBuilder | VarBuilder,
  length: number,
  convert: () => T,
): T {
  try {
    return convert();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return refuse(scanner, builder, length, error.message);
  }
}
