import type { CollectionRecord } from "@sluice/catalog";
import { excerpt } from "@sluice/errors";
import { type common, type milvus, okStatus } from "@sluice/rpc";
import { type DataType, isVector } from "@sluice/schema";
import type { Catalog } from "./catalog.ts";
import { isLoaded } from "./collections.ts";
import type { DdlDeps } from "./ddl-deps.ts";
import type { RootCoordHandlers } from "./handlers.ts";
import { partitionsNamed } from "./partitions.ts";
import {
  collectionNotLoaded,
  fieldsNotIndexed,
  invalid,
  noIndex,
  RESOURCE_GROUP,
  replicasFixed,
  resourceGroupNotFound,
  tooManyReplicas,
} from "./refusals.ts";
import { decodeSchema } from "./stored-schema.ts";

/**
 * Which partitions can be read. A collection loaded as a whole also loads the partitions made later. Loading is a note in the
 * record: the readers find the segments by themselves, so it is done when it is answered.
 */
export class Loading {
  readonly #catalog: Catalog;
  readonly #queryNodes: () => number;

  constructor(catalog: Catalog, { queryNodes }: Pick<DdlDeps, "queryNodes">) {
    this.#catalog = catalog;
    this.#queryNodes = queryNodes;
  }

  /**
   * @throws {StatusError} 100, 800; 700 while a vector field has no index; 101 to refresh what is not loaded; 1100 for another number of
   *   replicas than it was loaded with; 12 for more of them than querynodes; 300 for another resource group than there is
   */
  async loadCollection(request: milvus.LoadCollectionRequest): Promise<common.Status> {
    await this.#catalog.changeCollection(request.dbName, request.collectionName, (record) => {
      if (request.refresh) return void requireLoaded(record);
      requireIndexes(record);
      requireFields(record, request.loadFields);
      const replicas = this.#replicasOf(record, request, "collection");
      const partitions = record.partitions.map((entry) => ({ ...entry, loaded: true }));
      return { ...record, loaded: true, replicas, partitions };
    });
    return okStatus();
  }

  /** Releasing what is not loaded succeeds. @throws {StatusError} 100, 800 */
  async releaseCollection({ dbName, collectionName }: milvus.ReleaseCollectionRequest): Promise<common.Status> {
    await this.#catalog.changeCollection(dbName, collectionName, (record) => ({
      ...record,
      loaded: false,
      partitions: record.partitions.map((entry) => ({ ...entry, loaded: false })),
    }));
    return okStatus();
  }

  /** @throws {StatusError} 100, 101, 200, 700, 800; 1100 with a partition key, or as `loadCollection` */
  async loadPartitions(request: milvus.LoadPartitionsRequest): Promise<common.Status> {
    await this.#catalog.changeCollection(request.dbName, request.collectionName, (record) => {
      const names = requirePartitions(record, request.partitionNames, "load");
      if (request.refresh) return void requireLoaded(record);
      requireIndexes(record);
      requireFields(record, request.loadFields);
      const replicas = this.#replicasOf(record, request, "partitions");
      return { ...withLoaded(record, names, true), replicas };
    });
    return okStatus();
  }

  /** Asked for by who loads; a client that names no number takes what is there. The one of a collection may wait for its querynode. */
  #replicasOf(
    record: CollectionRecord,
    { replicaNumber: asked, resourceGroups }: Pick<milvus.LoadCollectionRequest, "replicaNumber" | "resourceGroups">,
    what: "collection" | "partitions",
  ): number {
    const group = resourceGroups.find((name) => name !== RESOURCE_GROUP);
    if (group !== undefined) throw resourceGroupNotFound(group);
    const { replicas = 1 } = record;
    if (isLoaded(record)) {
      if (asked > 0 && asked !== replicas) throw replicasFixed(record.name, what, { replicas, asked });
      return replicas;
    }
    if (asked > Math.max(1, this.#queryNodes())) throw tooManyReplicas(asked, this.#queryNodes());
    return Math.max(1, asked);
  }

  /** @throws {StatusError} 100, 200, 800; 1100 with a partition key */
  async releasePartitions(request: milvus.ReleasePartitionsRequest): Promise<common.Status> {
    await this.#catalog.changeCollection(request.dbName, request.collectionName, (record) => {
      const names = requirePartitions(record, request.partitionNames, "release");
      const released = withLoaded(record, names, false);
      // As in Milvus, one that was loaded as a whole goes on to load the partitions made later, unless nothing of it is left.
      return { ...released, loaded: record.loaded && isLoaded(released) };
    });
    return okStatus();
  }
}

function withLoaded(record: CollectionRecord, names: ReadonlySet<string>, loaded: boolean): CollectionRecord {
  const partitions = record.partitions.map((entry) => (names.has(entry.name) ? { ...entry, loaded } : entry));
  return { ...record, partitions };
}

/** All fields can be read, those that somebody names as well: they must be there. @throws {StatusError} 1100 */
function requireFields(record: CollectionRecord, names: readonly string[]): void {
  const { fields, structArrayFields } = decodeSchema(record.storedSchema);
  const known = new Set([...fields, ...structArrayFields].map(({ name }) => name));
  const missing = names.find((name) => !known.has(name));
  if (missing !== undefined)
    throw invalid(`failed to get field schema by name: fieldName(${excerpt(missing)}) not found`);
}

function requirePartitions(record: CollectionRecord, names: readonly string[], verb: string): ReadonlySet<string> {
  if (record.hasPartitionKey) throw invalid(`disable ${verb} partitions if partition key mode is used`);
  if (names.length === 0) throw invalid("due to no partition specified");
  partitionsNamed(record, names);
  return new Set(names);
}

function requireLoaded(record: CollectionRecord): void {
  if (!isLoaded(record)) throw collectionNotLoaded(record.name);
}

/** Members of struct arrays need none: they are read with their rows. */
function requireIndexes(record: CollectionRecord): void {
  const indexed = new Set(record.indexes.map((index) => index.fieldName));
  const vectors = decodeSchema(record.declaredSchema).fields.filter((field) => isVector(field.dataType as DataType));
  const missing = vectors.filter((field) => !indexed.has(field.name)).map((field) => field.name);
  if (missing.length === 0) return;
  throw indexed.size === 0 ? noIndex(record.name) : fieldsNotIndexed(missing, record.name);
}

/** Calls that `loadHandlers` answers. */
export type LoadMethod = "loadCollection" | "releaseCollection" | "loadPartitions" | "releasePartitions";

/** What the rootcoord answers with them. */
export function loadHandlers(loading: Loading): Pick<RootCoordHandlers, LoadMethod> {
  return {
    loadCollection: (request) => loading.loadCollection(request),
    releaseCollection: (request) => loading.releaseCollection(request),
    loadPartitions: (request) => loading.loadPartitions(request),
    releasePartitions: (request) => loading.releasePartitions(request),
  };
}
