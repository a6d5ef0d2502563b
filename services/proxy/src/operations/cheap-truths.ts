import { milvus, okStatus } from "@sluice/rpc";
import type { Operations } from "./operations.ts";

/** Methods of operators' tools whose true answer is short here. */
export function cheapTruthOperations(): Operations {
  return {
    listResourceGroups: () =>
      milvus.ListResourceGroupsResponse.fromPartial({
        status: okStatus(),
        resourceGroups: ["__default_resource_group"],
      }),
  };
}
