import { excerpt } from "@sluice/errors";
import type { milvus } from "@sluice/rpc";
import type { CollectionSchema } from "@sluice/schema";
import { checkGrowing } from "../compile-query.ts";
import { type Decay, decayOf, type Merge } from "./decay.ts";
import { asAnswered, isDistance, type Metric, powerOf, refuse } from "./metrics.ts";
import { onlyRanker } from "./refuse-scoring.ts";
import type { SearchParams } from "./search-params.ts";
import type { SearchSources } from "./search-sources.ts";
import type { Hit } from "./top-hits.ts";
import { MAX_WINDOW, roundOf } from "./window-params.ts";

/** How hits of several searches become one list. Source: query-and-search §5.8. */
export interface Ranking {
  readonly limit: number;
  readonly offset: number;
  readonly roundDecimal: number | undefined;
  /** What a hit adds to the score of its row. */
  readonly worth: (list: number, rank: number, score: number) => number;
  /** Less is better. */
  readonly isAscending: boolean;
  /** What the worths of one row make of its score. */
  readonly merge: Merge;
  /** What weighs the scores when they are merged. */
  readonly decay?: Decay;
}

/** Source: query-and-search §5.8. */
const MAX_SEARCHES = 1024;

/** Which hits of all searches together are answered. @throws {StatusError} 1100 */
export function pageOf({ rankParams }: milvus.HybridSearchRequest): Pick<Ranking, "limit" | "offset"> {
  const params = new Map(rankParams.map(({ key, value }) => [key, value]));
  const limit = count("limit", params.get("limit") ?? refuse("limit not found in rank_params: invalid parameter"));
  const offset = count("offset", params.get("offset") ?? "0");
  if (limit >= 1 && limit + offset <= MAX_WINDOW) return { limit, offset };
  return refuse(
    `limit [${limit}] is invalid, (offset+limit) should be in range [1, ${MAX_WINDOW}], but got ${limit + offset}: invalid parameter`,
  );
}

/** @param metrics of the searches @throws {StatusError} 1100 */
export function rankingOf(
  request: milvus.HybridSearchRequest,
  metrics: readonly Metric[],
  collection: CollectionSchema,
): Ranking {
  if (request.requests.length > MAX_SEARCHES)
    refuse(`${request.requests.length} searches in one hybrid search are more than ${MAX_SEARCHES}: invalid parameter`);
  const params = new Map(request.rankParams.map(({ key, value }) => [key, value]));
  const scorer = onlyRanker(request.functionScore);
  const own = new Map(scorer?.params.map(({ key, value }) => [key, value]) ?? []);
  const strategy = own.get("reranker") ?? params.get("strategy") ?? "rrf";
  const inner = scorer
    ? Object.fromEntries([...own].map(([key, value]) => [key, parsed(value)]))
    : parsedObject(params.get("params"));
  checkGrowing(params);
  const window = { ...pageOf(request), roundDecimal: roundOf(params) };
  if (strategy === "rrf") return { ...window, ...rrf(inner.k) };
  if (strategy === "weighted") return { ...window, ...weighted(inner, metrics) };
  if (scorer && strategy === "decay") return { ...window, ...decaying(decayOf(scorer, collection), metrics) };
  return refuse(`unsupported reranker ${excerpt(strategy)}: use rrf, weighted or decay: invalid parameter`);
}

/**
 * How the hits of one search are ranked anew; undefined where its scores count as they are.
 * @throws {StatusError} 1100
 */
export function rankingOfOne(
  { functionScore }: milvus.SearchRequest,
  { metric, topK, offset, roundDecimal, groupBy, iterator }: SearchParams,
  collection: CollectionSchema,
): Ranking | undefined {
  const ranker = onlyRanker(functionScore);
  if (!ranker) return undefined;
  const name = ranker.params.find(({ key }) => key.toLowerCase() === "reranker")?.value ?? ranker.name;
  if (name.toLowerCase() !== "decay")
    refuse(
      `unsupported reranker ${excerpt(name)}: one search takes decay and boost (rank several by hybrid_search with rrf or weighted, or order hits in the client): invalid parameter`,
    );
  if (groupBy)
    refuse("a decay ranker is not supported with group_by_field: group hits in the client: invalid parameter");
  if (iterator) refuse("a decay ranker is not supported with iterators: ask for more hits at once: invalid parameter");
  return { limit: topK, offset, roundDecimal, ...decaying(decayOf(ranker, collection), [metric]) };
}

/** Distances become the greater the nearer they are, since weights are for such. */
function decaying(decay: Decay, metrics: readonly Metric[]) {
  const worth = (list: number, _rank: number, score: number) =>
    decay.isNormed || isDistance(metrics[list]) ? normed(metrics[list], score) : score;
  return { worth, isAscending: false, merge: decay.merge, decay };
}

function rrf(given: unknown = 60) {
  const k = Number(given);
  if (!(k > 0 && k < MAX_WINDOW)) refuse(`The rank params k should be in range (0, ${MAX_WINDOW}): invalid parameter`);
  return { worth: (_list: number, rank: number) => 1 / (k + rank), isAscending: false, merge: "sum" as const };
}

function weighted({ weights, norm_score: norm }: Record<string, unknown>, metrics: readonly Metric[]) {
  if (!Array.isArray(weights) || weights.length !== metrics.length)
    refuse("the length of weights param mismatch with ann search requests: invalid parameter");
  const numbers = (weights as unknown[]).map(Number);
  if (!numbers.every((weight) => weight >= 0 && weight <= 1))
    refuse("rank param weight should be in range [0, 1]: invalid parameter");
  const isNormed = norm === true || String(norm).toLowerCase() === "true";
  const distances = metrics.filter(isDistance).length;
  const isAscending = !isNormed && distances === metrics.length;
  const isMixed = distances > 0 && distances < metrics.length;
  const value = (list: number, score: number) =>
    isNormed || (isMixed && isDistance(metrics[list])) ? normed(metrics[list], score) : score;
  const worth = (list: number, _rank: number, score: number) => numbers[list] * value(list, score);
  return { worth, isAscending, merge: "sum" as const };
}

/** Between 0 and 1, the nearer the greater. */
function normed(metric: Metric, score: number): number {
  if (metric === "COSINE") return (1 + score) / 2;
  if (metric === "IP") return 0.5 + Math.atan(score) / Math.PI;
  if (metric === "BM25") return (2 * Math.atan(score)) / Math.PI;
  return 1 - (2 * Math.atan(score)) / Math.PI;
}

function parsedObject(text = "{}"): Record<string, unknown> {
  const value = parsed(text);
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function count(name: string, text: string): number {
  if (/^\d{1,9}$/.test(text.trim())) return Number(text);
  return refuse(`${name} [${excerpt(text)}] is invalid: invalid parameter`);
}

/** The rows, or elements, of several lists, each once, by what all lists give for it; ties by primary key. */
export function rankedHits(lists: readonly (readonly Hit[])[], ranking: Ranking, sources: SearchSources): Hit[] {
  const scores = new Map<bigint | string, { hit: Hit; worths: number[] }>();
  for (const [list, hits] of lists.entries())
    for (const [i, hit] of hits.entries()) {
      const key = sources.identityAt(hit.source, hit.row);
      const worth = ranking.worth(list, i + 1, hit.score);
      const known = scores.get(key);
      if (known) known.worths.push(worth);
      else scores.set(key, { hit, worths: [worth] });
    }
  const sign = ranking.isAscending ? 1 : -1;
  return [...scores.values()]
    .map(({ hit, worths }) => ({ ...hit, score: merged(worths, ranking.merge) }))
    .sort((a, b) => (a.score - b.score) * sign || sources.compareKeys(a.source, a.row, b.source, b.row));
}

/** In float32, as Milvus adds scores up. */
function merged(worths: readonly number[], merge: Merge): number {
  if (merge === "max") return Math.fround(Math.max(...worths));
  const sum = worths.reduce((all, worth) => Math.fround(all + worth), 0);
  return merge === "avg" ? Math.fround(sum / worths.length) : sum;
}

/** Scores as they are answered. */
export function rounded(hits: readonly Hit[], { roundDecimal }: Pick<Ranking, "roundDecimal">): Hit[] {
  return hits.map((hit) => ({ ...hit, score: asAnswered(hit.score, powerOf(roundDecimal)) }));
}
