import type { ModelServers } from "@sluice/embedding";
import { excerpt, StatusError, statusCodes } from "@sluice/errors";
import {
  type Client,
  checkStatus,
  type dataCoord,
  type PassingQueryClient,
  type RootCoordClient,
  type rootCoord,
} from "@sluice/rpc";

/** What the handlers of the proxy work with. */
export interface ProxyContext {
  readonly root: Client<RootCoordClient>;
  readonly data: Client<dataCoord.DataCoordClient>;
  readonly query: Client<PassingQueryClient>;
  /** Servers that functions may ask for vectors. */
  readonly models: ModelServers;
  /** Whether a querynode lives: what is loaded can be read then, and waits for one otherwise. */
  readonly isRead: () => boolean;
}

/** A collection by name or alias. @throws {StatusError} 100 */
export async function resolveCollection(
  context: ProxyContext,
  dbName: string,
  collectionName: string,
): Promise<rootCoord.ResolveCollectionResponse> {
  const resolved = await context.root.resolveCollection({ dbName, collectionName, collectionId: 0n });
  checkStatus(resolved.status);
  return resolved;
}

/** Ids of named partitions. @throws {StatusError} 200 */
export function partitionIdsOf(collection: rootCoord.ResolveCollectionResponse, names: readonly string[]): bigint[] {
  return names.map((name) => {
    const partition = collection.partitions.find((entry) => entry.name === name);
    if (!partition)
      throw new StatusError(statusCodes.partitionNotFound, `partition not found[partition=${excerpt(name, 300)}]`);
    return partition.partitionId;
  });
}

/** Visible rows, whole and by partition; partitions that were dropped do not count. */
export async function rowCounts(
  context: ProxyContext,
  collection: rootCoord.ResolveCollectionResponse,
): Promise<{ rows: bigint; byPartition: ReadonlyMap<bigint, bigint> }> {
  const response = await context.data.getRowCounts({ collectionId: collection.collectionId });
  checkStatus(response.status);
  const present = new Set(collection.partitions.map((partition) => partition.partitionId));
  const counted = response.partitions.filter((entry) => present.has(entry.partitionId));
  const byPartition = new Map(counted.map((entry) => [entry.partitionId, entry.rowCount]));
  return { rows: counted.reduce((sum, entry) => sum + entry.rowCount, 0n), byPartition };
}
