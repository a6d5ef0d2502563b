import type { CollectionRecord } from "@sluice/catalog";
import { common, milvus, okStatus, type rootCoord } from "@sluice/rpc";
import type { Catalog } from "./catalog.ts";
import { isLoaded } from "./collections.ts";
import { withoutLastId } from "./field-ids.ts";
import type { RootCoordHandlers } from "./handlers.ts";
import { DEFAULT_DATABASE } from "./names.ts";
import { physicalChannel } from "./new-collection.ts";
import { fromPairs } from "./pairs.ts";
import { decodeSchema } from "./stored-schema.ts";

interface CollectionRef {
  readonly dbName: string;
  readonly collectionName: string;
  readonly collectionId: bigint;
}

/** What can be asked about collections. */
export class CollectionViews {
  readonly #catalog: Catalog;

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
  }

  /**
   * The declared schema as it was sent, with field ids and nothing else added: clients compare it with theirs.
   * @throws {StatusError} 100, 800
   */
  async describe(request: milvus.DescribeCollectionRequest): Promise<milvus.DescribeCollectionResponse> {
    const record = await this.#find({ ...request, collectionId: request.collectionID });
    const { record: database } = await this.#catalog.database(record.dbName);
    return {
      status: okStatus(),
      schema: withoutLastId(decodeSchema(record.declaredSchema)),
      collectionID: record.collectionId,
      virtualChannelNames: [...record.vchannels],
      physicalChannelNames: record.vchannels.map(physicalChannel),
      createdTimestamp: record.createdTs,
      createdUtcTimestamp: BigInt(record.createdMs),
      shardsNum: record.shardsNum,
      aliases: [...record.aliases],
      startPositions: [],
      consistencyLevel: record.consistencyLevel as common.ConsistencyLevel,
      collectionName: record.name,
      properties: fromPairs(record.properties),
      dbName: record.dbName,
      numPartitions: BigInt(record.partitions.length),
      dbId: database.dbId,
      requestTime: 0n,
      updateTimestamp: record.updatedTs,
      updateTimestampStr: record.updatedTs.toString(),
    };
  }

  /** What the other services need to know of a collection: two reads. @throws {StatusError} 100, 800 */
  async resolve(request: rootCoord.ResolveCollectionRequest): Promise<rootCoord.ResolveCollectionResponse> {
    const record = await this.#find(request);
    return {
      status: okStatus(),
      collectionId: record.collectionId,
      collectionName: record.name,
      dbName: record.dbName,
      schema: Buffer.from(record.storedSchema, "base64"),
      vchannels: [...record.vchannels],
      partitions: record.partitions.map(({ partitionId, name, loaded }) => ({ partitionId, name, loaded })),
      loadState: isLoaded(record) ? common.LoadState.LoadStateLoaded : common.LoadState.LoadStateNotLoad,
      consistencyLevel: record.consistencyLevel as common.ConsistencyLevel,
      properties: fromPairs(record.properties),
      hasPartitionKey: record.hasPartitionKey,
      createdTimestamp: record.createdTs,
      updatedTimestamp: record.updatedTs,
    };
  }

  /** False where `describe` fails. @throws {StatusError} 800 */
  async has({ dbName, collectionName }: milvus.HasCollectionRequest): Promise<milvus.BoolResponse> {
    const found = await this.#catalog.findCollection(dbName, collectionName);
    return { status: okStatus(), value: found !== undefined };
  }

  /** Collections of a database, oldest first; only loaded ones for `InMemory`. @throws {StatusError} 800 */
  async show(request: milvus.ShowCollectionsRequest): Promise<milvus.ShowCollectionsResponse> {
    const all = await this.#catalog.collectionsOf(request.dbName || DEFAULT_DATABASE);
    const wanted = new Set(request.collectionNames);
    const shown = all.filter(
      (record) =>
        (request.type !== milvus.ShowType.InMemory || isLoaded(record)) &&
        (wanted.size === 0 || wanted.has(record.name)),
    );
    return {
      status: okStatus(),
      collectionNames: shown.map((record) => record.name),
      collectionIds: shown.map((record) => record.collectionId),
      createdTimestamps: shown.map((record) => record.createdTs),
      createdUtcTimestamps: shown.map((record) => BigInt(record.createdMs)),
      inMemoryPercentages: shown.map((record) => (isLoaded(record) ? 100n : 0n)),
      queryServiceAvailable: shown.map(isLoaded),
      shardsNum: shown.map((record) => record.shardsNum),
    };
  }

  /** By id where one is given, else by name or alias. */
  async #find({ dbName, collectionName, collectionId }: CollectionRef): Promise<CollectionRecord> {
    const entry =
      collectionId === 0n || collectionName !== ""
        ? await this.#catalog.collection(dbName, collectionName)
        : await this.#catalog.collectionById(dbName, collectionId);
    return entry.record;
  }
}

/** Calls that `collectionViewHandlers` answers; `resolveCollection` is one between services. */
export type CollectionViewMethod = "hasCollection" | "describeCollection" | "showCollections" | "resolveCollection";

/** What the rootcoord answers with them. */
export function collectionViewHandlers(views: CollectionViews): Pick<RootCoordHandlers, CollectionViewMethod> {
  return {
    hasCollection: (request) => views.has(request),
    describeCollection: (request) => views.describe(request),
    showCollections: (request) => views.show(request),
    resolveCollection: (request) => views.resolve(request),
  };
}
