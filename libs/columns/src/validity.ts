/** One byte a row, grow-only; given out only when a null is among the rows. */
export class Validity {
  #bytes = new Uint8Array(0);

  /** Marks rows `[from, to)`. What lies before `from` survives. */
  mark(from: number, to: number, value: 0 | 1): void {
    if (to > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(to, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, from));
      this.#bytes = grown;
    }
    if (to === from + 1) this.#bytes[from] = value;
    else this.#bytes.fill(value, from, to);
  }

  /** The first `rows` bytes, or undefined when none of the rows is null. */
  of(rows: number): Uint8Array | undefined {
    const bytes = this.#bytes.subarray(0, rows);
    return bytes.includes(0) ? bytes : undefined;
  }

  /** Forgets the first `rows`; `total` are there. */
  dropFront(rows: number, total: number): void {
    this.#bytes.copyWithin(0, rows, total);
  }
}
