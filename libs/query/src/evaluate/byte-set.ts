import { hashBytes } from "../hash.ts";

/** Strings, asked for by their UTF-8 bytes; numbered in the order given (a repeated one keeps its first number). */
export class ByteSet {
  /** All of them, one behind the other; `offsets[i]` is where number i starts. */
  readonly #bytes: Uint8Array;
  readonly #offsets: Uint32Array;
  /** Number of the string in each slot, -1 = free; half of the slots at most are taken. */
  readonly #slots: Int32Array;
  #longest = 0;

  constructor(strings: readonly string[]) {
    const joined = strings.join("");
    // One conversion instead of one for each of perhaps 100 000 strings.
    this.#bytes = Buffer.from(joined);
    const isAscii = this.#bytes.length === joined.length;
    this.#offsets = new Uint32Array(strings.length + 1);
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(Math.max(strings.length, 4) * 2))).fill(-1);
    strings.forEach((text, number) => {
      const start = this.#offsets[number];
      const end = start + (isAscii ? text.length : Buffer.byteLength(text));
      this.#offsets[number + 1] = end;
      this.#longest = Math.max(this.#longest, end - start);
      const slot = this.#slot(this.#bytes, start, end);
      if (this.#slots[slot] < 0) this.#slots[slot] = number;
    });
  }

  /** The number of `data[start, end)`, or -1 when it is not in the set. */
  indexOf(data: Uint8Array, start: number, end: number): number {
    return end - start > this.#longest ? -1 : this.#slots[this.#slot(data, start, end)];
  }

  /** The slot that holds the string, or the free one where it belongs. */
  #slot(data: Uint8Array, start: number, end: number): number {
    const mask = this.#slots.length - 1;
    let slot = hashBytes(data, start, end) & mask;
    for (let number = this.#slots[slot]; number >= 0; number = this.#slots[slot]) {
      if (this.#isKey(number, data, start, end)) break;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #isKey(number: number, data: Uint8Array, start: number, end: number): boolean {
    const at = this.#offsets[number];
    const length = end - start;
    if (this.#offsets[number + 1] - at !== length) return false;
    for (let i = 0; i < length; i++) if (data[start + i] !== this.#bytes[at + i]) return false;
    return true;
  }
}

/** Whether `data[start, end)` is all of `other`. */
export function equalBytes(data: Uint8Array, start: number, end: number, other: Uint8Array): boolean {
  const { length } = other;
  if (end - start !== length) return false;
  for (let i = 0; i < length; i++) if (data[start + i] !== other[i]) return false;
  return true;
}

/** Order of `data[start, end)` and `other` by bytes: negative, 0 or positive. */
export function compareBytes(data: Uint8Array, start: number, end: number, other: Uint8Array): number {
  const shared = Math.min(end - start, other.length);
  for (let i = 0; i < shared; i++) {
    const difference = data[start + i] - other[i];
    if (difference !== 0) return difference;
  }
  return end - start - other.length;
}
