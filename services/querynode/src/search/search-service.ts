import { randomUUID } from "node:crypto";
import { Turns } from "@sluice/async";
import { excerpt } from "@sluice/errors";
import { resolveOutputFields } from "@sluice/query";
import { type Client, type common, type dataCoord, decodeStoredSchema, type queryNode } from "@sluice/rpc";
import { primaryKeyIndex } from "@sluice/schema";
import { readMoment } from "../compile-query.ts";
import type { SpreadRows } from "../nodes/spread-rows.ts";
import { timePartsOf } from "../time-parts.ts";
import { unexpiredSegments } from "../unexpired.ts";
import { aggregatedSearch, withAggregation } from "./aggregation/aggregated-search.ts";
import { chainBehind } from "./chain/chain-behind.ts";
import { chainedHits } from "./chain/chained-hits.ts";
import { SearchCompiler } from "./compile-search.ts";
import { highlighted } from "./highlight-hits.ts";
import { highlightingOf } from "./highlight-params.ts";
import { hybridHits } from "./hybrid-search.ts";
import type { IteratorHits } from "./iterator-hits.ts";
import { isDistance, refuse } from "./metrics.ts";
import { orderedHits } from "./order-hits.ts";
import { hitsOfOne } from "./ranked-searches.ts";
import { refuseChains } from "./refuse-scoring.ts";
import type { ScoreThreads } from "./score-threads.ts";
import type { SearchDeps } from "./search.ts";
import { type SearchCall, searchAnswer } from "./search-answer.ts";
import { orderOf, paramsOf, type SearchParams } from "./search-params.ts";
import { SearchSources } from "./search-sources.ts";
import { refuseScope, searchedStruct } from "./searched-elements.ts";
import type { Hit } from "./top-hits.ts";

/** An iterator whose collection was dropped would go on in the new one. @throws {StatusError} 1100 */
function checkCollection(params: readonly common.KeyValuePair[], collectionId: bigint): void {
  const meant = params.find(({ key }) => key === "collection_id")?.value ?? "";
  if (meant !== "" && meant !== "0" && meant !== String(collectionId))
    refuse(
      `collection id:${excerpt(meant)} in the request is not consistent to that in the search context,alias or database may have been changed: ${collectionId}: invalid parameter`,
    );
}

/** Searches over the segments that are visible when the call arrives. Every row is compared: answers are exact. */
export class SearchService {
  readonly #compiler: SearchCompiler;
  readonly #rows: SpreadRows;
  readonly #threads: ScoreThreads;
  readonly #iterators: IteratorHits;

  constructor(
    data: Client<dataCoord.DataCoordClient>,
    rows: SpreadRows,
    threads: ScoreThreads,
    iterators: IteratorHits,
  ) {
    this.#compiler = new SearchCompiler(data, rows, iterators);
    this.#rows = rows;
    this.#threads = threads;
    this.#iterators = iterators;
  }

  /** A serialized `SearchResults`. @throws {StatusError} 1100, 1101, 1700, in Milvus's words */
  async search({ request, target }: queryNode.SearchOrder, signal: AbortSignal): Promise<Buffer> {
    if (!request || !target) return refuse("empty search request: invalid parameter");
    refuseScope(request);
    const timezone = paramsOf(request).get("timezone");
    const call = await this.#begin({ target, timezone }, request.guaranteeTimestamp, request.searchParams, signal);
    const output = resolveOutputFields(request.outputFields, call.collection, { withPrimaryKey: false });
    if (output.isCount) refuse("aggregates are not supported in search request: invalid parameter");
    const aggregated = withAggregation(request, call, output);
    const search = await this.#compiler.compile(aggregated?.request ?? request, call);
    if (aggregated) return aggregatedSearch(search, { ...aggregated, output }, call);
    const highlighting = highlightingOf(request, search.params, call.collection);
    const chain = chainBehind(request, search.params, call.collection);
    const found = await hitsOfOne(request, search, call);
    const nearest = chain ? await chainedHits(found, chain, call) : found;
    const page = await this.#page(search.params, nearest, call);
    const hits = await orderedHits(nearest, search.params.order, call);
    const { groupBy, timeParts } = search.params;
    const isOfElements = searchedStruct(search) !== undefined;
    const highlights = highlighting && (await highlighted(hits, highlighting, call));
    return searchAnswer(call, { hits, output, ...page, groupBy, timeParts, isOfElements, highlights });
  }

  /** Several searches, whose hits are ranked together. @throws as `search` */
  async hybridSearch({ request, target }: queryNode.HybridSearchOrder, signal: AbortSignal): Promise<Buffer> {
    if (!request || !target || request.requests.length === 0) return refuse("empty search request: invalid parameter");
    refuseChains(request);
    const params = new Map(request.rankParams.map(({ key, value }) => [key, value]));
    const timezone = params.get("timezone");
    const call = await this.#begin({ target, timezone }, request.guaranteeTimestamp, request.rankParams, signal);
    const output = resolveOutputFields(request.outputFields, call.collection, { withPrimaryKey: false });
    const order = orderOf(params, call.collection);
    const timeParts = timePartsOf(params);
    const { hits: best, groupBy, isOfElements } = await hybridHits(request, this.#compiler, call);
    const hits = await orderedHits(best, order, call);
    return searchAnswer(call, { hits, output, groupBy, timeParts, isOfElements });
  }

  async #begin(
    { target, timezone: asked }: { readonly target: queryNode.SearchTarget; readonly timezone: string | undefined },
    guaranteeTimestamp: bigint,
    params: readonly common.KeyValuePair[],
    signal: AbortSignal,
  ): Promise<SearchCall> {
    const collection = decodeStoredSchema(target.schema, [["timezone", target.timezone]]);
    checkCollection(params, target.collectionId);
    const { pin, isAsked } = readMoment(params, guaranteeTimestamp);
    const timezone = asked || target.timezone || "UTC";
    const snapshot = await this.#compiler.segments(target, target.partitionIds, pin);
    const deps: SearchDeps = {
      rows: this.#rows,
      segments: unexpiredSegments(snapshot, target.ttlSeconds),
      sources: new SearchSources(collection.fields[primaryKeyIndex(collection)]),
      threads: this.#threads,
      turns: new Turns(signal),
      signal,
    };
    return { order: target, collection, timezone, deps, snapshotTs: snapshot.timestamp, isMomentAsked: isAsked };
  }

  /** What an iterator sends with its next request. */
  async #page({ iterator, metric }: SearchParams, [hits]: readonly Hit[][], { deps: { sources, signal } }: SearchCall) {
    if (!iterator) return {};
    const token = iterator.token || randomUUID();
    const last = hits.at(-1);
    if (last) {
      const key = sources.keyAt(last.source, last.row);
      const element = sources.elementAt(last.source, last.row);
      await this.#iterators.remember(token, { score: last.score, key, element }, signal);
    }
    const best = isDistance(metric) ? -3.4028234663852886e38 : 3.4028234663852886e38;
    return { page: { token, lastBound: last?.score ?? iterator.lastBound ?? best } };
  }
}
