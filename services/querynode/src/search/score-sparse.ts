import type { VarColumn } from "@sluice/columns";
import type { SparseQuery } from "./query-vectors.ts";
import type { TakeScores } from "./take-scores.ts";
import type { Bm25Params } from "./terms.ts";

/** What a term of a query adds to the score of a row, by the term's weight there and its value in the row. */
type Worth = (weight: number, value: number) => number;

/**
 * Queries by their terms: of each term, which queries have it and with what weight. A row is then compared with all queries by
 * looking its terms up once, and only with those that share one.
 */
export class SparseIndex {
  readonly #queryCount: number;
  /** Open addressing: positions in `#terms` plus one, 0 = free. */
  readonly #slots: Uint32Array;
  readonly #terms: Uint32Array;
  /** Of term t, the entries from `#starts[t]` to `#starts[t + 1]`. */
  readonly #starts: Uint32Array;
  readonly #queries: Uint32Array;
  readonly #weights: Float64Array;

  constructor(queries: readonly SparseQuery[]) {
    this.#queryCount = queries.length;
    const counts = new Map<number, number>();
    for (const { indices } of queries)
      for (const [i, term] of indices.entries()) if (isFirst(indices, i)) counts.set(term, (counts.get(term) ?? 0) + 1);
    this.#terms = Uint32Array.from(counts.keys());
    this.#starts = new Uint32Array(this.#terms.length + 1);
    for (const [i, term] of this.#terms.entries()) this.#starts[i + 1] = this.#starts[i] + (counts.get(term) ?? 0);
    const total = this.#starts[this.#terms.length];
    [this.#queries, this.#weights] = [new Uint32Array(total), new Float64Array(total)];
    this.#slots = new Uint32Array(2 << Math.ceil(Math.log2(this.#terms.length + 1)));
    for (const [i, term] of this.#terms.entries()) this.#slots[this.#slotOf(term)] = i + 1;
    this.#fill(queries);
  }

  #fill(queries: readonly SparseQuery[]): void {
    const next = this.#starts.slice();
    for (const [query, { indices, values }] of queries.entries())
      for (let i = 0; i < indices.length; i++) {
        if (!isFirst(indices, i)) continue;
        const at = next[this.#slots[this.#slotOf(indices[i])] - 1]++;
        [this.#queries[at], this.#weights[at]] = [query, values[i]];
      }
  }

  /** The slot of a term, or the free one where it would be. */
  #slotOf(term: number): number {
    const mask = this.#slots.length - 1;
    let slot = (Math.imul(term, 0x9e3779b1) >>> 7) & mask;
    while (this.#slots[slot] !== 0 && this.#terms[this.#slots[slot] - 1] !== term) slot = (slot + 1) & mask;
    return slot;
  }

  /** Scores of rows with the queries that they share a term with; others are no hits. */
  score({ data, offsets }: VarColumn, rows: Uint32Array, bm25: Bm25Params | undefined, take: TakeScores): void {
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    const sums = new Float64Array(this.#queryCount);
    const isTouched = new Uint8Array(this.#queryCount);
    const touched = new Uint32Array(this.#queryCount);
    const one = new Float64Array(1);
    for (let i = 0; i < rows.length; i++) {
      const [start, end] = [offsets[rows[i]], offsets[rows[i] + 1]];
      const worth = bm25 ? bm25Worth(bm25, lengthOf(view, start, end)) : product;
      let count = 0;
      for (let at = start; at < end; at += 8) {
        const found = this.#slots[this.#slotOf(view.getUint32(at, true))];
        if (found === 0) continue;
        const value = view.getFloat32(at + 4, true);
        for (let entry = this.#starts[found - 1]; entry < this.#starts[found]; entry++) {
          const query = this.#queries[entry];
          // Added term by term, as they ascend in the row: the same sum whichever way it is worked out.
          sums[query] += worth(this.#weights[entry], value);
          if (isTouched[query] === 1) continue;
          isTouched[query] = 1;
          touched[count++] = query;
        }
      }
      for (let t = 0; t < count; t++) {
        const query = touched[t];
        one[0] = sums[query];
        sums[query] = 0;
        isTouched[query] = 0;
        take(query, i, 1, one);
      }
    }
  }
}

/** Of a term that a query names several times the first weight counts. */
function isFirst(ascending: Uint32Array, i: number): boolean {
  return i === 0 || ascending[i - 1] !== ascending[i];
}

/** What one dimension of a sparse vector adds to an inner product. */
export const product: Worth = (weight, value) => weight * value;

/** Source: query-and-search §5.1. */
export function bm25Worth({ k1, b, averageLength }: Bm25Params, length: number): Worth {
  const damped = k1 * (1 - b + (b * length) / averageLength);
  return (weight, count) => (weight * count * (k1 + 1)) / (count + damped);
}

/** Tokens of a row, whose terms have counts for values. */
export function lengthOf(view: DataView, start: number, end: number): number {
  let length = 0;
  for (let at = start; at < end; at += 8) length += view.getFloat32(at + 4, true);
  return length;
}
