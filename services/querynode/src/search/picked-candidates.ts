import type { HeldSketches } from "../cache/held-vectors.ts";
import { MAX_PICKED_BYTES } from "../cache/vector-columns.ts";
import { rowsBetween } from "../row-range.ts";
import type { Candidates, CandidateTask } from "./candidates.ts";
import type { ScoreThreads } from "./score-threads.ts";

/**
 * The candidates of rows whose vectors are not in memory: those that their sketches leave are read and compared, a few
 * megabytes at a time.
 * @throws as `HeldSketches.pick` and `ScoreThreads.candidates`
 */
export async function pickedCandidates(
  task: Omit<CandidateTask, "column" | "sketches">,
  { sketches, pick }: HeldSketches,
  threads: ScoreThreads,
): Promise<readonly Candidates[]> {
  const { comparison, bounds, floor } = task;
  const near = await threads.candidates({ ...task, column: undefined, sketches });
  const rows = Uint32Array.from(new Set(near.rows)).sort();
  const found: Candidates[] = [];
  const atOnce = Math.max(1, Math.floor(MAX_PICKED_BYTES / (4 * comparison.dim)));
  for (let first = 0; first < rows.length; first += atOnce) {
    const picked = rows.subarray(first, first + atOnce);
    const column = await pick(picked);
    const all = rowsBetween(0, picked.length);
    found.push(inRows(await threads.candidates({ comparison, column, rows: all, bounds, floor }), picked));
  }
  return found;
}

/** Of places in a list of rows. */
function inRows(found: Candidates, rows: Uint32Array): Candidates {
  return { ...found, rows: found.rows.map((place) => rows[place]) };
}
