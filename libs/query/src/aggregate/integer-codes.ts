import type { FixedColumn } from "@sluice/columns";
import { hashWords } from "../hash.ts";

/** Slots at the start; half of them at most are taken. */
const FIRST_SLOTS = 64;

/** Numbers distinct int64 values from 0, in the order in which they come, by their two words: no bigint is made per row. */
export class IntegerCodes {
  /** Low and high word of each value, by code. */
  #words = new Int32Array(FIRST_SLOTS);
  /** Code of the value in each slot, plus 1; 0 = free. */
  #slots = new Int32Array(FIRST_SLOTS);
  #count = 0;

  /** Codes that were given, reserved ones included. */
  get count(): number {
    return this.#count;
  }

  /** Of both tables, room that is free included. */
  get usedBytes(): number {
    return this.#words.byteLength + this.#slots.byteLength;
  }

  /** The value's code, a new one if it has none yet. @param low and high: int32 */
  codeOf(low: number, high: number): number {
    const known = this.#slots[this.#find(low, high)];
    if (known > 0) return known - 1;
    this.#makeRoom();
    this.#words[2 * this.#count] = low;
    this.#words[2 * this.#count + 1] = high;
    this.#slots[this.#find(low, high)] = this.#count + 1;
    return this.#count++;
  }

  /** A code that no value has; its words are 0. */
  reserve(): number {
    this.#makeRoom();
    return this.#count++;
  }

  /** The low word of a value, int32. */
  lowOf(code: number): number {
    return this.#words[2 * code];
  }

  /** The high word of a value, int32. */
  highOf(code: number): number {
    return this.#words[2 * code + 1];
  }

  /** The values in the order of their codes. @param width of a value, 1 to 8 bytes */
  column(width: number): FixedColumn {
    const data = new Uint8Array(this.#count * width);
    const words = new Uint8Array(this.#words.buffer);
    for (let code = 0; code < this.#count; code++)
      for (let k = 0; k < width; k++) data[code * width + k] = words[8 * code + k];
    return { kind: "fixed", width, data, validity: undefined };
  }

  /** For one more: where half of the slots are taken there are twice as many. What was reserved stands in none. */
  #makeRoom(): void {
    const before = this.#slots;
    if (2 * this.#count < before.length) return;
    const words = new Int32Array(before.length * 2);
    words.set(this.#words);
    this.#words = words;
    this.#slots = new Int32Array(before.length * 2);
    for (const entry of before)
      if (entry > 0) this.#slots[this.#find(words[2 * entry - 2], words[2 * entry - 1])] = entry;
  }

  /** The slot that holds the value, or the free one where it belongs. */
  #find(low: number, high: number): number {
    const words = this.#words;
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = hashWords(low, high) & mask;
    for (let entry = slots[slot]; entry > 0; entry = slots[slot]) {
      if (words[2 * entry - 2] === low && words[2 * entry - 1] === high) break;
      slot = (slot + 1) & mask;
    }
    return slot;
  }
}
