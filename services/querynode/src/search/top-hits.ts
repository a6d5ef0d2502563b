import type { HeldHits } from "./held-hits.ts";

/** Compares two rows: negative, when the first one comes before the other. */
export type CompareRows = (sourceA: number, rowA: number, sourceB: number, rowB: number) => number;

/** How rows with equal scores are ordered. */
export interface TieOrder {
  /** By primary key, ascending. */
  readonly compareKeys: CompareRows;
  /** Of rows with equal keys: by where they are, so that no order of arrival decides. */
  readonly comparePlaces: CompareRows;
}

/** Greatest change of a number that becomes float32, relative to it. */
const FLOAT32_STEP = 2 ** -23;
/** The least number that is one. */
const FLOAT32_LEAST = 2 ** -149;

/** One hit; `row` is a row of `source` of the search's sources, or an element's place there. */
export interface Hit {
  readonly score: number;
  readonly source: number;
  readonly row: number;
}

/** The greatest that is no infinity. */
const FLOAT32_MOST = 2 ** 128 - 2 ** 104;

/** What becoming an answered score may change of one, at most. @param power 10 ^ decimals; 0 = float32 alone */
function roundingOf(score: number, power: number): number {
  return Math.abs(score) * FLOAT32_STEP + FLOAT32_LEAST + (power === 0 ? 0 : 1 / power);
}

/** The greatest score that may be answered as this one. @param power as in `roundingOf` */
export function greatestAs(score: number, power: number): number {
  // Infinity is what scores beyond the floats are answered as: it stands for numbers, and has no difference to itself.
  const least = Math.max(score, -FLOAT32_MOST);
  return least + roundingOf(least, power);
}

/** The least score that may be answered as this one. @param power as in `roundingOf` */
export function leastAs(score: number, power: number): number {
  return -greatestAs(-score, power);
}

/** Hits that there is room for at first. */
const FIRST_CAPACITY = 64;

/** The best hits of one query vector: a heap with the worst of them on top, in arrays. Of equal scores the smaller key is better. */
export class TopHits {
  readonly #limit: number;
  readonly #sign: number;
  readonly #power: number;
  readonly #ties: TieOrder;
  readonly #held: HeldHits | undefined;
  #scores: Float64Array;
  #sources: Uint32Array;
  #rows: Uint32Array;
  #size = 0;

  /**
   * @param isDistance less is better
   * @param power 10 ^ decimals that scores are rounded to; 0 = as they are
   * @param held of all queries of a search together; undefined: nobody counts them
   */
  constructor(limit: number, isDistance: boolean, power: number, ties: TieOrder, held?: HeldHits) {
    this.#power = power;
    this.#limit = limit;
    this.#sign = isDistance ? 1 : -1;
    this.#ties = ties;
    this.#held = held;
    const capacity = Math.min(limit, FIRST_CAPACITY);
    this.#scores = new Float64Array(capacity);
    this.#sources = new Uint32Array(capacity);
    this.#rows = new Uint32Array(capacity);
  }

  /** Whether a hit has to be better than the worst one to be taken. */
  get isFull(): boolean {
    return this.#size === this.#limit;
  }

  /** Scores, times -1 where more is better, that are greater than this cannot get in, however they are rounded. */
  get bound(): number {
    if (!this.isFull) return Number.POSITIVE_INFINITY;
    return greatestAs(this.#sign * this.#scores[0], this.#power);
  }

  /** @throws {StatusError} 1100 where too many are held */
  add(score: number, source: number, row: number): void {
    if (!this.isFull) {
      this.#held?.add();
      if (this.#size === this.#scores.length) this.#grow();
      this.#set(this.#size, score, source, row);
      this.#rise(this.#size++);
    } else if (this.#isWorse(0, score, source, row)) {
      this.#set(0, score, source, row);
      this.#sink(0);
    }
  }

  /** Many queries with high limits hold what they find, not what they might. */
  #grow(): void {
    const capacity = Math.min(this.#limit, 2 * this.#size);
    const [scores, sources, rows] = [new Float64Array(capacity), new Uint32Array(capacity), new Uint32Array(capacity)];
    scores.set(this.#scores);
    sources.set(this.#sources);
    rows.set(this.#rows);
    [this.#scores, this.#sources, this.#rows] = [scores, sources, rows];
  }

  #set(at: number, score: number, source: number, row: number): void {
    this.#scores[at] = score;
    this.#sources[at] = source;
    this.#rows[at] = row;
  }

  /** Whether what is at a place is worse than another hit. */
  #isWorse(at: number, score: number, source: number, row: number): boolean {
    const own = this.#scores[at];
    // Not by their difference: that of infinities is no number.
    if (own !== score) return this.#sign > 0 ? own > score : own < score;
    const [source0, row0] = [this.#sources[at], this.#rows[at]];
    return (
      (this.#ties.compareKeys(source0, row0, source, row) || this.#ties.comparePlaces(source0, row0, source, row)) > 0
    );
  }

  #isWorseThan(a: number, b: number): boolean {
    return this.#isWorse(a, this.#scores[b], this.#sources[b], this.#rows[b]);
  }

  #rise(from: number): void {
    for (let at = from; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!this.#isWorseThan(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #sink(from: number): void {
    for (let at = from; ; ) {
      const left = 2 * at + 1;
      if (left >= this.#size) return;
      const child = left + 1 < this.#size && this.#isWorseThan(left + 1, left) ? left + 1 : left;
      if (!this.#isWorseThan(child, at)) return;
      this.#swap(at, child);
      at = child;
    }
  }

  #swap(a: number, b: number): void {
    const [score, source, row] = [this.#scores[a], this.#sources[a], this.#rows[a]];
    this.#set(a, this.#scores[b], this.#sources[b], this.#rows[b]);
    this.#set(b, score, source, row);
  }

  /** All of them, in no order. */
  all(): Hit[] {
    return Array.from({ length: this.#size }, (_, i) => ({
      ...{ score: this.#scores[i], source: this.#sources[i], row: this.#rows[i] },
    }));
  }

  /** All of them, the best first, each key once: with its best score. */
  sorted(): Hit[] {
    const hits = this.all();
    const { compareKeys, comparePlaces } = this.#ties;
    const byKey = (a: Hit, b: Hit) => compareKeys(a.source, a.row, b.source, b.row);
    const byPlace = (a: Hit, b: Hit) => comparePlaces(a.source, a.row, b.source, b.row);
    hits.sort((a, b) => (a.score - b.score) * this.#sign || byKey(a, b) || byPlace(a, b));
    const first = firstOfEachKey(hits, byKey);
    return first.size === hits.length ? hits : hits.filter((hit) => first.has(hit));
  }
}

/** Of hits from the best on, those whose key no better one has. */
function firstOfEachKey(hits: readonly Hit[], byKey: (a: Hit, b: Hit) => number): Set<Hit> {
  const place = new Map(hits.map((hit, i) => [hit, i]));
  const ordered = [...hits].sort((a, b) => byKey(a, b) || (place.get(a) ?? 0) - (place.get(b) ?? 0));
  return new Set(ordered.filter((hit, i) => i === 0 || byKey(ordered[i - 1], hit) !== 0));
}
