import { milvus } from "@sluice/rpc";
import type { MilvusPeer } from "./milvus-peer.ts";

/**
 * Bytes of the insert logs of all collections of a peer's database, by which a Milvus judges its quotas; 0 where it does not tell.
 * Source: answers of Milvus 2.3.5 to GetMetrics.
 * @throws {ImportError} `peer_unavailable`
 */
export async function usedBytesOf(peer: MilvusPeer): Promise<number> {
  const sizes = binlogSizes(await systemInfo(peer));
  if (sizes.size === 0) return 0;
  const { dbName } = peer.place;
  const { collectionIds } = await peer.call("listing collections", (client) =>
    client.showCollections(milvus.ShowCollectionsRequest.fromPartial({ dbName })),
  );
  return collectionIds.reduce((sum, id) => sum + (sizes.get(String(id)) ?? 0), 0);
}

/** "" from a peer that tells nobody, or not us. */
async function systemInfo(peer: MilvusPeer): Promise<string> {
  const request = milvus.GetMetricsRequest.fromPartial({ request: '{"metric_type":"system_info"}' });
  try {
    return (await peer.call("asking for its metrics", (client) => client.getMetrics(request))).response;
  } catch (error) {
    if ((error as { code?: unknown }).code !== "peer_refused") throw error;
    return "";
  }
}

/** By the ids of collections; the datacoord among the nodes tells them. */
function binlogSizes(text: string): ReadonlyMap<string, number> {
  const { nodes_info: nodes } = membersOf(jsonOf(text));
  const sizes = (Array.isArray(nodes) ? nodes : []).flatMap((node) => {
    const { quota_metrics: quotas } = membersOf(membersOf(node).infos);
    return Object.entries(membersOf(membersOf(quotas).CollectionBinlogSize));
  });
  return new Map(sizes.filter((entry): entry is [string, number] => typeof entry[1] === "number"));
}

/** None of what has none: other programs may answer anything. */
function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
