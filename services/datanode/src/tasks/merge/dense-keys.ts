import { isNullKey, type MergeKeys } from "./merge-keys.ts";

/** Words of an int64 key: the lower half, then the upper one, which has the sign. */
const PER_KEY = 2;
const WORD = 2 ** 32;
/** Places for each key at most; more would be memory that is not looked at. */
const MAX_SPREAD = 4;
/** The places grow by more than is asked for, since keys in random order reach a little further with each batch. */
const SLACK = 0.125;

/**
 * Integer keys that lie close together, as numbers of rows and automatic keys do, in whatever order: each has a place of its own by its
 * distance from the least one. No key is hashed or compared.
 */
export class DenseKeys {
  readonly #limitBytes: number;
  /** Row + 1 of the key `#first + n`; 0: nobody has it. */
  #rows = new Uint32Array(0);
  /** Of the keys of a batch. */
  #places = new Int32Array(0);
  /** Halves of the key of place 0, which may lie below the least that there is. */
  #low = 0;
  #high = 0;

  /** @param limitBytes memory that the places may take */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /**
   * Makes room for the keys of a batch; false where they lie too far apart, and nothing is changed.
   * @param expected keys that there will be, with those of the batch, about
   */
  covers(keys: MergeKeys, expected: number): boolean {
    if (keys.perKey !== PER_KEY) return false;
    // Distances from place 0, or from the first key of all; exact where they matter.
    if (this.#rows.length === 0 && !this.#begin(keys)) return true;
    let [least, greatest] = [0, this.#rows.length - 1];
    for (let row = 0; row < keys.rowCount; row++) {
      if (isNullKey(keys, row)) continue;
      const distance = this.#distance(keys.words, PER_KEY * row);
      if (distance < least) least = distance;
      else if (distance > greatest) greatest = distance;
    }
    if (least === 0 && greatest < this.#rows.length) return true;
    return this.#grow(least, greatest, expected);
  }

  /** False where all are null. */
  #begin(keys: MergeKeys): boolean {
    for (let row = 0; row < keys.rowCount; row++) {
      if (isNullKey(keys, row)) continue;
      [this.#low, this.#high] = [keys.words[PER_KEY * row], keys.words[PER_KEY * row + 1] | 0];
      return true;
    }
    return false;
  }

  #grow(least: number, greatest: number, expected: number): boolean {
    const span = greatest - least + 1;
    const limit = Math.min(MAX_SPREAD * expected, this.#limitBytes / 4);
    if (span > limit) return false;
    const slack = Math.min(Math.floor(span * SLACK), Math.floor((limit - span) / 2));
    const before = slack - least;
    const larger = new Uint32Array(span + 2 * slack);
    larger.set(this.#rows, before);
    this.#rows = larger;
    const low = this.#low - before;
    this.#high += Math.floor(low / WORD);
    this.#low = low - Math.floor(low / WORD) * WORD;
    return true;
  }

  #distance(words: Uint32Array, at: number): number {
    return ((words[at + 1] | 0) - this.#high) * WORD + (words[at] - this.#low);
  }

  /** As of `KeyTable`, of a key that `covers` has seen. */
  put(words: Uint32Array, at: number, row: number, isNewer: boolean): number {
    const place = this.#distance(words, at);
    const before = this.#rows[place] - 1;
    if (before < 0 || isNewer) this.#rows[place] = row + 1;
    return before;
  }

  /**
   * As `KeyIndex.putAll`, of a batch that `covers` has seen. Places first, and then what is there: nothing else is in the second loop, so
   * that the processor waits for many of the rows at once.
   */
  putAll(
    keys: MergeKeys,
    first: number,
    isNewer: boolean,
    kept: Uint32Array,
    onRepeated: (row: number) => void,
  ): number {
    const { rowCount } = keys;
    const [rows, places] = [this.#rows, this.#placesOf(keys, 0)];
    let count = 0;
    for (let row = 0; row < rowCount; row++) {
      const place = places[row];
      if (place < 0) continue;
      const isRepeated = rows[place] !== 0;
      if (isRepeated) onRepeated(row);
      if (isRepeated && !isNewer) continue;
      rows[place] = first + count + 1;
      kept[count++] = row;
    }
    return count;
  }

  /** As `KeyIndex.find`. */
  find(keys: MergeKeys, found: Int32Array, begin: number): void {
    const [rows, places] = [this.#rows, this.#placesOf(keys, begin)];
    for (let row = begin; row < keys.rowCount; row++) found[row] = places[row] < 0 ? -1 : rows[places[row]] - 1;
  }

  /** The place of each key from the `begin`th on; -1 of nulls, and of keys that have none. */
  #placesOf({ words, column: { validity }, rowCount }: MergeKeys, begin: number): Int32Array {
    if (this.#places.length < rowCount) this.#places = new Int32Array(rowCount);
    const [places, low, high, end] = [this.#places, this.#low, this.#high, this.#rows.length];
    for (let row = begin; row < rowCount; row++) {
      const place = ((words[PER_KEY * row + 1] | 0) - high) * WORD + (words[PER_KEY * row] - low);
      places[row] = place >= 0 && place < end && validity?.[row] !== 0 ? place : -1;
    }
    return places;
  }
}
