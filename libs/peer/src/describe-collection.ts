import { ImportError } from "@sluice/errors";
import { common, milvus, type schema } from "@sluice/rpc";
import type { MilvusPeer } from "./milvus-peer.ts";
import { peerName } from "./peer-place.ts";

/** An index as the peer tells of it; parameters in its words. */
export interface PeerIndex {
  readonly name: string;
  readonly fieldName: string;
  readonly params: readonly common.KeyValuePair[];
}

/** What a peer says of a collection. */
export interface PeerCollection {
  readonly name: string;
  readonly schema: schema.CollectionSchema;
  readonly shardsNum: number;
  readonly consistencyLevel: common.ConsistencyLevel;
  readonly properties: readonly common.KeyValuePair[];
  /** Of a partition key, 0 without one. */
  readonly numPartitions: bigint;
  readonly partitionNames: readonly string[];
  readonly indexes: readonly PeerIndex[];
}

/** @throws {ImportError} as the calls of `MilvusPeer` */
export async function describePeerCollection(peer: MilvusPeer, collectionName: string): Promise<PeerCollection> {
  const about = { dbName: peer.place.dbName, collectionName };
  const described = await peer.call(`describing ${collectionName}`, (client) =>
    client.describeCollection(milvus.DescribeCollectionRequest.fromPartial(about)),
  );
  if (!described.schema)
    throw new ImportError("peer_refused", `${peerName(peer.place)} says no schema of ${collectionName}`);
  const { partitionNames } = await peer.call(`listing partitions of ${collectionName}`, (client) =>
    client.showPartitions(milvus.ShowPartitionsRequest.fromPartial(about)),
  );
  const { shardsNum, consistencyLevel, properties, numPartitions } = described;
  const hasPartitionKey = described.schema.fields.some(({ isPartitionKey }) => isPartitionKey);
  return {
    ...{
      name: described.collectionName || collectionName,
      schema: described.schema,
      shardsNum,
      consistencyLevel,
      properties,
    },
    ...{ partitionNames, indexes: await indexesOf(peer, about) },
    numPartitions: hasPartitionKey ? numPartitions || BigInt(partitionNames.length) : 0n,
  };
}

/** A Milvus refuses to describe the indexes of a collection that has none. */
const NO_INDEX = new Set([700, 25]);

async function indexesOf(peer: MilvusPeer, about: { dbName: string; collectionName: string }): Promise<PeerIndex[]> {
  const answer = await peer.call(`describing indexes of ${about.collectionName}`, async (client) => {
    const found = await client.describeIndex(milvus.DescribeIndexRequest.fromPartial(about));
    const { code = 0, errorCode = 0 } = found.status ?? {};
    const hasNone = NO_INDEX.has(code) || errorCode === common.ErrorCode.IndexNotExist;
    return hasNone ? { ...found, status: common.Status.fromPartial({}), indexDescriptions: [] } : found;
  });
  return answer.indexDescriptions.map(({ indexName, fieldName, params }) => ({ name: indexName, fieldName, params }));
}
