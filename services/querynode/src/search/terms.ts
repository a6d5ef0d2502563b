import { type CollectionSchema, type FieldSchema, functionOfOutput } from "@sluice/schema";
import type { SegmentRows } from "../segment-rows.ts";
import type { VisibleSegment } from "../unexpired.ts";
import type { SparseQuery } from "./query-vectors.ts";

/** What scores of BM25 depend on besides the row and the query. */
export interface Bm25Params {
  readonly k1: number;
  readonly b: number;
  /** Tokens of a row, over all rows. */
  readonly averageLength: number;
}

/** The text that a BM25 function reads, if one computes the field. */
export function textOfTerms(collection: CollectionSchema, field: FieldSchema): FieldSchema | undefined {
  const one = functionOfOutput(collection, field);
  if (one?.type !== "bm25") return undefined;
  return collection.fields.find(({ fieldId }) => fieldId === one.inputId);
}

/**
 * The queries with each term's count times its rarity, ln(1 + (N - n + 0.5) / (n + 0.5)) for n of N rows, and the mean length of
 * rows. Exact: each segment's statistics are of all its rows. Source: query-and-search §5.1.
 * @param segments all that are loaded, whatever partitions are searched
 */
export async function weighted(
  queries: readonly SparseQuery[],
  fieldId: number,
  segments: readonly VisibleSegment[],
  rows: SegmentRows,
): Promise<{ queries: SparseQuery[]; averageLength: number }> {
  const containing = queries.map(({ indices }) => new Float64Array(indices.length));
  let [rowCount, tokenCount] = [0, 0];
  for (const { logs } of segments)
    for (const stats of await rows.bm25Stats(logs, fieldId)) {
      rowCount += stats.rowCount;
      tokenCount += stats.tokenCount;
      for (const [q, { indices }] of queries.entries()) addRows(containing[q], indices, stats);
    }
  const rarity = (n: number) => Math.log(1 + (rowCount - n + 0.5) / (n + 0.5));
  return {
    queries: queries.map(({ indices, values }, q) => ({
      indices,
      values: Float64Array.from(values, (count, i) => count * rarity(containing[q][i])),
    })),
    averageLength: rowCount === 0 ? 0 : tokenCount / rowCount,
  };
}

interface TermRows {
  readonly terms: Uint32Array;
  readonly rowCounts: Uint32Array;
}

function addRows(containing: Float64Array, wanted: Uint32Array, { terms, rowCounts }: TermRows): void {
  for (let i = 0; i < wanted.length; i++) {
    let [low, high] = [0, terms.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (terms[middle] < wanted[i]) low = middle + 1;
      else high = middle;
    }
    if (terms[low] === wanted[i]) containing[i] += rowCounts[low];
  }
}
