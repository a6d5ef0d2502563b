import { findHits } from "./find-hits.ts";
import { type Ranking, rankedHits, rounded } from "./rank-hits.ts";
import type { Search } from "./search.ts";
import type { SearchCall } from "./search-answer.ts";
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

/** The nearest hits of one search in another order, before some of them are left out; rounded at the end. */
export async function rankedAnew(search: Search, ranking: Ranking, call: SearchCall): Promise<Hit[][]> {
  const { params, asked } = search;
  const { limit, offset } = ranking;
  // Other nodes read the parameters from the request, where the last pair of a name counts.
  const searchParams = [...(asked.request?.searchParams ?? []), { key: "round_decimal", value: "-1" }];
  const wide: Search = {
    ...search,
    params: { ...params, topK: limit + offset, offset: 0, roundDecimal: undefined },
    asked: { ...asked, request: asked.request && { ...asked.request, searchParams } },
  };
  const ranked = await rankedTogether([await findHits(wide, call.deps)], ranking, call);
  return ranked.map((hits) => rounded(hits.slice(offset, offset + limit), ranking));
}
