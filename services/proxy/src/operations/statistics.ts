import { checkStatus, common, milvus, okStatus, type schema } from "@sluice/rpc";
import { type CallContext, databaseOf } from "../call-context.ts";
import { type ProxyContext, partitionIdsOf, resolveCollection, rowCounts } from "../context.ts";
import type { Operations } from "./operations.ts";
import { visibleSegments } from "./segments.ts";

/**
 * Counts, flush, load and index progress. Nothing has to be read before it can be searched, so that a load is done at once where a
 * querynode lives, and waits for one where none does.
 */
export function statisticsOperations(context: ProxyContext): Operations {
  const resolve = (request: { dbName: string; collectionName: string }, call: CallContext) =>
    resolveCollection(context, databaseOf(request, call), request.collectionName);
  return {
    getCollectionStatistics: async (request, call) => {
      const { rows } = await rowCounts(context, await resolve(request, call));
      return { status: okStatus(), stats: [{ key: "row_count", value: String(rows) }] };
    },
    getPartitionStatistics: async (request, call) => {
      const collection = await resolve(request, call);
      const [partitionId] = partitionIdsOf(collection, [request.partitionName]);
      const { byPartition } = await rowCounts(context, collection);
      return { status: okStatus(), stats: [{ key: "row_count", value: String(byPartition.get(partitionId) ?? 0n) }] };
    },
    // Sealed segments are all there is, so a flush has nothing to do; clients read an entry for each name.
    flush: async (request, call) => {
      const dbName = databaseOf(request, call);
      const flushed: Record<string, schema.LongArray> = {};
      for (const name of request.collectionNames) {
        const collection = await resolveCollection(context, dbName, name);
        const segments = await visibleSegments(context, collection, collection.partitions);
        flushed[name] = { data: segments.map(({ segmentId }) => segmentId) };
      }
      const { timestamp } = await context.root.allocTimestamp({ base: undefined });
      const each = <T>(value: T) => Object.fromEntries(request.collectionNames.map((name) => [name, value]));
      const seconds = BigInt(Math.floor(Date.now() / 1000));
      return {
        status: okStatus(),
        dbName,
        collSegIDs: each({ data: [] }),
        flushCollSegIDs: flushed,
        collSealTimes: each(seconds),
        collFlushTs: each(timestamp),
        channelCps: {},
      };
    },
    getFlushState: () => ({ status: okStatus(), flushed: true }),
    flushAll: async () => {
      const { timestamp } = await context.root.allocTimestamp({ base: undefined });
      return milvus.FlushAllResponse.fromPartial({ status: okStatus(), flushAllTs: timestamp });
    },
    getFlushAllState: async () => ({ status: okStatus(), flushed: true, flushStates: [] }),
    getLoadingProgress: async (request, call) => {
      const collection = await resolve(request, call);
      const wanted = request.partitionNames.length > 0 ? partitionIdsOf(collection, request.partitionNames) : [];
      const isLoaded =
        wanted.length > 0
          ? collection.partitions.every((partition) => partition.loaded || !wanted.includes(partition.partitionId))
          : collection.loadState === common.LoadState.LoadStateLoaded;
      const percent = isLoaded && context.isRead() ? 100n : 0n;
      return { status: okStatus(), progress: percent, refreshProgress: percent };
    },
    getLoadState: async (request, call) => {
      const resolved = await context.root.resolveCollection({
        dbName: databaseOf(request, call),
        collectionName: request.collectionName,
        collectionId: 0n,
      });
      if (resolved.status?.code === 100) return { status: okStatus(), state: common.LoadState.LoadStateNotExist };
      checkStatus(resolved.status);
      const partitions = partitionIdsOf(resolved, request.partitionNames);
      const isLoaded = resolved.partitions.every(
        (partition) => partition.loaded || !partitions.includes(partition.partitionId),
      );
      const { LoadStateLoaded, LoadStateLoading, LoadStateNotLoad } = common.LoadState;
      const ofPartitions = isLoaded ? LoadStateLoaded : LoadStateNotLoad;
      const state = partitions.length > 0 ? ofPartitions : resolved.loadState;
      return { status: okStatus(), state: state === LoadStateLoaded && !context.isRead() ? LoadStateLoading : state };
    },
    ...indexProgressOperations(context),
  };
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
