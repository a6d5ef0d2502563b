import { mixWords } from "./mix-words.ts";

const FIRST_PLACES = 1024;

/**
 * Which row had each key: open addressing over words, no object per key. A place takes `4 * (keyWords + 1)` bytes, and half of
 * the places at most are taken.
 */
export class KeyTable {
  readonly #keyWords: number;
  readonly #maxKeys: number;
  #keys: Uint32Array;
  /** Row + 1; 0 = free. */
  #rows: Uint32Array;
  #size = 0;

  /** @param keyWords words of a key @param limitBytes memory that the table may take */
  constructor(keyWords: number, limitBytes: number) {
    this.#keyWords = keyWords;
    // Growing holds the old table beside the new one, which is twice as large.
    this.#maxKeys = Math.floor(limitBytes / (4 * (keyWords + 1) * 3));
    this.#keys = new Uint32Array(FIRST_PLACES * keyWords);
    this.#rows = new Uint32Array(FIRST_PLACES);
  }

  /** More are refused by `put`: of so many, growing still keeps to the bytes that the table may take. */
  get maxKeys(): number {
    return this.#maxKeys;
  }

  /** The row that had the key in `key[at …]` before, or -1; from now on `row` has it, where `isNewer` or nobody had it. False when the table is full. */
  put(key: Uint32Array, at: number, row: number, isNewer: boolean): number | false {
    const place = this.#find(key, at);
    const before = this.#rows[place] - 1;
    if (before < 0) {
      if (this.#size >= this.#maxKeys) return false;
      for (let i = 0; i < this.#keyWords; i++) this.#keys[place * this.#keyWords + i] = key[at + i];
      this.#size++;
    }
    if (before < 0 || isNewer) this.#rows[place] = row + 1;
    if (2 * this.#size > this.#rows.length) this.#grow();
    return before;
  }

  /** The row that has the key, or -1. */
  rowOf(key: Uint32Array, at: number): number {
    return this.#rows[this.#find(key, at)] - 1;
  }

  #find(key: Uint32Array, at: number): number {
    const words = this.#keyWords;
    const mask = this.#rows.length - 1;
    let place = mixWords(key, at, words) & mask;
    while (this.#rows[place] !== 0 && !this.#isAt(place, key, at)) place = (place + 1) & mask;
    return place;
  }

  #isAt(place: number, key: Uint32Array, at: number): boolean {
    const start = place * this.#keyWords;
    for (let i = 0; i < this.#keyWords; i++) if (this.#keys[start + i] !== key[at + i]) return false;
    return true;
  }

  #grow(): void {
    const [keys, rows] = [this.#keys, this.#rows];
    this.#keys = new Uint32Array(2 * keys.length);
    this.#rows = new Uint32Array(2 * rows.length);
    for (let place = 0; place < rows.length; place++) {
      if (rows[place] === 0) continue;
      const to = this.#find(keys, place * this.#keyWords);
      for (let i = 0; i < this.#keyWords; i++) this.#keys[to * this.#keyWords + i] = keys[place * this.#keyWords + i];
      this.#rows[to] = rows[place];
    }
  }
}
