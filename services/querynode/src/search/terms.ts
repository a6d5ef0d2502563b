import { mapConcurrent } from "@sluice/async";
import { okStatus, type segmentReader } from "@sluice/rpc";
import { type CollectionSchema, type FieldSchema, functionOfOutput } from "@sluice/schema";
import type { SegmentLogs } from "@sluice/segment";
import { present } from "../nodes/gone.ts";
import { packed, unpacked } from "../nodes/packed.ts";
import { readCall, type ShareReads } from "../nodes/shares.ts";
import type { SpreadRows } from "../nodes/spread-rows.ts";
import type { SegmentRows } from "../segment-rows.ts";
import type { VisibleSegment } from "../unexpired.ts";
import type { SparseQuery } from "./query-vectors.ts";

/** Statistics that are read at once. */
const READS_AT_ONCE = 16;

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
  rows: SpreadRows,
  signal: AbortSignal,
): Promise<{ queries: SparseQuery[]; averageLength: number }> {
  const terms = termsOf(queries);
  const { containing, rowCount, tokenCount } = await countEverywhere(terms, fieldId, segments, rows, signal);
  const rarity = (n: number) => Math.log(1 + (rowCount - n + 0.5) / (n + 0.5));
  const rarities = new Map(Array.from(terms, (term, i) => [term, rarity(containing[i])]));
  return {
    queries: queries.map(({ indices, values }) => ({
      indices,
      values: Float64Array.from(values, (count, i) => count * (rarities.get(indices[i]) as number)),
    })),
    averageLength: rowCount === 0 ? 0 : tokenCount / rowCount,
  };
}

/** Those of all queries, ascending, each once. */
function termsOf(queries: readonly SparseQuery[]): Uint32Array {
  const terms = new Set<number>();
  for (const { indices } of queries) for (const term of indices) terms.add(term);
  return Uint32Array.from(terms).sort();
}

/** Rows and tokens of segments, and of each term in how many rows it occurs. */
interface TermCounts {
  rowCount: number;
  tokenCount: number;
  readonly containing: Float64Array;
}

async function countEverywhere(
  terms: Uint32Array,
  fieldId: number,
  segments: readonly VisibleSegment[],
  rows: SpreadRows,
  signal: AbortSignal,
): Promise<TermCounts> {
  const sums: TermCounts = { rowCount: 0, tokenCount: 0, containing: new Float64Array(terms.length) };
  const add = ({ rowCount, tokenCount, containing }: TermCounts) => {
    sums.rowCount += rowCount;
    sums.tokenCount += tokenCount;
    for (let i = 0; i < terms.length; i++) sums.containing[i] += containing[i];
  };
  const reads: ShareReads<VisibleSegment> = {
    own: async (share) => {
      const logs = share.map((segment) => segment.logs);
      add(await counted(terms, fieldId, logs, rows.own));
    },
    other: async (node, share, ending) => {
      const order = { fieldId: BigInt(fieldId), terms: packed(terms), segments: share.map(({ message }) => message) };
      const counts = present(await node.countTerms(order, readCall(ending)));
      const [rowCount, tokenCount] = [Number(counts.rowCount), Number(counts.tokenCount)];
      add({ rowCount, tokenCount, containing: unpacked.float64(counts.rows) });
    },
  };
  await rows.each(segments, reads, signal);
  return sums;
}

async function counted(
  terms: Uint32Array,
  fieldId: number,
  segments: readonly SegmentLogs[],
  rows: SegmentRows,
): Promise<TermCounts> {
  const counts: TermCounts = { rowCount: 0, tokenCount: 0, containing: new Float64Array(terms.length) };
  const read = (logs: SegmentLogs) => rows.bm25Stats(logs, fieldId);
  for await (const ofSegment of mapConcurrent(segments, READS_AT_ONCE, read))
    for (const stats of ofSegment) {
      counts.rowCount += stats.rowCount;
      counts.tokenCount += stats.tokenCount;
      addRows(counts.containing, terms, stats);
    }
  return counts;
}

/** What a node answers of the segments that fall to it. */
export async function countTerms(
  { terms, fieldId }: segmentReader.CountTermsOrder,
  segments: readonly SegmentLogs[],
  rows: SegmentRows,
): Promise<segmentReader.TermCounts> {
  const { rowCount, tokenCount, containing } = await counted(unpacked.uint32(terms), Number(fieldId), segments, rows);
  const [rowsOf, tokens] = [BigInt(rowCount), BigInt(tokenCount)];
  return { status: okStatus(), rowCount: rowsOf, tokenCount: tokens, rows: packed(containing) };
}

interface TermRows {
  readonly terms: Uint32Array;
  readonly rowCounts: Uint32Array;
}

/** Of few terms each is looked up; many are met in one walk over both lists, which ascend. */
function addRows(containing: Float64Array, wanted: Uint32Array, { terms, rowCounts }: TermRows): void {
  const isLookedUp = wanted.length * Math.log2(terms.length + 1) < terms.length;
  for (let i = 0, at = 0; i < wanted.length; i++) {
    if (isLookedUp) at = lowerBound(terms, wanted[i], at);
    else while (at < terms.length && terms[at] < wanted[i]) at++;
    if (terms[at] === wanted[i]) containing[i] += rowCounts[at];
  }
}

/** Where the first number stands that is not less than `value`, from `low` on. */
function lowerBound(numbers: Uint32Array, value: number, low: number): number {
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (numbers[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
