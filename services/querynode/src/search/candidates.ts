import type { Column } from "@sluice/columns";
import { isDistance } from "./metrics.ts";
import type { QueryVectors } from "./query-vectors.ts";
import { type ListComparison, scoreLists } from "./score-lists.ts";
import { type Comparison, scoreRows, type TakeScores } from "./score-rows.ts";

/** Rows of a column that are compared in one piece. */
export interface CandidateTask {
  readonly comparison: Comparison<QueryVectors>;
  readonly column: Column;
  readonly rows: Uint32Array;
  /** Of each query, the greatest score, times -1 where more is better, of any use: `TopHits.bound`. */
  readonly bounds: Float64Array;
  /** The least score of any use, times -1 where more is better. */
  readonly floor: number;
}

/** Rows that may be hits, with their scores: those of query q stand from `ends[q - 1]` to `ends[q]`, ascending. */
export interface Candidates {
  readonly ends: Uint32Array<ArrayBuffer>;
  readonly rows: Uint32Array<ArrayBuffer>;
  readonly scores: Float64Array<ArrayBuffer>;
}

/** The rows whose scores lie within the bounds. Which of them are hits is for who knows their keys. */
export function candidatesOf({ comparison, column, rows, bounds, floor }: CandidateTask): Candidates {
  const sign = isDistance(comparison.metric) ? 1 : -1;
  const found = Array.from(bounds, () => new Found());
  const take: TakeScores = (query, first, count, scores) => {
    const bound = bounds[query];
    for (let i = 0; i < count; i++) {
      const signed = sign * scores[i];
      if (signed <= bound && signed >= floor) found[query].add(rows[first + i], scores[i]);
    }
  };
  if (isOfLists(comparison)) scoreLists(comparison, column, rows, take);
  else scoreRows(comparison as Comparison, column, rows, take);
  return joined(found);
}

function isOfLists(comparison: Comparison<QueryVectors>): comparison is ListComparison {
  return comparison.queries.kind === "lists";
}

/** Rows of one query, in memory that doubles. */
class Found {
  count = 0;
  rows = new Uint32Array(16);
  scores = new Float64Array(16);

  add(row: number, score: number): void {
    if (this.count === this.rows.length) this.#grow();
    this.rows[this.count] = row;
    this.scores[this.count++] = score;
  }

  #grow(): void {
    const [rows, scores] = [new Uint32Array(2 * this.count), new Float64Array(2 * this.count)];
    rows.set(this.rows);
    scores.set(this.scores);
    [this.rows, this.scores] = [rows, scores];
  }
}

function joined(found: readonly Found[]): Candidates {
  let total = 0;
  const ends = Uint32Array.from(found, ({ count }) => (total += count));
  const [rows, scores] = [new Uint32Array(total), new Float64Array(total)];
  for (const [query, one] of found.entries()) {
    rows.set(one.rows.subarray(0, one.count), ends[query] - one.count);
    scores.set(one.scores.subarray(0, one.count), ends[query] - one.count);
  }
  return { ends, rows, scores };
}
