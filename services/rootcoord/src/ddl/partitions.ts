import type { CollectionRecord, PartitionRecord } from "@sluice/catalog";
import { type common, milvus, okStatus } from "@sluice/rpc";
import { partitionId } from "@sluice/schema";
import type { Catalog } from "./catalog.ts";
import type { DdlDeps } from "./ddl-deps.ts";
import type { RootCoordHandlers } from "./handlers.ts";
import { checkPartitionName, DEFAULT_PARTITION } from "./names.ts";
import { tooManyPartitions } from "./new-collection.ts";
import { invalid, partitionNotFound } from "./refusals.ts";

/** Partitions of collections without a partition key; with one they are made with the collection. */
export class Partitions {
  readonly #catalog: Catalog;
  readonly #deps: DdlDeps;

  constructor(catalog: Catalog, deps: DdlDeps) {
    this.#catalog = catalog;
    this.#deps = deps;
  }

  /** Creating one that exists succeeds. A new one of a loaded collection is loaded. @throws {StatusError} 100, 800, 1100 */
  async create({ dbName, collectionName, partitionName }: milvus.CreatePartitionRequest): Promise<common.Status> {
    checkPartitionName(partitionName);
    const created = {
      partitionId: partitionId(await this.#deps.ids.allocate(1)),
      name: partitionName,
      createdMs: this.#deps.now(),
      createdTs: await this.#deps.tso.allocate(1),
    };
    await this.#catalog.changeCollection(dbName, collectionName, (record) => {
      if (record.hasPartitionKey) throw invalid("disable create partition if partition key mode is used");
      if (record.partitions.some(({ name }) => name === partitionName)) return undefined;
      const count = record.partitions.length + 1;
      if (count > this.#deps.limits.maxPartitions) throw tooManyPartitions(count, record.name, this.#deps.limits);
      return { ...record, partitions: [...record.partitions, { ...created, loaded: record.loaded }] };
    });
    return okStatus();
  }

  /** Its rows go with it. Dropping what is not there succeeds. @throws {StatusError} 100, 800, 1100 */
  async drop({ dbName, collectionName, partitionName }: milvus.DropPartitionRequest): Promise<common.Status> {
    checkPartitionName(partitionName);
    await this.#catalog.changeCollection(dbName, collectionName, (record) => {
      if (record.hasPartitionKey) throw invalid("disable drop partition if partition key mode is used");
      if (partitionName === DEFAULT_PARTITION) throw invalid("default partition cannot be deleted");
      const partition = record.partitions.find(({ name }) => name === partitionName);
      if (partition?.loaded) {
        throw invalid("partition cannot be dropped, partition is loaded, please release it first");
      }
      return partition && { ...record, partitions: record.partitions.filter((other) => other !== partition) };
    });
    return okStatus();
  }

  /** @throws {StatusError} 100, 800 */
  async has({ dbName, collectionName, partitionName }: milvus.HasPartitionRequest): Promise<milvus.BoolResponse> {
    const { record } = await this.#catalog.collection(dbName, collectionName);
    return { status: okStatus(), value: record.partitions.some(({ name }) => name === partitionName) };
  }

  /** `_default` first; only loaded ones for `InMemory`. @throws {StatusError} 100, 200, 800 */
  async show(request: milvus.ShowPartitionsRequest): Promise<milvus.ShowPartitionsResponse> {
    const { dbName, collectionName, collectionID, partitionNames, type } = request;
    const isById = collectionName === "" && collectionID !== 0n;
    const { record } = isById
      ? await this.#catalog.collectionById(dbName, collectionID)
      : await this.#catalog.collection(dbName, collectionName);
    const wanted = partitionNames.length > 0 ? partitionsNamed(record, partitionNames) : record.partitions;
    const shown = wanted.filter((partition) => type !== milvus.ShowType.InMemory || partition.loaded);
    return {
      status: okStatus(),
      partitionNames: shown.map((partition) => partition.name),
      partitionIDs: shown.map((partition) => partition.partitionId),
      createdTimestamps: shown.map((partition) => partition.createdTs),
      createdUtcTimestamps: shown.map((partition) => BigInt(partition.createdMs)),
      inMemoryPercentages: shown.map((partition) => (partition.loaded ? 100n : 0n)),
    };
  }
}

/** @throws {StatusError} 200 */
export function partitionsNamed(record: CollectionRecord, names: readonly string[]): PartitionRecord[] {
  return names.map((name) => {
    const partition = record.partitions.find((entry) => entry.name === name);
    if (!partition) throw partitionNotFound(name);
    return partition;
  });
}

/** Calls that `partitionHandlers` answers. */
export type PartitionMethod = "createPartition" | "dropPartition" | "hasPartition" | "showPartitions";

/** What the rootcoord answers with them. */
export function partitionHandlers(partitions: Partitions): Pick<RootCoordHandlers, PartitionMethod> {
  return {
    createPartition: (request) => partitions.create(request),
    dropPartition: (request) => partitions.drop(request),
    hasPartition: (request) => partitions.has(request),
    showPartitions: (request) => partitions.show(request),
  };
}
