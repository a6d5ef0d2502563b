import { Turns } from "@sluice/async";
import { milvus, type segmentReader } from "@sluice/rpc";
import { primaryKeyIndex } from "@sluice/schema";
import { openedOrder } from "../nodes/rows-order.ts";
import type { SegmentRows } from "../segment-rows.ts";
import { hitOf } from "./last-hit.ts";
import { rankRows, topsOf } from "./rank-rows.ts";
import { rankedRows } from "./ranked-message.ts";
import type { ScoreThreads } from "./score-threads.ts";
import { metricsOf, type Search } from "./search.ts";
import { searchParams } from "./search-params.ts";
import { SearchSources } from "./search-sources.ts";
import { vectorsOfMessage } from "./vectors-message.ts";

/** The best rows of the segments that fall to this node. @throws {StatusError} for an order that is none; as the reads do */
export async function rankSegments(
  order: segmentReader.RankRowsOrder,
  { rows, threads }: { readonly rows: SegmentRows; readonly threads: ScoreThreads },
  signal: AbortSignal,
): Promise<segmentReader.RankedRows> {
  const turns = new Turns(signal);
  const { query: filter, segments } = await openedOrder(order.rows, turns);
  const { collection } = filter;
  const { request = milvus.SearchRequest.fromPartial({}), metrics, vectors, bm25, after } = order;
  const search: Search = {
    filter,
    asked: { request, metrics },
    params: searchParams(request, collection, metricsOf(metrics)),
    queries: vectorsOfMessage(vectors ?? NO_VECTORS),
    ...(bm25 && { bm25 }),
    after: after && hitOf(after),
  };
  const sources = new SearchSources(collection.fields[primaryKeyIndex(collection)]);
  const limit = Number(order.limit);
  const tops = topsOf(search, { sources }, limit);
  await rankRows(search, { rows, segments, sources, threads, turns, signal }, limit, tops);
  return rankedRows(tops, sources, order.rows?.segments ?? []);
}

const NO_VECTORS: segmentReader.SearchedVectors = {
  ...{ count: 0, floats: Buffer.alloc(0), bits: [], sparse: [], ends: Buffer.alloc(0) },
};
