import { type Column, takeRows } from "@sluice/columns";

/** Some rows of a batch that are kept. */
interface Kept {
  readonly columns: readonly (Column | undefined)[];
  readonly row: number;
}

/** Of rows that pass by, as many as are wanted, each as likely as any other; they have memory of their own. */
export class RowSample {
  readonly #size: number;
  readonly #random: () => number;
  readonly #kept: Kept[] = [];
  #seen = 0;

  /** @param random from 0 to 1 */
  constructor(size: number, random = Math.random) {
    this.#size = size;
    this.#random = random;
  }

  /** @param columns of fields, absent ones undefined; the kept rows are copied */
  add(columns: readonly (Column | undefined)[], rowCount: number): void {
    const places = new Map<number, number>();
    for (let row = 0; row < rowCount; row++) {
      const place = this.#seen < this.#size ? this.#seen : Math.floor(this.#random() * (this.#seen + 1));
      this.#seen++;
      if (place < this.#size) places.set(place, row);
    }
    if (places.size === 0) return;
    const rows = Uint32Array.from(places.values());
    const taken = columns.map((column) => column && takeRows(column, rows));
    for (const [i, place] of [...places.keys()].entries()) this.#kept[place] = { columns: taken, row: i };
  }

  /** Some at a time: those that were kept of one batch. */
  *parts(): Generator<{ readonly columns: readonly (Column | undefined)[]; readonly rowCount: number }> {
    for (const [batch, kept] of Map.groupBy(this.#kept, ({ columns }) => columns)) {
      const rows = Uint32Array.from(kept, ({ row }) => row);
      yield { columns: batch.map((column) => column && takeRows(column, rows)), rowCount: rows.length };
    }
  }
}
