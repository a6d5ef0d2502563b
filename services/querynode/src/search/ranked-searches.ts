import type { milvus } from "@sluice/rpc";
import { type Boosting, boostingOf } from "./boost.ts";
import { boostedHits } from "./boosted-hits.ts";
import { findHits } from "./find-hits.ts";
import { type Ranking, rankedHits, rankingOfOne, rounded } from "./rank-hits.ts";
import type { Search } from "./search.ts";
import type { SearchCall } from "./search-answer.ts";
import type { SearchParams } from "./search-params.ts";
import type { Hit } from "./top-hits.ts";
import { weighedHits } from "./weighed-hits.ts";

/** The hits of several searches as one list a query, the best first. @param lists of each search, of each query */
export async function rankedTogether(
  lists: readonly Hit[][][],
  ranking: Ranking,
  call: SearchCall,
): Promise<readonly Hit[][]> {
  const { sources } = call.deps;
  const ranked = lists[0].map((_, query) =>
    rankedHits(
      lists.map((list) => list[query]),
      ranking,
      sources,
    ),
  );
  return ranking.decay ? weighedHits(ranked, ranking.decay, call) : ranked;
}

/** The hits of one search, in the order that its rankers say. @throws {StatusError} 1100 */
export async function hitsOfOne(request: milvus.SearchRequest, search: Search, call: SearchCall): Promise<Hit[][]> {
  const boosting = await boostingOf(request, search.params, call);
  if (boosting) return boostedSearch(search, boosting, call);
  const ranking = rankingOfOne(request, search.params, call.collection);
  if (!ranking) return findHits(search, call.deps);
  const ranked = await rankedTogether([await findHits(widened(search), call.deps)], ranking, call);
  return shown(ranked, search.params);
}

/** The nearest hits with their boosts. */
export async function boostedSearch(search: Search, boosting: Boosting, call: SearchCall): Promise<Hit[][]> {
  const nearest = await findHits(widened(search), call.deps);
  return shown(await boostedHits(nearest, boosting, search.params.metric, call), search.params);
}

/** A search whose hits get another order: none is left out before, and no score is rounded. */
function widened(search: Search): Search {
  const { params, asked } = search;
  // Other nodes read the parameters from the request, where the last pair of a name counts.
  const searchParams = [...(asked.request?.searchParams ?? []), { key: "round_decimal", value: "-1" }];
  return {
    ...search,
    params: { ...params, topK: params.topK + params.offset, offset: 0, roundDecimal: undefined },
    asked: { ...asked, request: asked.request && { ...asked.request, searchParams } },
  };
}

function shown(ranked: readonly Hit[][], { topK, offset, roundDecimal }: SearchParams): Hit[][] {
  return ranked.map((hits) => rounded(hits.slice(offset, offset + topK), { roundDecimal }));
}
