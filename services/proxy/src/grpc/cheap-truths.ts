import { type Handlers, milvus, okStatus } from "@sluice/rpc";

/** Methods of operators' tools whose true answer is short here. */
export function cheapTruthHandlers(): Partial<Handlers<milvus.MilvusServiceServer>> {
  return {
    listResourceGroups: () =>
      milvus.ListResourceGroupsResponse.fromPartial({
        status: okStatus(),
        resourceGroups: ["__default_resource_group"],
      }),
    listCredUsers: () => milvus.ListCredUsersResponse.fromPartial({ status: okStatus(), usernames: ["root"] }),
  };
}
