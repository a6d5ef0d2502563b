import { type Column, isNull } from "@sluice/columns";
import { DataType, primaryKeyIndex, vectorBytes } from "@sluice/schema";
import type { Candidates, CandidateTask } from "./candidates.ts";
import { grouped } from "./group-hits.ts";
import { asAnswered, isDistance, powerOf } from "./metrics.ts";
import { shareable } from "./query-vectors.ts";
import { ScoreThreads } from "./score-threads.ts";
import type { Search, SearchDeps } from "./search.ts";
import type { SearchSources } from "./search-sources.ts";
import { type Hit, roundingOf, TopHits } from "./top-hits.ts";

const MIN_FIRST_ROWS = 1024;

/**
 * The hits of each query vector, the best first, before offset and limit are applied to groups or hits. Exact: every row that
 * passes the filter is compared.
 */
export async function findHits(search: Search, deps: SearchDeps): Promise<Hit[][]> {
  const { topK, offset, groupBy } = search.params;
  const wanted = topK + offset;
  // Rows with equal keys are one hit, and groups have members that nobody wants: where that leaves too few, more are kept.
  for (let limit = wanted * (groupBy?.size ?? 1); ; limit *= 2) {
    const tops = await rankRows(search, deps, limit);
    const hits: Hit[][] = [];
    let isShort = false;
    for (const top of tops) {
      const sorted = top.sorted();
      const groups = groupBy && (await grouped(sorted, groupBy, wanted, search, deps));
      if (top.isFull && (groups ? !groups.isComplete : sorted.length < wanted)) isShort = true;
      hits.push(groups ? groups.hits : sorted.slice(offset, wanted));
    }
    if (!isShort) return hits;
  }
}

async function rankRows(search: Search, deps: SearchDeps, limit: number): Promise<TopHits[]> {
  const { params, queries, bm25 } = search;
  const power = powerOf(params.roundDecimal);
  const tops = Array.from(
    { length: queries.count },
    () => new TopHits(limit, isDistance(params.metric), power, deps.sources.compareKeys),
  );
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
  return tops;
}

/** The rows that pass the filter and have a vector, as many as a task compares. */
async function* pieces(
  { filter, params }: Search,
  { rows, segments, sources, signal }: SearchDeps,
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

/** Scores, times -1 where more is better, below and above which nothing is a hit: of the range, and of the last page. */
function limitsOf({ params: { radius, rangeFilter, roundDecimal, metric }, after }: Search) {
  const sign = isDistance(metric) ? 1 : -1;
  const power = powerOf(roundDecimal);
  const below = (score = -sign * Number.POSITIVE_INFINITY) => sign * score - roundingOf(score, power);
  const above = (score = sign * Number.POSITIVE_INFINITY) => sign * score + roundingOf(score, power);
  return { floor: Math.max(below(rangeFilter), below(after?.score)), ceiling: above(radius) };
}

/** The score of a hit as it is answered, or NaN where it is none: outside of the range, or not behind the last page. */
function keeper({ params, after }: Search, sources: SearchSources) {
  const { radius, rangeFilter, roundDecimal, metric } = params;
  const sign = isDistance(metric) ? 1 : -1;
  const power = powerOf(roundDecimal);
  return (raw: number, source: number, row: number): number => {
    const score = asAnswered(raw, power);
    if (radius !== undefined && !((score - radius) * sign < 0)) return Number.NaN;
    if (rangeFilter !== undefined && (score - rangeFilter) * sign < 0) return Number.NaN;
    if (after && !isBehind(score, source, row)) return Number.NaN;
    return score;
  };

  function isBehind(score: number, source: number, row: number): boolean {
    const difference = (score - (after?.score ?? 0)) * sign;
    if (difference !== 0) return difference > 0;
    return after?.key !== undefined && sources.isBehindKey(source, row, after.key);
  }
}
