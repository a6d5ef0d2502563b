import { checkStatus, common, milvus, okStatus, type rootCoord, type schema } from "@sluice/rpc";
import { type CallContext, databaseOf } from "../call-context.ts";
import { type ProxyContext, partitionIdsOf, resolveCollection, rowCounts } from "../context.ts";
import type { Operations } from "./operations.ts";
import { visibleSegments } from "./segments.ts";

/** A request that names a collection. */
interface OfCollection {
  readonly dbName: string;
  readonly collectionName: string;
}

/** Counts, flush, load and index progress. */
export function statisticsOperations(context: ProxyContext): Operations {
  return {
    ...countOperations(context),
    ...flushOperations(context),
    ...loadOperations(context),
    ...indexProgressOperations(context),
  };
}

function countOperations(context: ProxyContext): Operations {
  const resolve = (request: OfCollection, call: CallContext) =>
    resolveCollection(context, databaseOf(request, call), request.collectionName);
  const answer = (rows: bigint) => ({ status: okStatus(), stats: [{ key: "row_count", value: String(rows) }] });
  return {
    getCollectionStatistics: async (request, call) =>
      answer((await rowCounts(context, await resolve(request, call))).rows),
    getPartitionStatistics: async (request, call) => {
      const collection = await resolve(request, call);
      const [partitionId] = partitionIdsOf(collection, [request.partitionName]);
      const { byPartition } = await rowCounts(context, collection);
      return answer(byPartition.get(partitionId) ?? 0n);
    },
  };
}

/** Rows are in segments when they are acknowledged, so that a flush has nothing to do. */
function flushOperations(context: ProxyContext): Operations {
  const now = async () => (await context.root.allocTimestamp({ base: undefined })).timestamp;
  return {
    flush: (request, call) => flushAnswer(context, request.collectionNames, databaseOf(request, call), now),
    getFlushState: () => ({ status: okStatus(), flushed: true }),
    flushAll: async () => milvus.FlushAllResponse.fromPartial({ status: okStatus(), flushAllTs: await now() }),
    getFlushAllState: async () => ({ status: okStatus(), flushed: true, flushStates: [] }),
  };
}

/** Clients read an entry for each name. */
async function flushAnswer(
  context: ProxyContext,
  collectionNames: readonly string[],
  dbName: string,
  now: () => Promise<bigint>,
): Promise<milvus.FlushResponse> {
  const flushed: Record<string, schema.LongArray> = {};
  for (const name of collectionNames) {
    const collection = await resolveCollection(context, dbName, name);
    const segments = await visibleSegments(context, collection, collection.partitions);
    flushed[name] = { data: segments.map(({ segmentId }) => segmentId) };
  }
  const timestamp = await now();
  const each = <T>(value: T) => Object.fromEntries(collectionNames.map((name) => [name, value]));
  return {
    ...{ status: okStatus(), dbName, flushCollSegIDs: flushed, channelCps: {} },
    collSegIDs: each({ data: [] }),
    collSealTimes: each(BigInt(Math.floor(Date.now() / 1000))),
    collFlushTs: each(timestamp),
  };
}

/**
 * Nothing has to be read before it can be searched, so that a load is done at once where a querynode lives, and waits for one where
 * none does.
 */
function loadOperations(context: ProxyContext): Operations {
  const { LoadStateLoaded, LoadStateLoading, LoadStateNotExist } = common.LoadState;
  return {
    getLoadingProgress: async (request, call) => {
      const collection = await resolveCollection(context, databaseOf(request, call), request.collectionName);
      const state = loadStateOf(collection, request.partitionNames);
      const percent = state === LoadStateLoaded && context.isRead() ? 100n : 0n;
      return { status: okStatus(), progress: percent, refreshProgress: percent };
    },
    getLoadState: async (request, call) => {
      const { collectionName } = request;
      const asked = { dbName: databaseOf(request, call), collectionName, collectionId: 0n };
      const resolved = await context.root.resolveCollection(asked);
      if (resolved.status?.code === 100) return { status: okStatus(), state: LoadStateNotExist };
      checkStatus(resolved.status);
      const state = loadStateOf(resolved, request.partitionNames);
      return { status: okStatus(), state: state === LoadStateLoaded && !context.isRead() ? LoadStateLoading : state };
    },
  };
}

/** Of these partitions together, of the collection where none are named. @throws {StatusError} for one that there is not */
function loadStateOf(collection: rootCoord.ResolveCollectionResponse, names: readonly string[]): common.LoadState {
  if (names.length === 0) return collection.loadState;
  const wanted = new Set(partitionIdsOf(collection, names));
  const isLoaded = collection.partitions.every(({ loaded, partitionId }) => loaded || !wanted.has(partitionId));
  return isLoaded ? common.LoadState.LoadStateLoaded : common.LoadState.LoadStateNotLoad;
}

/** Older forms of asking how far an index is: always finished, since every index is served by exact scan. */
function indexProgressOperations(context: ProxyContext): Operations {
  const describe = async (
    request: { dbName: string; collectionName: string; fieldName?: string; indexName: string },
    call: CallContext,
  ) => {
    const { dbName, collectionName, fieldName = "", indexName } = { ...request, dbName: databaseOf(request, call) };
    const response = await context.root.describeIndex({
      base: undefined,
      dbName,
      collectionName,
      fieldName,
      indexName,
      timestamp: 0n,
    });
    checkStatus(response.status);
    return response.indexDescriptions;
  };
  return {
    getIndexState: async (request, call) => {
      await describe(request, call);
      return { status: okStatus(), state: common.IndexState.Finished, failReason: "" };
    },
    getIndexBuildProgress: async (request, call) => {
      const [index] = await describe(request, call);
      return { status: okStatus(), indexedRows: index.indexedRows, totalRows: index.totalRows };
    },
    getIndexStatistics: async (request, call) => ({
      status: okStatus(),
      indexDescriptions: await describe(request, call),
    }),
  };
}
