import { type Column, isNull } from "@sluice/columns";
import { DataType, primaryKeyIndex, vectorBytes } from "@sluice/schema";
import type { SegmentRows } from "../segment-rows.ts";
import type { Candidates, CandidateTask } from "./candidates.ts";
import { keeper, limitsOf } from "./kept-hits.ts";
import { isDistance, powerOf } from "./metrics.ts";
import { shareable } from "./query-vectors.ts";
import { ScoreThreads } from "./score-threads.ts";
import type { Search, SearchDeps } from "./search.ts";
import { TopHits } from "./top-hits.ts";

const MIN_FIRST_ROWS = 1024;

/** What a node compares the rows of its own with. */
export type OwnDeps = Omit<SearchDeps, "rows"> & { readonly rows: SegmentRows };

/** For the best rows of each query vector. */
export function topsOf(
  { params, queries }: Search,
  { sources }: Pick<SearchDeps, "sources">,
  limit: number,
): TopHits[] {
  const power = powerOf(params.roundDecimal);
  return Array.from({ length: queries.count }, () => new TopHits(limit, isDistance(params.metric), power, sources));
}

/** Compares every row of `deps.segments` that passes the filter, and puts the best ones into `tops`. */
export async function rankRows(search: Search, deps: OwnDeps, limit: number, tops: readonly TopHits[]): Promise<void> {
  const { params, queries, bm25 } = search;
  const { dataType, elementType, dim } = search.filter.collection.fields[params.field];
  const isList = dataType === DataType.ArrayOfVector;
  const comparison = {
    dataType: isList ? elementType : dataType,
    dim,
    queries: shareable(queries),
    metric: params.metric,
    ...(bm25 && { bm25 }),
  };
  const keep = keeper(search, deps.sources);
  const { floor, ceiling } = limitsOf(search);
  /** Tasks under way, taken in their order: the bounds of later ones have learnt from the first. */
  const underWay: (() => Promise<void>)[] = [];
  for await (const piece of pieces(search, deps, comparison, limit)) {
    const { source, column, rows } = piece;
    const bounds = Float64Array.from(tops, ({ bound }) => Math.min(bound, ceiling));
    const found = deps.threads.candidates({ comparison, column, rows, bounds, floor });
    // Whoever waits for another one first leaves a failure of this one to be met in its turn.
    found.catch(() => undefined);
    underWay.push(async () => take(await found, source, tops, keep));
    if (underWay.length >= deps.threads.tasksAtOnce || !tops[0].isFull) await underWay.shift()?.();
    if (deps.turns.isDue) await deps.turns.next();
  }
  for (const finish of underWay) await finish();
}

/** The rows that pass the filter and have a vector, as many as a task compares. */
async function* pieces(
  { filter, params }: Search,
  { rows, segments, sources, signal }: OwnDeps,
  comparison: CandidateTask["comparison"],
  limit: number,
): AsyncGenerator<{ readonly source: number; readonly column: Column; readonly rows: Uint32Array }> {
  const { collection } = filter;
  const [field, key] = [collection.fields[params.field], collection.fields[primaryKeyIndex(collection)]];
  // The first rows fill the tops, which bound what may be better: all of them are candidates.
  let atMost = Math.max(MIN_FIRST_ROWS, 4 * limit);
  for await (const { part, rows: found } of rows.matches(filter, segments, signal)) {
    const column = await rows.column(part, field);
    const present = column.validity ? found.filter((row) => !isNull(column, row)) : found;
    const taskRows = ScoreThreads.taskRows(comparison, vectorsOfRow(column, part.rowCount, comparison));
    const source = await sources.add(part, () => rows.column(part, key));
    for (let first = 0; first < present.length; ) {
      const chosen = present.subarray(first, first + Math.min(taskRows, atMost));
      yield { source, column, rows: chosen };
      first += chosen.length;
      atMost = taskRows;
    }
  }
}

/** How many vectors a row has, on average: of lists, by their bytes. */
function vectorsOfRow(
  column: Column,
  rowCount: number,
  { dataType, dim, queries }: CandidateTask["comparison"],
): number {
  if (queries.kind !== "lists") return 1;
  return Math.ceil(column.data.byteLength / Math.max(1, rowCount) / vectorBytes(dataType, dim));
}

function take(
  { ends, rows, scores }: Candidates,
  source: number,
  tops: readonly TopHits[],
  keep: ReturnType<typeof keeper>,
): void {
  let at = 0;
  for (const [query, top] of tops.entries())
    for (; at < ends[query]; at++) {
      const score = keep(scores[at], source, rows[at]);
      if (!Number.isNaN(score)) top.add(score, source, rows[at]);
    }
}
