/**
 * Finds one sequence in others, in time linear in their length whatever they hold (Knuth, Morris, Pratt): bytes in bytes, or
 * numbers of tokens in numbers of tokens.
 */
export class RunFinder {
  readonly #run: ArrayLike<number>;
  /** Of each beginning of the run: how many of its first items it also ends with, itself left out. */
  readonly #borders: Uint32Array;

  /** @param run at least one item */
  constructor(run: ArrayLike<number>) {
    this.#run = run;
    this.#borders = new Uint32Array(run.length);
    for (let i = 1, matched = 0; i < run.length; i++) {
      while (matched > 0 && run[matched] !== run[i]) matched = this.#borders[matched - 1];
      if (run[matched] === run[i]) matched++;
      this.#borders[i] = matched;
    }
  }

  /** Behind the first occurrence within `[at, end)`, or -1. */
  find(data: ArrayLike<number>, at: number, end: number): number {
    const run = this.#run;
    if (end - at < run.length) return -1;
    let matched = 0;
    for (let i = at; i < end; i++) {
      const item = data[i];
      while (matched > 0 && run[matched] !== item) matched = this.#borders[matched - 1];
      if (run[matched] === item && ++matched === run.length) return i + 1;
    }
    return -1;
  }
}
