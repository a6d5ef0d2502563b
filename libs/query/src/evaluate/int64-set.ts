import { hashWords } from "../hash.ts";
import type { IntegerList } from "../number-lists.ts";

const TWO_32 = 2 ** 32;

/** A set of int64, asked by their two words, so that no bigint is made per row. */
export class Int64Set {
  /** Low and high word of each value. */
  readonly #words: Int32Array;
  /** One more than the number of the value in each slot, 0 = free; half of the slots at most are taken. */
  readonly #slots: Uint32Array;
  readonly #mask: number;

  constructor(values: IntegerList) {
    this.#words = new Int32Array(values.buffer, values.byteOffset, 2 * values.length);
    this.#slots = new Uint32Array(2 ** Math.ceil(Math.log2(Math.max(values.length, 4) * 2)));
    this.#mask = this.#slots.length - 1;
    for (let number = 0; number < values.length; number++)
      this.#slots[this.#find(this.#words[2 * number], this.#words[2 * number + 1])] = number + 1;
  }

  /** @param low and high: int32 */
  has(low: number, high: number): boolean {
    return this.#slots[this.#find(low, high)] > 0;
  }

  /** The place of a value in the list, or -1. Doubles are found that are whole and equal to it. */
  indexOf(value: bigint | number): number {
    if (typeof value === "number") {
      if (Number.isSafeInteger(value)) return this.placeOf(value | 0, Math.floor(value / TWO_32));
      if (!Number.isInteger(value)) return -1;
    }
    const integer = BigInt(value);
    if (BigInt.asIntN(64, integer) !== integer) return -1;
    return this.placeOf(Number(BigInt.asIntN(32, integer)), Number(integer >> 32n));
  }

  /** As `indexOf`, by the two words. */
  placeOf(low: number, high: number): number {
    return this.#slots[this.#find(low, high)] - 1;
  }

  /** The slot that holds the value, or the free one where it belongs. */
  #find(low: number, high: number): number {
    const words = this.#words;
    let slot = hashWords(low, high) & this.#mask;
    for (let entry = this.#slots[slot]; entry > 0; entry = this.#slots[slot]) {
      if (words[2 * entry - 2] === low && words[2 * entry - 1] === high) break;
      slot = (slot + 1) & this.#mask;
    }
    return slot;
  }
}
