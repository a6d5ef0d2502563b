import type { Column, FixedColumn, VarColumn } from "@sluice/columns";
import type { FoundElements } from "@sluice/query";
import type { Kernels } from "./kernels.ts";
import type { ListScorers } from "./list-scorers.ts";
import { isDistance } from "./metrics.ts";
import type { FloatVectors, QueryVectors } from "./query-vectors.ts";
import type { TakeElement } from "./score-elements.ts";
import type { ListComparison } from "./score-lists.ts";
import { type Comparison, scoreRows } from "./score-rows.ts";
import { nearRows, scoreSketched, type TakeNear, type TakeRows } from "./score-sketched.ts";
import type { Sketches } from "./sketches.ts";
import type { TakeScores } from "./take-scores.ts";

/** Rows of a column that are compared in one piece. */
export interface CandidateTask {
  readonly comparison: Comparison<QueryVectors>;
  /** Undefined where its sketches are all there is. */
  readonly column: Column | undefined;
  /** Of the column, where it has been searched before. */
  readonly sketches?: Sketches | undefined;
  readonly rows: Uint32Array;
  /** Of rows whose vectors are compared each by itself, which ones; undefined: all. */
  readonly elements?: FoundElements | undefined;
  /** Of each query, the greatest score, times -1 where more is better, of any use: `TopHits.bound`. */
  readonly bounds: Float64Array;
  /** The least score of any use, times -1 where more is better. */
  readonly floor: number;
}

/** Rows that may be hits, with their scores, in parallel arrays; the rows of each query ascend. */
export interface Candidates {
  readonly queries: Uint32Array<ArrayBuffer>;
  readonly rows: Uint32Array<ArrayBuffer>;
  /** Where each vector of a row is compared by itself, which one of its row. */
  readonly elements?: Uint32Array<ArrayBuffer> | undefined;
  /** Of rows of which there are sketches alone: the best that theirs may be. */
  readonly scores: Float64Array<ArrayBuffer>;
  /** The worst that they may be. */
  readonly worst: Float64Array<ArrayBuffer>;
}

/**
 * The rows whose scores lie within the bounds; by sketches alone, those that these leave. Which of them are hits is
 * for who knows their keys.
 * @param lists where rows have lists of vectors
 */
export function candidatesOf(task: CandidateTask, kernels: Kernels, lists?: ListScorers): Candidates {
  const { comparison, column, sketches, rows, bounds, floor } = task;
  if (comparison.isOfElements) return elementsOf(task, kernels, lists);
  const sign = isDistance(comparison.metric) ? 1 : -1;
  const found = new Found();
  const add = (query: number, row: number, score: number) => {
    if (sign * score <= bounds[query] && sign * score >= floor) found.add(query, row, score);
  };
  const take: TakeScores = (query, first, count, scores) => {
    for (let i = 0; i < count; i++) add(query, rows[first + i], scores[i]);
  };
  const takeRows: TakeRows = (query, chosen, scores) => {
    for (let i = 0; i < chosen.length; i++) add(query, chosen[i], scores[i]);
  };
  const takeNear: TakeNear = (query, row, [least, most]) => {
    if (sign > 0) found.add(query, row, least, most);
    else found.add(query, row, most, least);
  };
  if (!column) {
    if (!sketches || !isOfFloats(comparison)) throw new Error("neither vectors nor sketches to compare with");
    nearRows({ comparison, sketches, rows, bounds }, takeNear, kernels);
  } else if (isOfLists(comparison)) {
    present(lists).scoreLists(comparison, column, rows, take, kernels);
  } else if (sketches && isOfFloats(comparison) && bounds.every(Number.isFinite))
    scoreSketched({ comparison, column: column as FixedColumn, sketches, rows, bounds }, takeRows, kernels);
  else scoreRows(comparison as Comparison, column, rows, take, kernels);
  return found.all();
}

function elementsOf(
  { comparison, column, rows, elements, bounds, floor }: CandidateTask,
  kernels: Kernels,
  lists: ListScorers | undefined,
): Candidates {
  const sign = isDistance(comparison.metric) ? 1 : -1;
  const found = new Found(true);
  const take: TakeElement = (query, row, element, score) => {
    if (sign * score <= bounds[query] && sign * score >= floor) found.add(query, row, score, score, element);
  };
  present(lists).scoreElements(comparison as Comparison, column as VarColumn, rows, elements, take, kernels);
  return found.all();
}

function present(lists: ListScorers | undefined): ListScorers {
  if (lists) return lists;
  throw new Error("nothing to compare lists of vectors with");
}

function isOfFloats(comparison: Comparison<QueryVectors>): comparison is Comparison<FloatVectors> {
  return comparison.queries.kind === "floats";
}

function isOfLists(comparison: Comparison<QueryVectors>): comparison is ListComparison {
  return comparison.queries.kind === "lists";
}

/** In memory that doubles. */
class Found {
  #count = 0;
  #queries = new Uint32Array(64);
  #rows = new Uint32Array(64);
  #scores = new Float64Array(64);
  #worst = new Float64Array(64);
  #elements: Uint32Array<ArrayBuffer> | undefined;

  constructor(withElements = false) {
    this.#elements = withElements ? new Uint32Array(64) : undefined;
  }

  add(query: number, row: number, score: number, worst = score, element = 0): void {
    if (this.#count === this.#rows.length) this.#grow();
    if (this.#elements) this.#elements[this.#count] = element;
    this.#queries[this.#count] = query;
    this.#rows[this.#count] = row;
    this.#scores[this.#count] = score;
    this.#worst[this.#count++] = worst;
  }

  #grow(): void {
    const length = 2 * this.#count;
    const [queries, rows] = [new Uint32Array(length), new Uint32Array(length)];
    const [scores, worst] = [new Float64Array(length), new Float64Array(length)];
    queries.set(this.#queries);
    rows.set(this.#rows);
    scores.set(this.#scores);
    worst.set(this.#worst);
    if (this.#elements) {
      const elements = new Uint32Array(length);
      elements.set(this.#elements);
      this.#elements = elements;
    }
    [this.#queries, this.#rows, this.#scores, this.#worst] = [queries, rows, scores, worst];
  }

  all(): Candidates {
    const end = this.#count;
    return {
      ...{ queries: this.#queries.subarray(0, end), rows: this.#rows.subarray(0, end) },
      ...{ scores: this.#scores.subarray(0, end), worst: this.#worst.subarray(0, end) },
      elements: this.#elements?.subarray(0, end),
    };
  }
}
