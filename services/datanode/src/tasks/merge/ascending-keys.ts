import { isNullKey, type MergeKeys } from "./merge-keys.ts";

/** Words of an int64 key: the lower half, then the upper one, which has the sign. */
const PER_KEY = 2;

/**
 * Integer keys that ascend from row to row, as those of most files do: a key is found by looking from where the last one was, and no
 * table is made. Who asks in another order pays for it: `strides` tells how far apart what is asked for lies.
 */
export class AscendingKeys {
  #count = 0;
  /** Powers of two that the last look went through. */
  strides = 0;

  get count(): number {
    return this.#count;
  }

  /** Whether the keys of a batch go on in order, behind those that are here; nulls are none. @param words of the keys here */
  takes(keys: MergeKeys, words: Uint32Array): boolean {
    if (keys.perKey !== PER_KEY) return false;
    let before: Uint32Array | undefined = this.#count > 0 ? words : undefined;
    let last = this.#count - 1;
    let count = this.#count;
    for (let row = 0; row < keys.rowCount; row++) {
      if (isNullKey(keys, row)) continue;
      if (before && compare(before, last, keys.words, row) >= 0) return false;
      before = keys.words;
      last = row;
      count++;
    }
    this.#count = count;
    return true;
  }

  /** The row that has the key in `key[at …]`, or -1. @param from the row to look at first, mostly that behind the last one */
  rowOf(words: Uint32Array, key: Uint32Array, at: number, from: number): number {
    const wanted = at / PER_KEY;
    let low = Math.min(from, this.#count - 1);
    this.strides = 0;
    if (low < 0) return -1;
    const first = compare(words, low, key, wanted);
    if (first === 0) return low;
    let high = low;
    let step = 1;
    // [low, high) has the key, if anything has it.
    if (first < 0) {
      do {
        low = high + 1;
        high = Math.min(this.#count, high + step);
        step *= 2;
        this.strides++;
      } while (high < this.#count && compare(words, high, key, wanted) < 0);
      high = Math.min(this.#count, high + 1);
    } else {
      do {
        high = low;
        low = Math.max(0, low - step);
        step *= 2;
        this.strides++;
      } while (low > 0 && compare(words, low, key, wanted) > 0);
    }
    return search(words, low, high, key, wanted);
  }
}

function search(words: Uint32Array, from: number, to: number, key: Uint32Array, wanted: number): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const order = compare(words, middle, key, wanted);
    if (order === 0) return middle;
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return -1;
}

function compare(a: Uint32Array, i: number, b: Uint32Array, j: number): number {
  const [upper, other] = [a[2 * i + 1] | 0, b[2 * j + 1] | 0];
  if (upper !== other) return upper < other ? -1 : 1;
  const [lower, otherLower] = [a[2 * i], b[2 * j]];
  return lower === otherLower ? 0 : lower < otherLower ? -1 : 1;
}
