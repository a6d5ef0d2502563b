import type { Column, FixedColumn, VarColumn } from "@sluice/columns";
import { lengthsOf, MAX_BLOCK_ROWS, VectorDistances } from "@sluice/kernels/vectors";
import type { DataType } from "@sluice/schema";
import type { Kernels } from "./kernels.ts";
import type { Metric } from "./metrics.ts";
import type { PlainVectors, QueryVectors, SparseQuery } from "./query-vectors.ts";
import { bm25Worth, lengthOf, product, SparseIndex } from "./score-sparse.ts";
import { storedAs } from "./stored-vectors.ts";
import type { TakeScores } from "./take-scores.ts";
import type { Bm25Params } from "./terms.ts";

/** What rows are compared with: plain data, which may cross to a thread. */
export interface Comparison<Q extends QueryVectors = PlainVectors> {
  /** Of the vectors; where rows have lists of them, of one. */
  readonly dataType: DataType;
  readonly dim: number;
  readonly queries: Q;
  /** Whether rows have lists of vectors, each of which is compared by itself. */
  readonly isOfElements?: boolean;
  readonly metric: Metric;
  /** Of the metric BM25. */
  readonly bm25?: Bm25Params;
}

/** Compares the rows of a block with one query vector, and answers their scores, which the next call overwrites. */
export type Scorer = (query: number, block: Uint32Array) => Float64Array;

/** Scores of the selected rows of a column with every query vector, block by block: for as long as the caller can wait. */
export function scoreRows(
  comparison: Comparison,
  column: Column,
  rows: Uint32Array,
  take: TakeScores,
  kernels: Kernels,
): void {
  const { queries, bm25 } = comparison;
  if (queries.kind === "sparse" && queries.count > 1) {
    indexOf(comparison, queries.values).score(column as VarColumn, rows, bm25, take);
    return;
  }
  const blockRows = VectorDistances.blockRows(4 * Math.max(1, comparison.dim));
  const score = scorerOf(comparison, column, kernels);
  for (let first = 0; first < rows.length; first += blockRows) {
    const block = rows.subarray(first, first + blockRows);
    for (let query = 0; query < queries.count; query++) take(query, first, block.length, score(query, block));
  }
}

/** Made by the first task of a search in each thread. */
const indexes = new WeakMap<Comparison, SparseIndex>();

function indexOf(comparison: Comparison, queries: readonly SparseQuery[]): SparseIndex {
  const known = indexes.get(comparison) ?? new SparseIndex(queries);
  indexes.set(comparison, known);
  return known;
}

function scorerOf(comparison: Comparison, column: Column, kernels: Kernels): Scorer {
  const { queries, metric } = comparison;
  switch (queries.kind) {
    case "floats":
      return floatScorer(comparison, column as FixedColumn, queries.values, kernels);
    case "bits":
      return bitScorer(column as FixedColumn, queries.values, metric, kernels);
    case "sparse":
      return sparseScorer(column as VarColumn, queries.values, comparison.bm25);
  }
}

/**
 * Scores of one query with a block of rows: squared L2, IP, or COSINE.
 * @param queries one behind the other, `dim` elements each
 */
export function floatScorer(
  { dim, dataType, metric }: Comparison,
  { data }: FixedColumn,
  queries: Float32Array,
  kernels: Kernels,
): Scorer {
  const vectors = kernels.for(data);
  const lengths = metric === "COSINE" ? lengthsOf(queries, dim) : undefined;
  return (query, block) => {
    if (!vectors.holds(block)) {
      vectors.load(data, block, dim, storedAs(dataType));
      if (lengths) vectors.measure(block.length, dim);
    }
    vectors.compare(metric === "L2" ? "squaredDistances" : "products", queries, query * dim, dim, block.length);
    if (lengths) toCosines(vectors, lengths[query], block.length);
    return vectors.scores;
  };
}

/** Products become cosines; a vector without a direction has none with any other. */
function toCosines({ scores, norms }: VectorDistances, length: number, count: number): void {
  for (let i = 0; i < count; i++) {
    const norm = length * norms[i];
    scores[i] = norm === 0 ? 0 : scores[i] / norm;
  }
}

function bitScorer(
  { data, width }: FixedColumn,
  queries: readonly Uint8Array[],
  metric: Metric,
  kernels: Kernels,
): Scorer {
  const vectors = kernels.for(data);
  return (query, block) => {
    if (!vectors.holds(block)) vectors.loadBits(data, block, width);
    vectors.compareBits(metric === "HAMMING" ? "hammingDistances" : "jaccardDistances", queries[query], block.length);
    return vectors.scores;
  };
}

/**
 * Rows that share no index with the query are no hits. For one query: of several each row is looked up once (`SparseIndex`),
 * with the same sums.
 * @param bm25 of rows that are counts of terms
 */
function sparseScorer(
  { data, offsets }: VarColumn,
  queries: readonly SparseQuery[],
  bm25: Bm25Params | undefined,
): Scorer {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const scores = new Float64Array(MAX_BLOCK_ROWS);
  return (query, block) => {
    const { indices, values } = queries[query];
    for (let i = 0; i < block.length; i++) {
      const [start, end] = [offsets[block[i]], offsets[block[i] + 1]];
      const worth = bm25 ? bm25Worth(bm25, lengthOf(view, start, end)) : product;
      let [sum, shared] = [0, false];
      for (let at = start, q = 0; at < end && q < indices.length; ) {
        const term = view.getUint32(at, true);
        if (term === indices[q]) {
          sum += worth(values[q++], view.getFloat32(at + 4, true));
          shared = true;
          at += 8;
        } else if (term < indices[q]) at += 8;
        else q++;
      }
      scores[i] = shared ? sum : Number.NaN;
    }
    return scores;
  };
}
