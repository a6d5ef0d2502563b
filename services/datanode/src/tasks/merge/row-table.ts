import { mixWords } from "../../sinks/unique/mix-words.ts";

const FIRST_PLACES = 1024;
/** Of the places at most so many parts are taken: two of three. */
const [TAKEN, OF] = [2, 3];

/**
 * Which row has each key: open addressing over numbers of rows, 6 to 12 bytes a key. The keys themselves lie with whoever has the
 * rows, in their order, and are looked at there.
 */
export class RowTable {
  readonly #perKey: number;
  readonly #maxPlaces: number;
  /** Row + 1; 0: free. */
  #places = new Uint32Array(FIRST_PLACES);
  #size = 0;

  /** @param perKey words of a key @param limitBytes memory that the table may take */
  constructor(perKey: number, limitBytes: number) {
    this.#perKey = perKey;
    // Growing holds the old places beside the new ones, which are twice as many.
    this.#maxPlaces = Math.max(FIRST_PLACES, Math.floor(limitBytes / (4 * 1.5)));
  }

  /** Makes room for so many keys at once, as far as they fit: growing looks at each key again. Only of an empty table. */
  reserve(keys: number): void {
    let places = this.#places.length;
    while (TAKEN * places < OF * keys && 2 * places <= this.#maxPlaces) places *= 2;
    this.#places = new Uint32Array(places);
  }

  /**
   * The row that had the key of `row` before, or -1; from now on `row` has it, where `isNewer` or nobody had it. False when the
   * table is full.
   * @param words of the keys of all rows here, `row` among them
   */
  put(words: Uint32Array, row: number, isNewer: boolean): number | false {
    const place = this.#find(words, words, row * this.#perKey);
    const before = this.#places[place] - 1;
    if (before >= 0) {
      if (isNewer) this.#places[place] = row + 1;
      return before;
    }
    this.#places[place] = row + 1;
    this.#size++;
    return OF * this.#size > TAKEN * this.#places.length && !this.#grow(words) ? false : before;
  }

  /** The row that has the key in `key[at …]`, or -1. @param words of the keys of all rows here */
  rowOf(words: Uint32Array, key: Uint32Array, at: number): number {
    return this.#places[this.#find(words, key, at)] - 1;
  }

  #find(words: Uint32Array, key: Uint32Array, at: number): number {
    const [places, perKey] = [this.#places, this.#perKey];
    const mask = places.length - 1;
    let place = mixWords(key, at, perKey) & mask;
    for (; places[place] !== 0; place = (place + 1) & mask) {
      const start = (places[place] - 1) * perKey;
      if (words[start] === key[at] && words[start + 1] === key[at + 1] && isRest(words, start, key, at, perKey)) break;
    }
    return place;
  }

  #grow(words: Uint32Array): boolean {
    if (2 * this.#places.length > this.#maxPlaces) return false;
    const before = this.#places;
    this.#places = new Uint32Array(2 * before.length);
    for (let i = 0; i < before.length; i++)
      if (before[i] !== 0) this.#places[this.#find(words, words, (before[i] - 1) * this.#perKey)] = before[i];
    return true;
  }
}

/** Words behind the first two, which all keys have. */
function isRest(words: Uint32Array, start: number, key: Uint32Array, at: number, count: number): boolean {
  for (let i = 2; i < count; i++) if (words[start + i] !== key[at + i]) return false;
  return true;
}
