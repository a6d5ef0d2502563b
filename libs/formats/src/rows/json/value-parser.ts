import type { Scanner } from "./scanner.ts";

/** Reads the value at `p`, which is not `null`, into `row` of its column; answers the position behind it. */
export type ValueParser = (scanner: Scanner, p: number, row: number) => number;

/** Runs a conversion whose RangeError says what is wrong with the value at `p`. */
export function converted<T>(scanner: Scanner, p: number, convert: () => T, milvusText?: string): T {
  try {
    return convert();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return scanner.invalid(p, milvusText ? `${milvusText}: ${error.message}` : error.message);
  }
}
