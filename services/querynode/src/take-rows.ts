import type { RowSet } from "./row-set.ts";

/** The rows of an answer, source by source, and the same answer counted in them. */
export interface TakenRows {
  /** Which rows to take of each source, in this order. */
  readonly wanted: readonly Uint32Array[];
  /** `rowOf` are positions in `wanted`. */
  readonly rows: RowSet;
}

/** Rows of one source keep the order of the answer. @param sources how many there are */
export function takenRows({ count, sourceOf, rowOf }: RowSet, sources: number): TakenRows {
  const counts = new Uint32Array(sources);
  const positions = new Uint32Array(count);
  for (let i = 0; i < count; i++) positions[i] = counts[sourceOf[i]]++;
  const wanted = Array.from(counts, (length) => new Uint32Array(length));
  for (let i = 0; i < count; i++) wanted[sourceOf[i]][positions[i]] = rowOf[i];
  return { wanted, rows: { count, sourceOf, rowOf: positions } };
}
