import type { VarColumn } from "@sluice/columns";
import type { FoundElements } from "@sluice/query";
import { rowsBetween } from "../row-range.ts";
import type { Kernels } from "./kernels.ts";
import { type Chunk, chunkOf } from "./score-lists.ts";
import { type Comparison, scoreRows } from "./score-rows.ts";

/** Takes the score of a vector of a row. */
export type TakeElement = (query: number, row: number, element: number, score: number) => void;

/** Compares each vector of rows that have lists of them. @param wanted which ones of each row; undefined: all */
export function scoreElements(
  comparison: Comparison,
  column: VarColumn,
  rows: Uint32Array,
  wanted: FoundElements | undefined,
  take: TakeElement,
  kernels: Kernels,
): void {
  for (let first = 0; first < rows.length; ) {
    const chunk = chunkOf(comparison, column, rows, first);
    const starts = startsOf(chunk);
    const places = wanted ? placesOf(wanted, chunk, starts, first) : rowsBetween(0, chunk.rowOf.length);
    const from = first;
    const takeBlock = (query: number, begin: number, count: number, scores: Float64Array) => {
      for (let i = 0; i < count; i++) {
        const place = places[begin + i];
        const row = chunk.rowOf[place];
        take(query, rows[from + row], place - starts[row], scores[i]);
      }
    };
    scoreRows(comparison, chunk.vectors, places, takeBlock, kernels);
    first += chunk.rowCount;
  }
}

/** Of each row of a chunk, its first vector; behind the last one, where they end. */
function startsOf({ rowCount, rowOf }: Chunk): Uint32Array {
  const starts = new Uint32Array(rowCount + 1);
  for (const row of rowOf) starts[row + 1]++;
  for (let row = 0; row < rowCount; row++) starts[row + 1] += starts[row];
  return starts;
}

/** The wanted vectors of a chunk, which begins at the row `first`. */
function placesOf(
  { ends, elements }: FoundElements,
  { rowCount }: Chunk,
  starts: Uint32Array,
  first: number,
): Uint32Array {
  const begin = first === 0 ? 0 : ends[first - 1];
  const places = new Uint32Array(ends[first + rowCount - 1] - begin);
  let count = 0;
  for (let row = 0, at = begin; row < rowCount; row++)
    for (; at < ends[first + row]; at++) {
      const place = starts[row] + elements[at];
      if (place < starts[row + 1]) places[count++] = place;
    }
  return places.subarray(0, count);
}
