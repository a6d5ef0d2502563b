import { MAX_INT64, MIN_INT64 } from "../constant.ts";
import { hashWords } from "../hash.ts";

/** A set of int64, asked by their two words, so that no bigint is made per row. */
export class Int64Set {
  /** Low and high word of the entry in each slot; half of the slots at most are taken. */
  readonly #words: Int32Array;
  readonly #taken: Uint8Array;
  readonly #mask: number;

  /** Values outside int64 are left out: nothing stored equals them. */
  constructor(values: readonly bigint[]) {
    const slots = 2 ** Math.ceil(Math.log2(Math.max(values.length, 4) * 2));
    this.#words = new Int32Array(2 * slots);
    this.#taken = new Uint8Array(slots);
    this.#mask = slots - 1;
    for (const value of values) if (value >= MIN_INT64 && value <= MAX_INT64) this.#add(value);
  }

  has(low: number, high: number): boolean {
    const slot = this.#find(low, high);
    return this.#taken[slot] === 1;
  }

  #add(value: bigint): void {
    const low = Number(BigInt.asIntN(32, value));
    const high = Number(BigInt.asIntN(32, value >> 32n));
    const slot = this.#find(low, high);
    this.#taken[slot] = 1;
    this.#words[2 * slot] = low;
    this.#words[2 * slot + 1] = high;
  }

  /** The slot that holds the value, or the free one where it belongs. */
  #find(low: number, high: number): number {
    const words = this.#words;
    let slot = hashWords(low, high) & this.#mask;
    while (this.#taken[slot] === 1 && (words[2 * slot] !== low || words[2 * slot + 1] !== high))
      slot = (slot + 1) & this.#mask;
    return slot;
  }
}
