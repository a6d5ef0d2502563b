import { setTimeout as sleep } from "node:timers/promises";
import { excerpt, StatusError, statusCodes } from "@sluice/errors";
import { milvus, type queryNode, type rootCoord, serializedAnswer } from "@sluice/rpc";
import { physicalMs } from "@sluice/schema";
import { type CallContext, databaseOf } from "../call-context.ts";
import { type ProxyContext, resolveCollection } from "../context.ts";
import type { Operations } from "./operations.ts";
import { read } from "./reads.ts";
import { withVectorsOfTexts } from "./search-texts.ts";

/** A guarantee timestamp may lie so far ahead of our clock; the read waits for it. */
const MAX_WAIT_MS = 5000;

/** Query and search: names are resolved here, rows are read by a querynode. */
export function queryOperations(context: ProxyContext): Operations {
  return {
    query: async (request, call) => {
      const collection = await resolveCollection(context, databaseOf(request, call), request.collectionName);
      const partitionIds = partitionsToRead(collection, request.partitionNames);
      await waitFor(request.guaranteeTimestamp);
      const order = queryOrder(request, collection, partitionIds);
      return answerOf(await read("query", collection, call, (settings) => context.query.query(order, settings)));
    },
    search: async (request, call) => {
      const { collection, target } = await searchTarget(context, request, call);
      const search = await withVectorsOfTexts(request, target.schema, context.models, call.signal);
      await waitFor(request.guaranteeTimestamp);
      const order = { request: search, target };
      return answerOf(await read("search", collection, call, (settings) => context.query.search(order, settings)));
    },
    hybridSearch: async (request, call) => {
      const { collection, target } = await searchTarget(context, request, call);
      const requests: milvus.SearchRequest[] = [];
      for (const one of request.requests)
        requests.push(await withVectorsOfTexts(one, target.schema, context.models, call.signal));
      await waitFor(request.guaranteeTimestamp);
      const order = { request: { ...request, requests }, target };
      return answerOf(
        await read("search", collection, call, (settings) => context.query.hybridSearch(order, settings)),
      );
    },
  };
}

function queryOrder(
  request: milvus.QueryRequest,
  collection: rootCoord.ResolveCollectionResponse,
  partitionIds: bigint[],
): queryNode.QueryOrder {
  const { collectionId, collectionName, schema } = collection;
  return {
    ...{ request, collectionId, collectionName, schema, partitionIds },
    timezone: propertyOf(collection, "timezone") ?? "UTC",
    ttlSeconds: ttlOf(collection),
    ttlField: propertyOf(collection, "ttl_field") ?? "",
  };
}

/** What a querynode has serialized goes on as it is. */
function answerOf<A>(answer: A | Uint8Array): A {
  return answer instanceof Uint8Array ? serializedAnswer(answer) : answer;
}

/** What a search is in, with the metrics of its indexes. */
async function searchTarget(
  context: ProxyContext,
  request: Pick<milvus.SearchRequest, "dbName" | "collectionName" | "partitionNames">,
  call: CallContext,
): Promise<{ collection: rootCoord.ResolveCollectionResponse; target: queryNode.SearchTarget }> {
  const dbName = databaseOf(request, call);
  const collection = await resolveCollection(context, dbName, request.collectionName);
  const partitionIds = partitionsToRead(collection, request.partitionNames, "search");
  const indexes = await context.root.describeIndex(
    milvus.DescribeIndexRequest.fromPartial({ dbName, collectionName: collection.collectionName }),
  );
  const target = {
    collectionId: collection.collectionId,
    collectionName: collection.collectionName,
    schema: collection.schema,
    partitionIds,
    loadedPartitionIds: collection.partitions.flatMap(({ loaded, partitionId }) => (loaded ? [partitionId] : [])),
    timezone: propertyOf(collection, "timezone") ?? "UTC",
    ttlSeconds: ttlOf(collection),
    ttlField: propertyOf(collection, "ttl_field") ?? "",
    metrics: indexes.indexDescriptions.flatMap(({ fieldName, params }) => {
      const values = new Map(flatParams(params));
      const metric = values.get("metric_type");
      const [bm25K1, bm25B] = [values.get("bm25_k1") ?? "", values.get("bm25_b") ?? ""];
      return metric ? [{ fieldName, metric, bm25K1, bm25B }] : [];
    }),
  };
  return { collection, target };
}

/** Parameters of an index by name, those that came as JSON in `params` too. */
function flatParams(params: readonly { readonly key: string; readonly value: string }[]): [string, string][] {
  const inner = params.find(({ key }) => key === "params")?.value ?? "{}";
  const pairs = Object.entries(JSON.parse(inner) as Record<string, unknown>);
  return [
    ...pairs.map(([key, value]): [string, string] => [key, String(value)]),
    ...params.map(({ key, value }): [string, string] => [key, value]),
  ];
}

function propertyOf({ properties }: rootCoord.ResolveCollectionResponse, name: string): string | undefined {
  return properties.find(({ key }) => key === name)?.value;
}

/** 0 where rows stay for ever. */
function ttlOf(collection: rootCoord.ResolveCollectionResponse): bigint {
  const seconds = BigInt(propertyOf(collection, "collection.ttl.seconds") ?? "0");
  return seconds > 0n ? seconds : 0n;
}

/** Ids of the loaded partitions that the read covers. @throws {StatusError} 101, 201, 1100 */
function partitionsToRead(
  collection: rootCoord.ResolveCollectionResponse,
  names: readonly string[],
  what = "query",
): bigint[] {
  const loaded = collection.partitions.filter((partition) => partition.loaded);
  if (loaded.length === 0) {
    throw new StatusError(
      statusCodes.collectionNotLoaded,
      `failed to ${what}: collection not loaded[collection=${collection.collectionId}]`,
    );
  }
  if (names.length === 0) return loaded.map((partition) => partition.partitionId);
  if (collection.hasPartitionKey) {
    throw new StatusError(
      statusCodes.invalidParameter,
      "not support manually specifying the partition names if partition key mode is used",
    );
  }
  return names.map((name) => {
    const partition = collection.partitions.find((entry) => entry.name === name);
    if (!partition)
      throw new StatusError(statusCodes.invalidParameter, `partition name ${excerpt(name, 300)} not found`);
    if (!partition.loaded)
      throw new StatusError(
        statusCodes.partitionNotLoaded,
        `failed to ${what}: partition not loaded[partition=${name}]`,
      );
    return partition.partitionId;
  });
}

/** Everything acknowledged is visible; only a timestamp ahead of the clock has to be waited for. */
async function waitFor(guaranteeTimestamp: bigint): Promise<void> {
  const aheadMs = physicalMs(guaranteeTimestamp) - Date.now();
  if (aheadMs > 0) await sleep(Math.min(aheadMs, MAX_WAIT_MS));
}
