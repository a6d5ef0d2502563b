import type { MergeKeys } from "./merge-keys.ts";

/** Words of an int64 key: the lower half, then the upper one, which has the sign. */
const PER_KEY = 2;
/** Upper half of the least key. */
const LEAST = -(2 ** 31);

/** A key that lies further away than two to the power of it is in no order with the one before. */
const MAX_STRIDES = 8;
/** Keys in another order than these that are looked for where they are not. */
const MAX_PATIENCE = 1000;

/**
 * Integer keys that ascend from row to row, as those of most files do: a key is found by looking from where the last one was, and no
 * table is made. Keys one behind the other, as numbers of rows, are found at once in whatever order; of others, who asks in another
 * order pays for it.
 */
export class AscendingKeys {
  #count = 0;
  /** The row that was found last. */
  #place = 0;
  #patience = MAX_PATIENCE;
  /** Goes on whatever it costs. */
  isPatient = false;
  /** Powers of two that the last look went through. */
  #strides = 0;

  /** Keys that it has. */
  get count(): number {
    return this.#count;
  }

  /** Whether the keys of a batch go on in order, behind those that are here; nulls are none. @param words of the keys here */
  takes(keys: MergeKeys, words: Uint32Array): boolean {
    if (keys.perKey !== PER_KEY) return false;
    const {
      words: added,
      column: { validity },
      rowCount,
    } = keys;
    let count = this.#count;
    // Halves of the key before: below all of them at first, which the first key may be, too.
    let low = count > 0 ? words[2 * count - 2] : -1;
    let high = count > 0 ? words[2 * count - 1] | 0 : LEAST;
    for (let row = 0; row < rowCount; row++) {
      if (validity?.[row] === 0) continue;
      // No pairs in loops of every row: each would be an array.
      const nextLow = added[2 * row];
      const nextHigh = added[2 * row + 1] | 0;
      if (nextHigh < high || (nextHigh === high && nextLow <= low)) return false;
      low = nextLow;
      high = nextHigh;
      count++;
    }
    this.#count = count;
    return true;
  }

  /**
   * The row that has each key, from the `begin`th on, into `rows`; -1 where there is none.
   * @param words of the keys here
   * @returns how many were looked up: fewer than there are where that is not worth it any more, for they come in another order
   */
  find(
    words: Uint32Array,
    { words: asked, column: { validity }, rowCount }: MergeKeys,
    rows: Int32Array,
    begin = 0,
  ): number {
    const count = this.#count;
    let place = this.#place;
    let row = begin;
    for (; row < rowCount; row++) {
      rows[row] = -1;
      if (validity?.[row] === 0) continue;
      const low = asked[2 * row];
      // Mostly it lies as many rows further on as the key is greater.
      let at = place + (((low | 0) - (words[2 * place] | 0)) | 0);
      const isThere = at >= 0 && at < count && words[2 * at] === low && words[2 * at + 1] === asked[2 * row + 1];
      if (!isThere) {
        at = this.#rowOf(words, asked, row, place + 1);
        if (this.#strides > MAX_STRIDES && this.#patience-- <= 0 && !this.isPatient) break;
      }
      rows[row] = at;
      if (at >= 0) place = at;
    }
    this.#place = place;
    return row;
  }

  /** @param wanted row of the key in `keys` @param from the row to look at first */
  #rowOf(words: Uint32Array, keys: Uint32Array, wanted: number, from: number): number {
    let low = Math.min(from, this.#count - 1);
    this.#strides = 0;
    if (low < 0) return -1;
    const first = compare(words, low, keys, wanted);
    if (first === 0) return low;
    let high = low;
    let step = 1;
    // [low, high) has the key, if anything has it.
    if (first < 0) {
      do {
        low = high + 1;
        high = Math.min(this.#count, high + step);
        step *= 2;
        this.#strides++;
      } while (high < this.#count && compare(words, high, keys, wanted) < 0);
      high = Math.min(this.#count, high + 1);
    } else {
      do {
        high = low;
        low = Math.max(0, low - step);
        step *= 2;
        this.#strides++;
      } while (low > 0 && compare(words, low, keys, wanted) > 0);
    }
    return search(words, low, high, keys, wanted);
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
