import type { FixedColumn } from "@sluice/columns";
import {
  ANY_SCORE,
  type ScoreRange,
  type SketchedQuery,
  sketchedCosine,
  sketchedDistance,
  sketchedProduct,
  sketchedQuery,
  VectorDistances,
  VectorSketches,
} from "@sluice/kernels/vectors";
import type { Kernels } from "./kernels.ts";
import type { FloatVectors } from "./query-vectors.ts";
import { type Comparison, floatScorer, type Scorer, scoreRows } from "./score-rows.ts";
import { areMade, makeSketches, type Sketches } from "./sketches.ts";
import type { TakeScores } from "./take-scores.ts";

type FloatComparison = Comparison<FloatVectors>;

/** What every query is compared with. */
interface Block {
  readonly rows: Uint32Array;
  /** Places of the rows that a query may be near to. */
  readonly near: (query: number, bound: number) => Uint32Array;
  readonly score: Scorer;
  /** Rows that are scored at once. */
  readonly atOnce: number;
}

/** Takes the scores of some rows with one query vector: `scores[i]` is that of `rows[i]`. */
export type TakeRows = (query: number, rows: Uint32Array, scores: Float64Array) => void;

/** Takes a row that a query may be near to, and between which numbers its score lies. */
export type TakeNear = (query: number, row: number, score: ScoreRange) => void;

/** What is compared. */
export interface SketchedRows {
  readonly comparison: FloatComparison;
  readonly sketches: Sketches;
  readonly rows: Uint32Array;
  /** For each query, the greatest score, times -1 where more is better. */
  readonly bounds: Float64Array;
}

/**
 * Scores of those of the selected rows that may lie within the bounds, as `scoreRows` has them: the sketches say which these are.
 * Blocks without sketches are scored whole.
 */
export function scoreSketched(
  { comparison, column, sketches, rows, bounds }: SketchedRows & { readonly column: FixedColumn },
  take: TakeRows,
  kernels: Kernels,
): void {
  const queries = sketched(comparison);
  const score = floatScorer(comparison, column, comparison.queries.values, kernels);
  const kernel = kernels.for(sketches.data).sketches;
  const atOnce = VectorDistances.blockRows(4 * comparison.dim);
  const blockRows = VectorSketches.blockRows(comparison.dim);
  for (let first = 0; first < rows.length; first += blockRows) {
    const block = rows.subarray(first, first + blockRows);
    if (makeSketches(kernels.for(column.data), column, sketches, block, comparison)) {
      kernel.load(sketches.data, block, comparison.dim);
      const near = nearOf(kernel, comparison, queries, block.length);
      scoreNear({ rows: block, near, score, atOnce }, bounds, take);
    } else scoreRows(comparison, column, block, ofBlock(block, take), kernels);
  }
}

/** Those of the selected rows that may lie within the bound of a query: all, where there is none yet, or no sketches. */
export function nearRows({ comparison, sketches, rows, bounds }: SketchedRows, take: TakeNear, kernels: Kernels): void {
  const queries = sketched(comparison);
  const range = rangeOf(comparison);
  const kernel = kernels.for(sketches.data).sketches;
  const blockRows = VectorSketches.blockRows(comparison.dim);
  for (let first = 0; first < rows.length; first += blockRows) {
    const block = rows.subarray(first, first + blockRows);
    const isSketched = areMade(sketches, block);
    if (isSketched) kernel.load(sketches.data, block, comparison.dim);
    const near = nearOf(kernel, comparison, queries, block.length);
    for (const [query, bound] of bounds.entries()) {
      const isBound = isSketched && Number.isFinite(bound);
      const found = isBound ? near(query, bound).map((place) => block[place]) : block;
      for (const row of found) take(query, row, isSketched ? range(queries[query], sketches.data, row) : ANY_SCORE);
    }
  }
}

function ofBlock(block: Uint32Array, take: TakeRows): TakeScores {
  return (query, first, count, scores) => take(query, block.subarray(first, first + count), scores);
}

/** Rows that may be within the bound of a query are compared with it. */
function scoreNear({ rows, near, score, atOnce }: Block, bounds: Float64Array, take: TakeRows): void {
  for (const [query, bound] of bounds.entries()) {
    const found = near(query, bound);
    for (let first = 0; first < found.length; first += atOnce) {
      const chosen = found.slice(first, first + atOnce).map((place) => rows[place]);
      take(query, chosen, score(query, chosen));
    }
  }
}

/** Places of the loaded sketches that a query may be near to. */
function nearOf(
  sketches: VectorSketches,
  { metric }: FloatComparison,
  queries: readonly SketchedQuery[],
  rowCount: number,
): (query: number, bound: number) => Uint32Array {
  switch (metric) {
    case "L2":
      return (query, bound) => sketches.near(queries[query], bound, rowCount);
    case "COSINE":
      return (query, bound) => sketches.alikeByAngle(queries[query], -bound, rowCount);
    default:
      return (query, bound) => sketches.alike(queries[query], -bound, rowCount);
  }
}

function rangeOf({ metric }: FloatComparison): typeof sketchedDistance {
  if (metric === "L2") return sketchedDistance;
  return metric === "COSINE" ? sketchedCosine : sketchedProduct;
}

/** Made by the first task of a search in each thread. */
const known = new WeakMap<FloatComparison, readonly SketchedQuery[]>();

function sketched(comparison: FloatComparison): readonly SketchedQuery[] {
  const { queries, dim } = comparison;
  const made =
    known.get(comparison) ??
    Array.from({ length: queries.count }, (_, query) => sketchedQuery(queries.values, query * dim, dim));
  known.set(comparison, made);
  return made;
}
