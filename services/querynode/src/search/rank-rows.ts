import { type Column, isNull } from "@sluice/columns";
import type { FoundElements } from "@sluice/query";
import { DataType, primaryKeyIndex, vectorBytes } from "@sluice/schema";
import type { HeldVectors } from "../cache/held-vectors.ts";
import type { MatchedRows, SegmentRows } from "../segment-rows.ts";
import type { Candidates, CandidateTask } from "./candidates.ts";
import { checkHits, HeldHits } from "./held-hits.ts";
import { keeper, limitsOf } from "./kept-hits.ts";
import { isDistance, powerOf } from "./metrics.ts";
import { NearRows, type TakeCandidates } from "./near-rows.ts";
import { shareable } from "./query-vectors.ts";
import { ScoreThreads } from "./score-threads.ts";
import type { Search, SearchDeps } from "./search.ts";
import { searchedStruct } from "./searched-elements.ts";
import { TopHits } from "./top-hits.ts";

const MIN_FIRST_ROWS = 1024;
/** Rows of a piece, times those of the one before it. */
const GROWTH = 8;

/** Hits of all queries; for more, sketches would leave so many rows that reading these one by one takes longer than their column. */
const MOST_PICKED = 4096;

/** What a node compares the rows of its own with. */
export type OwnDeps = Omit<SearchDeps, "rows"> & { readonly rows: SegmentRows };

/** For the best rows of each query vector, of which all together hold no more than an answer does. */
export function topsOf(
  { params, queries }: Search,
  { sources }: Pick<SearchDeps, "sources">,
  limit: number,
): TopHits[] {
  const power = powerOf(params.roundDecimal);
  const held = new HeldHits();
  const isLess = isDistance(params.metric);
  return Array.from({ length: queries.count }, () => new TopHits(limit, isLess, power, sources, held));
}

/** Compares every row of `deps.segments` that passes the filter, and puts the best ones into `tops`. */
export async function rankRows(search: Search, deps: OwnDeps, limit: number, tops: readonly TopHits[]): Promise<void> {
  const comparison = comparisonOf(search);
  const { floor, ceiling } = limitsOf(search);
  const bounds = () => Float64Array.from(tops, ({ bound }, query) => Math.min(bound, near.bound(query), ceiling));
  const take = taker(search, deps, tops, (query, score) => near.see(query, score));
  const near: NearRows = new NearRows(search, limit, tops, { comparison, floor, bounds, take, threads: deps.threads });
  /** Tasks under way, taken in their order: the bounds of later ones have learnt from the first. */
  const underWay: (() => Promise<void>)[] = [];
  // Bounds are of no use before the first rows are ranked.
  let firstRows = (GROWTH / 2) * firstRowsOf(limit);
  try {
    for await (const { source, vectors, rows, elements } of pieces(search, deps, comparison, limit)) {
      const found = compared(vectors, { comparison, rows, elements, bounds: bounds(), floor }, deps);
      // Whoever waits for another one first leaves a failure of this one to be met in its turn.
      found.catch(() => undefined);
      underWay.push(async () => {
        if (vectors.column) take(await found, source);
        else await near.add(await found, source, vectors.pick);
      });
      if (underWay.length >= deps.threads.tasksAtOnce || firstRows > 0) await underWay.shift()?.();
      firstRows -= rows.length;
      if (deps.turns.isDue) await deps.turns.next();
    }
    for (const finish of underWay) await finish();
    await near.compare();
  } finally {
    deps.threads.forget(comparison);
  }
}

/** Holds the vectors until they have been compared, whoever still waits for that. */
async function compared(
  vectors: HeldVectors,
  task: Omit<CandidateTask, "column" | "sketches">,
  { threads }: OwnDeps,
): Promise<Candidates> {
  using held = vectors.again();
  const { column, sketches } = held;
  return await threads.candidates({ ...task, column, sketches });
}

function comparisonOf(search: Search): CandidateTask["comparison"] {
  const { params, queries, bm25, filter } = search;
  const { dataType, elementType, dim } = filter.collection.fields[params.field];
  const isList = dataType === DataType.ArrayOfVector;
  return {
    dataType: isList ? elementType : dataType,
    dim,
    queries: shareable(queries),
    metric: params.metric,
    isOfElements: searchedStruct(search) !== undefined,
    ...(bm25 && { bm25 }),
  };
}

/** Rows that fill the tops, which bound what may be better: all of them are candidates. */
function firstRowsOf(limit: number): number {
  return Math.max(MIN_FIRST_ROWS, 4 * limit);
}

/** Rows that are compared by one task. */
interface Piece extends Pick<CandidateTask, "rows" | "elements"> {
  readonly source: number;
  /** Held until the next piece is asked for. */
  readonly vectors: HeldVectors;
}

/** The rows that pass the filter and have a vector, as many as a task compares. */
async function* pieces(
  search: Search,
  { rows, segments, sources, turns, signal }: OwnDeps,
  comparison: CandidateTask["comparison"],
  limit: number,
): AsyncGenerator<Piece> {
  const { filter, params } = search;
  const { collection } = filter;
  const [field, key] = [collection.fields[params.field], collection.fields[primaryKeyIndex(collection)]];
  let [atMost, count] = [firstRowsOf(limit), 0];
  const isEachHit = areHits(search);
  const { queries, isOfElements = false } = comparison;
  const maySketch = queries.kind === "floats" && !isOfElements && queries.count * limit <= MOST_PICKED;
  const read = async (match: MatchedRows) => {
    const { part, rows: found } = match;
    const as = await rows.vectors.ahead(part, field, maySketch);
    const elements = await rows.elements(filter, match, turns);
    return { part, found, elements, as, source: await sources.add(part, () => rows.column(part, key), isOfElements) };
  };
  for await (const { part, found, elements, as, source } of rows.matches(filter, segments, signal, read)) {
    using vectors = await rows.vectors.hold(part, field, as);
    const { column } = vectors;
    const present = column?.validity && !elements ? found.filter((row) => !isNull(column, row)) : found;
    count += present.length;
    if (isEachHit) checkHits(queries.count * Math.min(limit, count));
    const taskRows = ScoreThreads.taskRows(comparison, vectorsOfRow(column, part.rowCount, comparison));
    for (let first = 0; first < present.length; ) {
      const chosen = present.subarray(first, first + Math.min(taskRows, atMost));
      yield { source, vectors, rows: chosen, elements: elements && elementsOf(elements, first, chosen.length) };
      first += chosen.length;
      atMost *= GROWTH;
    }
  }
}

/** Whether each row with a vector is a hit of each query until that has enough. */
function areHits({ params, after, queries }: Search): boolean {
  const { radius, rangeFilter, groupBy } = params;
  const isLimited = radius !== undefined || rangeFilter !== undefined || groupBy !== undefined || after !== undefined;
  return !isLimited && (queries.kind === "floats" || queries.kind === "bits");
}

/** Of some rows, as they follow one another. */
function elementsOf({ ends, elements }: FoundElements, first: number, count: number): FoundElements {
  const begin = first === 0 ? 0 : ends[first - 1];
  return {
    ends: ends.slice(first, first + count).map((end) => end - begin),
    elements: elements.slice(begin, ends[first + count - 1]),
  };
}

/** How many vectors a row has, on average: of lists, by their bytes. */
function vectorsOfRow(
  column: Column | undefined,
  rowCount: number,
  { dataType, dim, queries, isOfElements }: CandidateTask["comparison"],
): number {
  if (!column || (queries.kind !== "lists" && !isOfElements)) return 1;
  return Math.ceil(column.data.byteLength / Math.max(1, rowCount) / vectorBytes(dataType, dim));
}

/** Puts those that are hits into the tops. @param see is told of each */
function taker(
  search: Search,
  { sources }: OwnDeps,
  tops: readonly TopHits[],
  see: (query: number, score: number) => void,
): TakeCandidates {
  const keep = keeper(search, sources);
  const sign = isDistance(search.params.metric) ? 1 : -1;
  return ({ queries, rows, scores, elements }, source) => {
    for (let i = 0; i < queries.length; i++) {
      // Bounds have come down since the task was sent: elements that nobody wants by now get no place.
      if (elements && sign * scores[i] > tops[queries[i]].bound) continue;
      const row = elements ? sources.place(source, rows[i], elements[i]) : rows[i];
      const score = keep(scores[i], source, row);
      if (Number.isNaN(score)) continue;
      tops[queries[i]].add(score, source, row);
      see(queries[i], score);
    }
  };
}
