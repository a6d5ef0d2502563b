import type { milvus } from "@sluice/rpc";
import { type Boosting, boostingOf } from "./boost.ts";
import type { SearchCompiler } from "./compile-search.ts";
import { collapsed, collapseOf, commonStruct } from "./element-scope.ts";
import { findHits } from "./find-hits.ts";
import type { GroupBy } from "./group-params.ts";
import { refuse } from "./metrics.ts";
import { bestGroups, type RankedGroups, rankedGroupsOf } from "./rank-groups.ts";
import { pageOf, type Ranking, rankingOf, rounded } from "./rank-hits.ts";
import { boostedSearch, rankedTogether } from "./ranked-searches.ts";
import { refuseInnerRanker, refuseOfOne } from "./refuse-scoring.ts";
import type { Search } from "./search.ts";
import type { SearchCall } from "./search-answer.ts";
import { paramsOf } from "./search-params.ts";
import type { Hit } from "./top-hits.ts";
import { valuesOf } from "./values-of-hits.ts";

/** One search of several whose hits are ranked together. */
interface SearchPart {
  readonly request: milvus.SearchRequest;
  readonly search: Search;
  readonly boosting: Boosting | undefined;
}

/** How the hits of all parts become one list. */
interface Together {
  readonly ranking: Ranking;
  readonly groups: RankedGroups | undefined;
  /** The struct array whose elements all parts find; undefined: the hits are rows. */
  readonly struct: string | undefined;
}

/** What several searches together have found. */
export interface HybridHits {
  /** Of each query, the best first. */
  readonly hits: Hit[][];
  readonly groupBy: GroupBy | undefined;
  readonly isOfElements: boolean;
}

/** The hits of several searches in one order. @throws {StatusError} 1100, 1101, 1700, in Milvus's words */
export async function hybridHits(
  request: milvus.HybridSearchRequest,
  compiler: SearchCompiler,
  call: SearchCall,
): Promise<HybridHits> {
  const parts = await partsOf(request, compiler, call);
  const together = togetherOf(request, parts, call);
  const { ranking, groups, struct } = together;
  const lists: Hit[][][] = [];
  for (const part of parts) lists.push(await hitsOfPart(part, together, call));
  const ranked = await rankedTogether(lists, ranking, call);
  const best = groups
    ? await groupsOf(ranked, groups, ranking, { search: parts[0].search, call })
    : ranked.map((hits) => hits.slice(ranking.offset, ranking.offset + ranking.limit));
  return { hits: best.map((hits) => rounded(hits, ranking)), groupBy: groups?.by, isOfElements: struct !== undefined };
}

async function partsOf(
  request: milvus.HybridSearchRequest,
  compiler: SearchCompiler,
  call: SearchCall,
): Promise<SearchPart[]> {
  const { limit, offset } = pageOf(request);
  const parts: SearchPart[] = [];
  for (const one of request.requests) parts.push(await partOf(fromTheFirst(one, limit + offset), compiler, call));
  const counts = new Set(parts.map(({ search }) => search.queries.count));
  if (counts.size > 1)
    refuse(`nq of all searches must be the same, found ${[...counts].join(", ")}: invalid parameter`);
  return parts;
}

/** Pages are of all searches together: pymilvus gives the offset to each one, too, where Milvus passes over it. */
function fromTheFirst(request: milvus.SearchRequest, shown: number): milvus.SearchRequest {
  const params = paramsOf(request);
  const pairs = [{ key: "offset", value: "0" }];
  if (!params.has("topk") && !params.has("limit")) pairs.push({ key: "topk", value: String(shown) });
  return { ...request, searchParams: [...request.searchParams, ...pairs] };
}

async function partOf(request: milvus.SearchRequest, compiler: SearchCompiler, call: SearchCall): Promise<SearchPart> {
  refuseOfOne(request);
  const search = await compiler.compile(request, call);
  const boosting = await boostingOf(request, search.params, call);
  if (!boosting) refuseInnerRanker(request);
  if (search.params.timeParts.length > 0)
    refuse("time_fields of one search among several has no effect: give it beside them: invalid parameter");
  return { request, search, boosting };
}

function togetherOf(
  request: milvus.HybridSearchRequest,
  parts: readonly SearchPart[],
  { collection }: SearchCall,
): Together {
  const searches = parts.map(({ search }) => search);
  const metrics = searches.map(({ params }) => params.metric);
  const ranking = rankingOf(request, metrics, collection);
  const params = new Map(request.rankParams.map(({ key, value }) => [key, value]));
  const groups = rankedGroupsOf(params, collection, searches);
  if (groups && parts.some(({ boosting }) => boosting !== undefined))
    refuse("a boost ranker is not supported with group_by_field: group hits in the client: invalid parameter");
  return { ranking, groups, struct: commonStruct(searches) };
}

async function hitsOfPart(
  { request, search, boosting }: SearchPart,
  { groups, struct }: Together,
  call: SearchCall,
): Promise<Hit[][]> {
  const { metric, field } = search.params;
  const collapse = collapseOf(request, search, struct);
  if (collapse && groups)
    refuse(
      `group by search is only supported for same-struct element-level vector array fields in hybrid search, fieldName:${call.collection.fields[field].name}: invalid parameter`,
    );
  const plain = groups ? { ...search, params: { ...search.params, groupBy: groups.by } } : search;
  const found = boosting ? await boostedSearch(search, boosting, call) : await findHits(plain, call.deps);
  return collapse ? found.map((hits) => collapsed(hits, collapse, metric, call.deps.sources)) : found;
}

/** @param of a search of the collection, which says how values are read */
async function groupsOf(
  ranked: readonly Hit[][],
  groups: RankedGroups,
  ranking: Ranking,
  of: { readonly search: Search; readonly call: SearchCall },
): Promise<Hit[][]> {
  const values = await valuesOf(ranked.flat(), groups.by, of.search, of.call.deps);
  return ranked.map((hits) => bestGroups(hits, values, groups, ranking));
}
