import { excerpt, StatusError } from "@sluice/errors";
import { checkStatus, milvus, okStatus } from "@sluice/rpc";
import type { ProxyContext } from "../context.ts";
import type { Operations } from "./operations.ts";

/** Every load makes one replica, which all querynodes have together: they are one group. */
export const RESOURCE_GROUP = "__default_resource_group";
const RESOURCE_GROUP_NOT_FOUND = 300;

/** Methods of operators' tools whose true answer is short here. */
export function cheapTruthOperations(context: ProxyContext): Operations {
  return {
    listResourceGroups: () =>
      milvus.ListResourceGroupsResponse.fromPartial({ status: okStatus(), resourceGroups: [RESOURCE_GROUP] }),
    describeResourceGroup: async ({ resourceGroup: name }) => {
      if (name !== "" && name !== RESOURCE_GROUP)
        throw new StatusError(
          RESOURCE_GROUP_NOT_FOUND,
          `resource group not found[rg=${excerpt(name)}]: there is none but ${RESOURCE_GROUP}`,
        );
      const [nodeIds, loaded] = await Promise.all([livingNodes(context), loadedCollections(context)]);
      return milvus.DescribeResourceGroupResponse.fromPartial({
        status: okStatus(),
        resourceGroup: {
          ...{ name: RESOURCE_GROUP, capacity: nodeIds.length, numAvailableNode: nodeIds.length },
          numLoadedReplica: Object.fromEntries(loaded.map((collection) => [collection, 1])),
          nodes: nodeIds.map((nodeId) => ({ nodeId })),
        },
      });
    },
  };
}

/** Ids of the querynodes. */
export async function livingNodes(context: ProxyContext): Promise<bigint[]> {
  if (!context.isRead()) return [];
  const shares = await context.query.getShares({ segmentIds: [] });
  checkStatus(shares.status);
  return shares.nodes.map(({ nodeId }) => nodeId);
}

async function loadedCollections({ root }: ProxyContext): Promise<string[]> {
  const { dbNames } = await root.listDatabases({ base: undefined });
  const lists = dbNames.map((dbName) =>
    root.showCollections(milvus.ShowCollectionsRequest.fromPartial({ dbName, type: milvus.ShowType.InMemory })),
  );
  return (await Promise.all(lists)).flatMap(({ collectionNames }) => collectionNames);
}
