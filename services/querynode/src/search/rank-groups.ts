import { excerpt } from "@sluice/errors";
import type { CollectionSchema } from "@sluice/schema";
import type { GroupValues } from "./group-hits.ts";
import { type GroupBy, groupByOf } from "./group-params.ts";
import { refuse } from "./metrics.ts";
import type { Search } from "./search.ts";
import type { Hit } from "./top-hits.ts";

type Scorer = (scores: readonly number[]) => number;

const sum: Scorer = (scores) => scores.reduce((all, score) => all + score, 0);
/** What the scores of a group's members make of it, the best one first. */
const scorers: ReadonlyMap<string, Scorer> = new Map([
  ["max", ([best]) => best],
  ["sum", sum],
  ["avg", (scores) => sum(scores) / scores.length],
]);

/** Groups of the hits of several searches. */
export interface RankedGroups {
  readonly by: GroupBy;
  readonly scorer: Scorer;
}

/** What `rank_params` ask for; each search groups its own hits likewise. @throws {StatusError} 1100, 1700 */
export function rankedGroupsOf(
  params: ReadonlyMap<string, string>,
  collection: CollectionSchema,
  searches: readonly Search[],
): RankedGroups | undefined {
  const [by] = searches.map(({ params: { field } }) => groupByOf(params, collection, field));
  if (!by) return undefined;
  if (searches.some(({ params: { radius } }) => radius !== undefined))
    refuse("Not allowed to do range-search when doing search-group-by: invalid parameter");
  const name = params.get("rank_group_scorer") || "max";
  const scorer = scorers.get(name.toLowerCase());
  if (!scorer)
    return refuse(`input group scorer type: ${excerpt(name)} is not supported: use max, sum or avg: invalid parameter`);
  return { by, scorer };
}

/** The best groups of hits that were ranked, of each its best members. */
export function bestGroups(
  ranked: readonly Hit[],
  values: GroupValues,
  { by, scorer }: RankedGroups,
  { offset, limit, isAscending }: { readonly offset: number; readonly limit: number; readonly isAscending: boolean },
): Hit[] {
  const groups = Map.groupBy(ranked, (hit) => values.get(hit) ?? "");
  const members = [...groups.values()].map((hits) => hits.slice(0, by.size));
  const scored = members.map((hits) => ({ hits, score: scorer(hits.map(({ score }) => score)) }));
  // Groups come in the order of their best hits, which decides where they are equal.
  scored.sort((a, b) => (isAscending ? a.score - b.score : b.score - a.score));
  return scored.slice(offset, offset + limit).flatMap(({ hits }) => hits);
}
