import { ImportError } from "@sluice/errors";
import { common, milvus, schema } from "@sluice/rpc";
import type { MilvusPeer } from "./milvus-peer.ts";
import { peerName } from "./peer-place.ts";

type Pairs = readonly (readonly [key: string, value: string])[];

/** What is made in a peer. */
export interface PeerDeclarations {
  /** Its name is that of the collection. */
  readonly schema: schema.CollectionSchema;
  readonly shardsNum: number;
  readonly consistencyLevel: number;
  readonly properties: Pairs;
  readonly numPartitions: number;
  readonly partitionNames: readonly string[];
  readonly indexes: readonly { readonly name: string; readonly fieldName: string; readonly params: Pairs }[];
}

/** Creating it again, as it is, succeeds. @throws {ImportError} as the calls of `MilvusPeer` */
export async function makeCollection(peer: MilvusPeer, name: string, of: PeerDeclarations): Promise<void> {
  const about = { dbName: peer.place.dbName, collectionName: name };
  if (!(await hasCollection(peer, name)))
    await peer.call(`creating ${name}`, (client) =>
      client.createCollection(
        milvus.CreateCollectionRequest.fromPartial({
          ...{
            ...about,
            schema: Buffer.from(schema.CollectionSchema.encode({ ...of.schema, name }).finish()),
            shardsNum: of.shardsNum,
          },
          consistencyLevel: of.consistencyLevel as common.ConsistencyLevel,
          ...{ properties: keyValues(of.properties), numPartitions: BigInt(of.numPartitions) },
        }),
      ),
    );
  for (const partitionName of of.partitionNames) await makePartition(peer, { ...about, partitionName });
  for (const { name: indexName, fieldName, params } of of.indexes)
    await peer.call(`creating index ${indexName} of ${name}`, (client) =>
      client.createIndex(
        milvus.CreateIndexRequest.fromPartial({ ...about, indexName, fieldName, extraParams: keyValues(params) }),
      ),
    );
}

/** A Milvus refuses one that is there. */
async function makePartition(
  peer: MilvusPeer,
  about: { dbName: string; collectionName: string; partitionName: string },
) {
  const has = await peer.call(`asking for partition ${about.partitionName}`, (client) =>
    client.hasPartition(milvus.HasPartitionRequest.fromPartial(about)),
  );
  if (has.value) return;
  await peer.call(`creating partition ${about.partitionName}`, (client) =>
    client.createPartition(milvus.CreatePartitionRequest.fromPartial(about)),
  );
}

function keyValues(pairs: Pairs): common.KeyValuePair[] {
  return pairs.map(([key, value]) => ({ key, value }));
}

/** Loads it, or releases it; that takes its time, and is awaited by who reads. */
export async function loadCollection(peer: MilvusPeer, name: string, isLoaded: boolean): Promise<void> {
  const about = { dbName: peer.place.dbName, collectionName: name };
  await peer.call(isLoaded ? `loading ${name}` : `releasing ${name}`, (client) =>
    isLoaded
      ? client.loadCollection(milvus.LoadCollectionRequest.fromPartial({ ...about, replicaNumber: 1 }))
      : client.releaseCollection(milvus.ReleaseCollectionRequest.fromPartial(about)),
  );
}

/** Loaded as a whole: while it is loading it is not. @throws {ImportError} `peer_unavailable`, `peer_refused` */
export async function isLoaded(peer: MilvusPeer, name: string): Promise<boolean> {
  const about = { dbName: peer.place.dbName, collectionName: name };
  const { state } = await peer.call(`asking whether ${name} is loaded`, (client) =>
    client.getLoadState(milvus.GetLoadStateRequest.fromPartial(about)),
  );
  return state === common.LoadState.LoadStateLoaded;
}

/** Renaming one that has its new name already succeeds. */
export async function renameCollection(peer: MilvusPeer, oldName: string, newName: string): Promise<void> {
  if (!(await hasCollection(peer, oldName)) && (await hasCollection(peer, newName))) return;
  await peer.call(`renaming ${oldName} to ${newName}`, (client) =>
    client.renameCollection(
      milvus.RenameCollectionRequest.fromPartial({ dbName: peer.place.dbName, oldName, newName }),
    ),
  );
}

/** Dropping what is not there succeeds. */
export async function dropCollection(peer: MilvusPeer, collectionName: string): Promise<void> {
  if (!(await hasCollection(peer, collectionName))) return;
  const { dbName } = peer.place;
  await peer.call(`dropping ${collectionName}`, (client) =>
    client.dropCollection(milvus.DropCollectionRequest.fromPartial({ dbName, collectionName })),
  );
}

/** In the peer's database. @throws {ImportError} `peer_unavailable`, `peer_refused` */
export async function hasCollection(peer: MilvusPeer, collectionName: string): Promise<boolean> {
  const { dbName } = peer.place;
  const has = await peer.call(`asking for ${collectionName}`, (client) =>
    client.hasCollection(milvus.HasCollectionRequest.fromPartial({ dbName, collectionName })),
  );
  return has.value;
}

/** What an alias points to; undefined where there is none. @throws {ImportError} `peer_refused` for a collection's own name */
export async function collectionOfAlias(peer: MilvusPeer, alias: string): Promise<string | undefined> {
  const { dbName } = peer.place;
  if (!(await hasCollection(peer, alias))) return undefined;
  const { collectionName, aliases } = await peer.call(`asking for ${alias}`, (client) =>
    client.describeCollection(milvus.DescribeCollectionRequest.fromPartial({ dbName, collectionName: alias })),
  );
  if (aliases.includes(alias)) return collectionName;
  throw new ImportError(
    "peer_refused",
    `${peerName(peer.place)}: "${alias}" is the name of a collection there, and can be no alias`,
  );
}

/** From now on the alias points to this collection, whatever it pointed to before. */
export async function pointAlias(peer: MilvusPeer, alias: string, collectionName: string): Promise<void> {
  const about = { dbName: peer.place.dbName, collectionName, alias };
  const owner = await collectionOfAlias(peer, alias);
  if (owner === collectionName) return;
  await peer.call(`pointing the alias ${alias} to ${collectionName}`, (client) =>
    owner === undefined
      ? client.createAlias(milvus.CreateAliasRequest.fromPartial(about))
      : client.alterAlias(milvus.AlterAliasRequest.fromPartial(about)),
  );
}

/** Whether inserts may give automatic keys: since Milvus 2.6, by a property of the collection. */
export async function canKeepAutomaticKeys(peer: MilvusPeer): Promise<boolean> {
  const { version } = await peer.call("asking for its version", (client) => client.getVersion({}));
  const [, major, minor] = /(\d+)\.(\d+)/.exec(version) ?? [];
  return Number(major) > 2 || (Number(major) === 2 && Number(minor) >= 6);
}
