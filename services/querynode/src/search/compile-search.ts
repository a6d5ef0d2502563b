import { type Client, checkStatus, type dataCoord, type milvus, type queryNode } from "@sluice/rpc";
import { compileRowFilter, rowsText } from "../compile-query.ts";
import type { SpreadRows } from "../nodes/spread-rows.ts";
import { unexpiredSegments } from "../unexpired.ts";
import { decodePlaceholders } from "./given-vectors.ts";
import type { IteratorHits } from "./iterator-hits.ts";
import { refuse } from "./metrics.ts";
import type { QueryVectors } from "./query-vectors.ts";
import { metricsOf, type Search } from "./search.ts";
import type { SearchCall } from "./search-answer.ts";
import { type SearchParams, searchParams } from "./search-params.ts";
import { checkElements } from "./searched-elements.ts";
import { textOfTerms, weighted } from "./terms.ts";
import { vectorsOfKeys } from "./vectors-of-keys.ts";

/** Of scores of BM25, where the index says nothing. */
const DEFAULT_K1 = 1.2;
const DEFAULT_B = 0.75;

/** Resolves the names, the filter and the vectors of searches. */
export class SearchCompiler {
  readonly #data: Client<dataCoord.DataCoordClient>;
  readonly #rows: SpreadRows;
  readonly #iterators: IteratorHits;

  constructor(data: Client<dataCoord.DataCoordClient>, rows: SpreadRows, iterators: IteratorHits) {
    this.#data = data;
    this.#rows = rows;
    this.#iterators = iterators;
  }

  /** @throws {StatusError} 1100, 1101, 1700, in Milvus's words */
  async compile(request: milvus.SearchRequest, call: SearchCall): Promise<Search> {
    const { order, collection, deps } = call;
    const { metrics } = order;
    const params = searchParams(request, collection, metricsOf(metrics));
    const text = rowsText(order, request.dsl, request.exprTemplateValues, call.timezone);
    const filter = await compileRowFilter(text, collection, deps.turns, { mayBeOfElements: true });
    const { queries: given, nulls } = await this.#queriesOf(request, params, call);
    const { queries, bm25 } = await this.#weighted(given, params, call);
    checkElements(request, { filter, params, queries });
    if (params.iterator && queries.count > 1) refuse("search iterator does not support nq > 1: invalid parameter");
    const after = await this.#afterOf(params, deps.signal);
    // Vectors and filter travel as they are here.
    const asked = { request: { ...request, searchInput: undefined, dsl: "", exprTemplateValues: {} }, metrics };
    return { filter, params, asked, queries, nulls, ...(bm25 && { bm25 }), after };
  }

  /** Of BM25 the queries as weights of terms, by the rows of all partitions that are loaded. */
  async #weighted(
    queries: QueryVectors,
    { metric, field }: SearchParams,
    { order, collection, deps, snapshotTs }: SearchCall,
  ): Promise<Pick<Search, "queries" | "bm25">> {
    if (metric !== "BM25" || queries.kind !== "sparse") return { queries };
    const { fieldId, name } = collection.fields[field];
    const isPart = order.loadedPartitionIds.length > order.partitionIds.length;
    const loaded = isPart ? await this.segments(order, order.loadedPartitionIds, snapshotTs) : undefined;
    const segments = loaded ? unexpiredSegments(loaded, order.ttlSeconds) : deps.segments;
    const found = await weighted(queries.values, fieldId, segments, this.#rows, deps.signal);
    const { bm25K1 = "", bm25B = "" } = order.metrics.find(({ fieldName }) => fieldName === name) ?? {};
    const [k1, b] = [Number(bm25K1 || DEFAULT_K1), Number(bm25B || DEFAULT_B)];
    return {
      queries: { ...queries, values: found.queries },
      bm25: { k1, b, averageLength: found.averageLength },
    };
  }

  /** What is visible at a time. */
  async segments({ collectionId }: queryNode.SearchTarget, partitionIds: bigint[], timestamp: bigint) {
    const snapshot = await this.#data.getVisibleSegments({ collectionId, partitionIds, timestamp, segmentIds: [] });
    checkStatus(snapshot.status);
    return snapshot;
  }

  async #afterOf({ iterator }: SearchParams, signal: AbortSignal): Promise<Search["after"]> {
    if (!iterator || iterator.lastBound === undefined) return undefined;
    return this.#iterators.recall(iterator.token, iterator.lastBound, signal);
  }

  async #queriesOf(
    { searchInput }: milvus.SearchRequest,
    { field, analyzerName, isMaxSim }: SearchParams,
    { order: { schema: stored, ttlField }, collection, deps }: SearchCall,
  ): Promise<Required<Pick<Search, "queries" | "nulls">>> {
    const textField = textOfTerms(collection, collection.fields[field]);
    const text = textField && { field: textField, analyzerName };
    switch (searchInput?.$case) {
      case "placeholderGroup":
        return {
          queries: decodePlaceholders(searchInput.value, collection.fields[field], { text, isMaxSim }),
          nulls: new Set(),
        };
      case "ids":
        return vectorsOfKeys(
          searchInput.value,
          { schema: stored, ttlField, collection, field: collection.fields[field], text },
          deps,
        );
      default:
        return refuse("empty search request: invalid parameter");
    }
  }
}
