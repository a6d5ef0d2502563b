import { StatusError, statusCodes } from "@sluice/errors";
import {
  checkStatus,
  common,
  type importing,
  milvus,
  okStatus,
  type queryNode,
  type rootCoord,
  statusOf,
} from "@sluice/rpc";
import { type CallContext, databaseOf } from "../call-context.ts";
import { type ProxyContext, resolveCollection } from "../context.ts";
import { livingNodes, RESOURCE_GROUP } from "./cheap-truths.ts";
import type { Operations } from "./operations.ts";

type Collection = rootCoord.ResolveCollectionResponse;

/** Each of the querynodes reads the segments that fall to it. */
const REPLICA_ID = 1n;
/** For clients that wait until segments are sorted: nothing is left to be done, since no read wants them in the order of keys. */
export const IS_SORTED = true;
/** Of the logs that we write. Source: Milvus `storage_version`. */
const STORAGE_VERSION = 0n;

/** Visible segments as operators' tools list them, replicas. Source: around-import §3.2. */
export function segmentOperations(context: ProxyContext): Operations {
  return {
    getPersistentSegmentInfo: async (request, call) => {
      const collection = await resolveCollection(context, databaseOf(request, call), request.collectionName);
      const segments = await visibleSegments(context, collection, collection.partitions);
      return { status: okStatus(), infos: segments.map(persistentInfo) };
    },
    getQuerySegmentInfo: async (request, call) => {
      const collection = await resolveCollection(context, databaseOf(request, call), request.collectionName);
      const loaded = collection.partitions.filter((partition) => partition.loaded);
      const segments = await visibleSegments(context, collection, loaded);
      const shares = await nodeShares(context, segments);
      const infos = shares.flatMap(({ nodeId, segmentIds }) => {
        const share = new Set(segmentIds);
        return segments.filter(({ segmentId }) => share.has(segmentId)).map((segment) => queryInfo(segment, nodeId));
      });
      return { status: okStatus(), infos };
    },
    getReplicas: async (request, call) => ({ status: okStatus(), replicas: [await replica(context, request, call)] }),
    getMetrics: () => {
      const reason = "metrics of this server are not asked for by GetMetrics: read GET /metrics of its processes";
      // The Node SDK parses the answer before anybody reads its status, and would tell of a syntax error alone.
      const status = statusOf(new StatusError(statusCodes.unimplemented, reason));
      return { status, response: "{}", componentName: "" };
    },
  };
}

/** Of partitions of a collection; none of no partitions. */
export async function visibleSegments(
  context: ProxyContext,
  { collectionId }: Collection,
  partitions: readonly rootCoord.PartitionEntry[],
): Promise<importing.SegmentInfo[]> {
  // No ids at all would mean every partition.
  if (partitions.length === 0) return [];
  const partitionIds = partitions.map((partition) => partition.partitionId);
  const visible = await context.data.getVisibleSegments({ collectionId, partitionIds, timestamp: 0n, segmentIds: [] });
  checkStatus(visible.status);
  return visible.segments;
}

function persistentInfo(segment: importing.SegmentInfo): milvus.PersistentSegmentInfo {
  return {
    segmentID: segment.segmentId,
    collectionID: segment.collectionId,
    partitionID: segment.partitionId,
    numRows: segment.rowCount,
    state: common.SegmentState.Flushed,
    level: common.SegmentLevel.L1,
    isSorted: IS_SORTED,
    storageVersion: STORAGE_VERSION,
  };
}

/** What falls to each querynode that lives. While none does a segment is loaded nowhere. */
async function nodeShares(
  context: ProxyContext,
  segments: readonly importing.SegmentInfo[],
): Promise<queryNode.QueryNodeShare[]> {
  if (!context.isRead()) return [];
  const shares = await context.query.getShares({ segmentIds: segments.map(({ segmentId }) => segmentId) });
  checkStatus(shares.status);
  return shares.nodes;
}

/** Queries scan, so that no index of its own stands behind a segment. @param nodeId of the querynode that reads it */
function queryInfo(segment: importing.SegmentInfo, nodeId: bigint): milvus.QuerySegmentInfo {
  return milvus.QuerySegmentInfo.fromPartial({
    segmentID: segment.segmentId,
    collectionID: segment.collectionId,
    partitionID: segment.partitionId,
    memSize: segment.memoryBytes,
    numRows: segment.rowCount,
    state: common.SegmentState.Sealed,
    level: common.SegmentLevel.L1,
    isSorted: IS_SORTED,
    storageVersion: STORAGE_VERSION,
    nodeID: nodeId,
    nodeIds: [nodeId],
  });
}

/** Any node answers for all of them: none leads a shard. @throws {StatusError} 100, or 101 when the collection is not loaded */
async function replica(
  context: ProxyContext,
  request: milvus.GetReplicasRequest,
  call: CallContext,
): Promise<milvus.ReplicaInfo> {
  const { collectionName, collectionID: collectionId } = request;
  const found = await context.root.resolveCollection({
    dbName: databaseOf(request, call),
    collectionName,
    collectionId,
  });
  checkStatus(found.status);
  const loaded = found.partitions.filter((partition) => partition.loaded);
  if (loaded.length === 0)
    throw new StatusError(statusCodes.collectionNotLoaded, `collection not loaded[collection=${found.collectionName}]`);
  const nodeIds = await livingNodes(context);
  return milvus.ReplicaInfo.fromPartial({
    replicaID: REPLICA_ID,
    collectionID: found.collectionId,
    partitionIds: loaded.map((partition) => partition.partitionId),
    shardReplicas: found.vchannels.map((dmChannelName) => ({ dmChannelName, nodeIds })),
    nodeIds,
    resourceGroupName: RESOURCE_GROUP,
  });
}
