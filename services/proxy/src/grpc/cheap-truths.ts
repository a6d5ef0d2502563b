import { common, type Handlers, milvus, okStatus } from "@sluice/rpc";

/** Methods of operators' tools whose true answer is short here: there are no replicas, compactions or growing segments. */
export function cheapTruthHandlers(): Partial<Handlers<milvus.MilvusServiceServer>> {
  return {
    getReplicas: () => milvus.GetReplicasResponse.fromPartial({ status: okStatus() }),
    getPersistentSegmentInfo: () => milvus.GetPersistentSegmentInfoResponse.fromPartial({ status: okStatus() }),
    getQuerySegmentInfo: () => milvus.GetQuerySegmentInfoResponse.fromPartial({ status: okStatus() }),
    getMetrics: () =>
      milvus.GetMetricsResponse.fromPartial({ status: okStatus(), response: "{}", componentName: "sluice" }),
    // Segments are sealed and have no deletes: a compaction has ended as it begins, whichever it is.
    manualCompaction: () =>
      milvus.ManualCompactionResponse.fromPartial({ status: okStatus(), compactionID: 1n, compactionPlanCount: 0 }),
    getCompactionState: () =>
      milvus.GetCompactionStateResponse.fromPartial({ status: okStatus(), state: common.CompactionState.Completed }),
    listResourceGroups: () =>
      milvus.ListResourceGroupsResponse.fromPartial({
        status: okStatus(),
        resourceGroups: ["__default_resource_group"],
      }),
    listCredUsers: () => milvus.ListCredUsersResponse.fromPartial({ status: okStatus(), usernames: ["root"] }),
  };
}
