/** Samples made by hand have vectors such as `[1, 0, 0, 0]`. */
const vectorName = /vec|emb/i;

/** Is a column called like a vector? */
export function isCalledVector(name: string): boolean {
  return vectorName.test(name);
}

/** How many elements the lists of one column have. */
export class ListLengths {
  readonly #counts = new Map<number, number>();
  #lists = 0;

  /** @param length of one list */
  add(length: number): void {
    this.#lists++;
    this.#counts.set(length, (this.#counts.get(length) ?? 0) + 1);
  }

  /**
   * Dimensions of the vectors that they are: the one length of all. Where the column is called like a vector it is that of most,
   * so that a bad row among the first ones does not hide it.
   */
  dimOf(name: string): number | undefined {
    let [dim, most] = [0, 0];
    for (const [length, count] of this.#counts) if (count > most) [dim, most] = [length, count];
    const isDim = most === this.#lists || (isCalledVector(name) && 2 * most > this.#lists);
    return isDim && dim > 1 ? dim : undefined;
  }
}
