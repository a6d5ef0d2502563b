import { type Column, type FixedColumn, isNull, type VarColumn, varValue } from "@sluice/columns";
import { vectorBytes } from "@sluice/schema";
import { decodeVectorArrayCell } from "@sluice/values";
import { rowsBetween } from "../row-range.ts";
import type { Kernels } from "./kernels.ts";
import { isDistance } from "./metrics.ts";
import type { ListVectors } from "./query-vectors.ts";
import { type Comparison, scoreRows } from "./score-rows.ts";
import type { TakeScores } from "./take-scores.ts";

/** Rows whose vectors are laid side by side at once, as long as these are not more bytes than the other. */
const CHUNK_ROWS = 256;
const CHUNK_BYTES = 1 << 20;

/** A comparison of lists with lists. */
export type ListComparison = Comparison<ListVectors>;

/**
 * Scores of rows that have lists of vectors: the sum, over the vectors of a query, of what the row's best vector scores. A query
 * of one vector scores as its best one does. Rows without vectors are no hits. Source: Milvus's MAX_SIM metrics.
 */
export function scoreLists(
  comparison: ListComparison,
  column: Column,
  rows: Uint32Array,
  take: TakeScores,
  kernels: Kernels,
): void {
  const { vectors, count } = comparison.queries;
  for (let first = 0; first < rows.length; ) {
    const chunk = chunkOf(comparison, column as VarColumn, rows, first);
    const best = bestOfRows({ ...comparison, queries: vectors }, chunk, kernels);
    for (let query = 0; query < count; query++)
      take(query, first, chunk.rowCount, sums(comparison.queries, query, best, chunk.rowCount));
    first += chunk.rowCount;
  }
}

/** The vectors of some rows, one behind the other. */
export interface Chunk {
  readonly rowCount: number;
  readonly vectors: FixedColumn;
  /** Of each vector, its row, counted from the first. */
  readonly rowOf: Uint32Array;
}

/** The vectors of the rows from `first` on, as many as are compared at once. */
export function chunkOf(
  { dataType, dim }: Pick<Comparison, "dataType" | "dim">,
  column: VarColumn,
  rows: Uint32Array,
  first: number,
): Chunk {
  const width = vectorBytes(dataType, dim);
  const cells: Uint8Array[] = [];
  let bytes = 0;
  while (first + cells.length < rows.length && cells.length < CHUNK_ROWS && bytes < CHUNK_BYTES) {
    const row = rows[first + cells.length];
    const cell = isNull(column, row) ? NONE : decodeVectorArrayCell(dataType, dim, varValue(column, row));
    bytes += cell.length;
    cells.push(cell);
  }
  const [data, rowOf] = [new Uint8Array(bytes), new Uint32Array(bytes / width)];
  let at = 0;
  for (const [row, cell] of cells.entries()) {
    data.set(cell, at);
    rowOf.fill(row, at / width, (at + cell.length) / width);
    at += cell.length;
  }
  return { rowCount: cells.length, vectors: { kind: "fixed", width, data, validity: undefined }, rowOf };
}

/** Of each vector that is searched for, the score of each row's best one; NaN where it has none. */
function bestOfRows(comparison: Comparison, { rowCount, vectors, rowOf }: Chunk, kernels: Kernels): Float64Array {
  const sign = isDistance(comparison.metric) ? 1 : -1;
  const best = new Float64Array(comparison.queries.count * rowCount).fill(Number.NaN);
  const take: TakeScores = (query, first, count, scores) => {
    for (let i = 0; i < count; i++) {
      const at = query * rowCount + rowOf[first + i];
      // What is compared with NaN is better.
      if (!(sign * scores[i] >= sign * best[at])) best[at] = scores[i];
    }
  };
  scoreRows(comparison, vectors, rowsBetween(0, rowOf.length), take, kernels);
  return best;
}

function sums({ ends }: ListVectors, query: number, best: Float64Array, rowCount: number): Float64Array {
  const scores = new Float64Array(rowCount);
  for (let vector = query === 0 ? 0 : ends[query - 1]; vector < ends[query]; vector++)
    for (let row = 0; row < rowCount; row++) scores[row] += best[vector * rowCount + row];
  return scores;
}

const NONE = new Uint8Array(0);
