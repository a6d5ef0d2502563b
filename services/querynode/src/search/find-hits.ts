import { present } from "../nodes/gone.ts";
import { readCall, type ShareReads } from "../nodes/shares.ts";
import type { VisibleSegment } from "../unexpired.ts";
import type { Rank } from "./best-of-keys.ts";
import { FullGroups } from "./full-groups.ts";
import { type GroupedHits, grouped } from "./group-hits.ts";
import type { GroupBy } from "./group-params.ts";
import { iteratorPage } from "./iterator-page.ts";
import { rankRows, topsOf } from "./rank-rows.ts";
import { addRanked, rankOrder } from "./ranked-message.ts";
import type { Search, SearchDeps } from "./search.ts";
import type { Hit, TopHits } from "./top-hits.ts";
import { valuesOf } from "./values-of-hits.ts";

/**
 * The hits of each query vector, the best first, before offset and limit are applied to groups or hits. Exact: every row that
 * passes the filter is compared.
 */
export async function findHits(search: Search, deps: SearchDeps): Promise<Hit[][]> {
  const hits = await nearest(search, deps);
  return hits.map((found, query) => (search.nulls?.has(query) ? [] : found));
}

async function nearest(search: Search, deps: SearchDeps): Promise<Hit[][]> {
  const { groupBy } = search.params;
  if (groupBy) return nearestGroups(search, groupBy, deps);
  const rank: Rank = (of, count) => rankEverywhere(of, deps, count);
  if (search.after) return iteratorPage(search, deps, (page) => nearestRows(page, deps), rank);
  return nearestRows(search, deps);
}

async function nearestRows(search: Search, deps: SearchDeps): Promise<Hit[][]> {
  const { topK, offset } = search.params;
  const wanted = topK + offset;
  // Rows with equal keys are one hit: where that leaves too few, more are kept.
  for (let limit = wanted; ; limit *= 2) {
    const tops = await rankEverywhere(search, deps, limit);
    const hits = await sortedHits(tops, deps);
    if (!tops.some((top, query) => top.isFull && hits[query].length < wanted))
      return hits.map((sorted) => sorted.slice(offset, wanted));
  }
}

async function sortedHits(tops: readonly TopHits[], { turns }: SearchDeps): Promise<Hit[][]> {
  const sorted: Hit[][] = [];
  for (const top of tops) {
    sorted.push(top.sorted());
    if (turns.isDue) await turns.next();
  }
  return sorted;
}

/** Groups have members that nobody wants: where these leave too few, rows of groups that are full are left out, or more are kept. */
async function nearestGroups(search: Search, groupBy: GroupBy, deps: SearchDeps): Promise<Hit[][]> {
  const { topK, offset } = search.params;
  const wanted = topK + offset;
  const full = new FullGroups(search, groupBy, deps, (of, count) => rankEverywhere(of, deps, count));
  const done: GroupedHits[] = [];
  for (let limit = wanted * groupBy.size; ; ) {
    const tops = await rankEverywhere(full.search, deps, limit);
    const sorted = await full.withKept(await sortedHits(tops, deps));
    const values = await valuesOf(sorted.flat(), groupBy, search, deps);
    const short: GroupedHits[] = [];
    for (const [query, hits] of sorted.entries()) {
      if (done[query]) continue;
      const groups = grouped(hits, groupBy, values, { wanted, offset });
      if (tops[query].isFull && !groups.isComplete) short.push(groups);
      else done[query] = groups;
    }
    if (short.length === 0) return done.map(({ hits }) => hits);
    if (!(await full.leaveOut(sorted, values, short))) limit *= 2;
  }
}

/** The best rows of all nodes, as if one had compared all of them: each gives as many as are wanted of all. */
async function rankEverywhere(search: Search, deps: SearchDeps, limit: number): Promise<TopHits[]> {
  const tops = topsOf(search, deps, limit);
  const reads: ShareReads<VisibleSegment> = {
    own: (segments, signal) => rankRows(search, { ...deps, rows: deps.rows.own, segments, signal }, limit, tops),
    other: async (node, segments, signal) => {
      const answer = present(await node.rankRows(rankOrder(search, segments, limit), readCall(signal)));
      addRanked(answer, search.filter.collection, { tops, segments, sources: deps.sources });
    },
  };
  await deps.rows.each(deps.segments, reads, deps.signal);
  return tops;
}
