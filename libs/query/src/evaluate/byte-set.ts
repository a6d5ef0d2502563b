/** Byte strings by content, numbered in the order given (a repeated one keeps its first number). */
export class ByteSet {
  readonly #keys: readonly Uint8Array[];
  /** Number of the key in each slot, -1 = free; half of the slots at most are taken. */
  readonly #slots: Int32Array;
  readonly #longest: number;

  constructor(keys: readonly Uint8Array[]) {
    this.#keys = keys;
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(Math.max(keys.length, 4) * 2))).fill(-1);
    this.#longest = keys.reduce((longest, key) => Math.max(longest, key.length), 0);
    keys.forEach((key, number) => {
      const slot = this.#slot(key, 0, key.length);
      if (this.#slots[slot] < 0) this.#slots[slot] = number;
    });
  }

  /** The number of `data[start, end)`, or -1 when it is not in the set. */
  indexOf(data: Uint8Array, start: number, end: number): number {
    return end - start > this.#longest ? -1 : this.#slots[this.#slot(data, start, end)];
  }

  #slot(data: Uint8Array, start: number, end: number): number {
    const mask = this.#slots.length - 1;
    let slot = hashBytes(data, start, end) & mask;
    for (let number = this.#slots[slot]; number >= 0; number = this.#slots[slot]) {
      if (equalBytes(data, start, end, this.#keys[number])) break;
      slot = (slot + 1) & mask;
    }
    return slot;
  }
}

/** FNV-1a. */
function hashBytes(data: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ data[at], 0x01000193);
  return hash ^ (hash >>> 15);
}

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
