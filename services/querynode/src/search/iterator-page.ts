import { bestOfKeys, type Rank } from "./best-of-keys.ts";
import type { Search, SearchDeps } from "./search.ts";
import { searchedStruct } from "./searched-elements.ts";
import type { Hit } from "./top-hits.ts";

/** Finds the nearest rows of a search, each key once among them. */
type Find = (search: Search) => Promise<Hit[][]>;

/**
 * A page of an iterator behind its first. All pages together are the hits of one search, where a key that was inserted again is one hit:
 * rows whose key has come on an earlier page, with a better score, are passed over.
 */
export async function iteratorPage(search: Search, deps: SearchDeps, find: Find, rank: Rank): Promise<Hit[][]> {
  const { topK } = search.params;
  if (!hasKeys(search)) return find(search);
  const page: Hit[] = [];
  for (let from = search; ; ) {
    const found = await find(from);
    const [best] = await bestOfKeys({ ...search, after: undefined }, found, deps, rank);
    page.push(...best);
    const last = found[0].at(-1);
    if (!last || found[0].length < topK || page.length >= topK) return [page.slice(0, topK)];
    from = { ...search, after: { score: last.score, key: deps.sources.keyAt(last.source, last.row) } };
  }
}

/** Elements of rows are hits by themselves, and a draw among some keys would be another one. */
function hasKeys(search: Search): boolean {
  return searchedStruct(search) === undefined && !/random_sample/i.test(search.filter.text.expr);
}
