/** A word of a phrase, by its number, and how many places it stands before the phrase's last one. */
export interface PhraseWord {
  readonly number: number;
  readonly before: number;
}

/**
 * Finds words that stand nearly as in a phrase: each is moved to where the phrase would end by it, and the places so found lie at most
 * `slop` apart. Two neighbours that have changed places are 2 apart. Source: Milvus, `compute_phrase_match_slop`; Lucene.
 */
export class SlopFinder {
  readonly #words: readonly PhraseWord[];
  readonly #slop: number;
  /** Of each word, the last end that it has given. */
  readonly #ends: Float64Array;
  /** Words that have given none yet. */
  #missing = 0;

  /** @param words at least one */
  constructor(words: readonly PhraseWord[], slop: number) {
    this.#words = words;
    this.#slop = slop;
    this.#ends = new Float64Array(words.length);
  }

  /** Whether the first `count` of `numbers` have them, in time of their number times that of the words. */
  isIn(numbers: ArrayLike<number>, count: number): boolean {
    this.#ends.fill(Number.NEGATIVE_INFINITY);
    this.#missing = this.#ends.length;
    const last = count + Math.max(...this.#words.map(({ before }) => before));
    for (let end = 0; end < last; end++)
      if (this.#meet(numbers, count, end) && this.#missing === 0 && end - Math.min(...this.#ends) <= this.#slop)
        return true;
    return false;
  }

  #meet(numbers: ArrayLike<number>, count: number, end: number): boolean {
    let isMet = false;
    for (let i = 0; i < this.#words.length; i++) {
      const at = end - this.#words[i].before;
      if (at < 0 || at >= count || numbers[at] !== this.#words[i].number) continue;
      if (this.#ends[i] < 0) this.#missing--;
      this.#ends[i] = end;
      isMet = true;
    }
    return isMet;
  }
}
