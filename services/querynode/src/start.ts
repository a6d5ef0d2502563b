import { connectPeer, openPeerServer } from "@sluice/cluster";
import type { ObjectReads } from "@sluice/object-store";
import {
  type Address,
  type CallOfHandler,
  dataCoord,
  endOf,
  queryNode,
  type ServedService,
  segmentReader,
  serializedAnswer,
  served,
} from "@sluice/rpc";
import { type Logger, type Metrics, observeCalls } from "@sluice/telemetry";
import { GoneSegments } from "./cache/gone-segments.ts";
import { findRows } from "./find-rows.ts";
import { cacheMetrics } from "./metrics.ts";
import { readerHandlers } from "./nodes/reader-handlers.ts";
import { type Nodes, Shares } from "./nodes/shares.ts";
import { sharesMessage } from "./nodes/shares-message.ts";
import { SpreadRows } from "./nodes/spread-rows.ts";
import { QueryService } from "./query-service.ts";
import { readAnew } from "./read-anew.ts";
import { IteratorHits } from "./search/iterator-hits.ts";
import { ScoreThreads } from "./search/score-threads.ts";
import { SearchService } from "./search/search-service.ts";
import { SegmentRows } from "./segment-rows.ts";
import { cacheBytesOf, type QueryNodeSettings } from "./settings.ts";

/** What a querynode stands on. */
export interface QueryNodeDeps {
  readonly objects: ObjectReads;
  readonly dataCoordAddress: Address;
  readonly nodes: Nodes;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** A querynode that answers, until it is disposed. */
export interface RunningQueryNode extends AsyncDisposable {
  readonly address: string;
}

/** Starts a querynode: reads visible segments, keeps nothing but a cache, writes nothing. */
export async function startQueryNode(settings: QueryNodeSettings, deps: QueryNodeDeps): Promise<RunningQueryNode> {
  const { objects, dataCoordAddress, nodes, log, metrics } = deps;
  await using cleanup = new AsyncDisposableStack();
  const data = cleanup.use(connectPeer(dataCoord.DataCoordClient, dataCoordAddress, settings));
  const rows = new SegmentRows(objects, cacheBytesOf(settings));
  cleanup.use(cacheMetrics(metrics, rows));
  cleanup.use(new GoneSegments(rows.cache, data, log));
  const connect = (address: Address) => connectPeer(segmentReader.SegmentReaderClient, address, settings);
  const shares = cleanup.use(new Shares(nodes, connect));
  const threads = cleanup.use(new ScoreThreads(() => rows.vectors.memory));
  const iterators = new IteratorHits(shares);
  const spread = new SpreadRows(rows, shares);
  const queries = new QueryService(data, spread);
  const searches = new SearchService(data, spread, threads, iterators);
  const services = [queryService({ queries, searches, spread, shares }), readerHandlers({ rows, threads, iterators })];
  const server = cleanup.use(openPeerServer({ services, log, onCall: observeCalls(metrics) }, settings));
  const address = await server.listen(settings.host, settings.port);
  const running = cleanup.move();
  return { address, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

interface QueryParts {
  readonly queries: QueryService;
  readonly searches: SearchService;
  readonly spread: SpreadRows;
  readonly shares: Shares;
}

/** What querynodes answer proxies and datacoords. */
function queryService({ queries, searches, spread, shares }: QueryParts): ServedService {
  return served<queryNode.QueryNodeServer>(queryNode.QueryNodeService, {
    query: (order, call) => answered(call, (end) => queries.query(order, end)),
    search: (order, call) => answered(call, (end) => searches.search(order, end)),
    hybridSearch: (order, call) => answered(call, (end) => searches.hybridSearch(order, end)),
    findRows: (order, call) => findRows(order, spread, endOf(call)),
    getShares: async ({ segmentIds }) => sharesMessage(shares, segmentIds),
  });
}

async function answered<R>(call: CallOfHandler, read: (end: AbortSignal) => Promise<Uint8Array>): Promise<R> {
  const end = endOf(call);
  return serializedAnswer(await readAnew(() => read(end)));
}
