import type { DoubleList } from "../number-lists.ts";
import { Int64Set } from "./int64-set.ts";

/** A set of doubles, by their bits. */
export class DoubleSet {
  readonly #bits: Int64Set;
  readonly #asked = new Float64Array(1);
  readonly #words = new Int32Array(this.#asked.buffer);

  constructor(values: DoubleList) {
    this.#bits = new Int64Set(new BigInt64Array(values.buffer, values.byteOffset, values.length));
  }

  /** -0 is 0. */
  has(value: number): boolean {
    return this.indexOf(value) >= 0;
  }

  /** The place of a value in the list, or -1. -0 is 0. */
  indexOf(value: number): number {
    this.#asked[0] = value + 0;
    return this.#bits.placeOf(this.#words[0], this.#words[1]);
  }
}
