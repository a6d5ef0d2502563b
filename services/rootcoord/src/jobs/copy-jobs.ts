import type { CollectionRecord, JobRecord } from "@sluice/catalog";
import { excerpt, ImportError, StatusError, statusCodes } from "@sluice/errors";
import type { InnerCopySpec } from "@sluice/jobs";
import type { rootCoord } from "@sluice/rpc";
import { type JobId, jobId } from "@sluice/schema";
import { checkCollectionName, idsOfMerged, mergedCollection } from "../ddl/index.ts";
import { type CopyRequests, newCopyJob } from "./copy-requests.ts";

export interface CopyJobsDeps {
  readonly requests: CopyRequests;
  readonly allocateId: () => Promise<bigint>;
  readonly allocateIds: (count: number) => Promise<bigint>;
  readonly allocateTs: () => Promise<bigint>;
  /** The active collection by name or alias. @throws {StatusError} 100 */
  readonly findCollection: (dbName: string, name: string) => Promise<CollectionRecord>;
  readonly now: () => number;
}

const WITH_FILTER =
  "a copy within the service has all rows of its partitions, unread: export those that a filter is true for";

/** Both collections lie in the one store that the server has for segments. */
const STRATEGY = {
  name: "objects",
  reason: "both collections lie in one store, which copies the objects of segments itself; no row is read",
} as const;

/** Takes requests to copy a collection: records job and target together. */
export class CopyJobs {
  readonly #deps: CopyJobsDeps;
  constructor(deps: CopyJobsDeps) {
    this.#deps = deps;
  }

  /**
   * Records a job and answers its id at once. The target has its name from now on, and is found when the job has ended. What is
   * copied is what is visible now.
   * @throws {StatusError} 100, 200, 800, 1100; {ImportError} `request_invalid`
   */
  async submit(request: rootCoord.CopyRequest): Promise<JobId> {
    checkCollectionName(request.targetCollectionName);
    const source = await this.#deps.findCollection(request.dbName, request.collectionName);
    const { requests } = this.#deps;
    const earlier = requests.findEarlier(request);
    if (earlier !== undefined) return earlier;
    if (request.filter !== "") throw new ImportError("request_invalid", WITH_FILTER);
    checkPartitions(source, request.partitionNames);
    requests.checkOpenJobs();
    const target = await this.#targetOf(source, request);
    return requests.record(await this.#jobOf(source, target, request), target, request);
  }

  /** As the source is, with ids of its own: schema, partitions, shards, properties; indexes and whether it is loaded if wished. */
  async #targetOf(source: CollectionRecord, request: rootCoord.CopyRequest): Promise<CollectionRecord> {
    const { record } = mergedCollection(source, [], {
      ...{ dbName: request.targetDbName || request.dbName || "default", name: request.targetCollectionName },
      ...{ firstId: await this.#deps.allocateIds(idsOfMerged(source)), createdTs: await this.#deps.allocateTs() },
      createdMs: this.#deps.now(),
    });
    if (request.withoutIndexes) return { ...record, indexes: [] };
    if (request.withoutLoad) return record;
    const partitions = record.partitions.map((partition, i) => ({ ...partition, loaded: source.partitions[i].loaded }));
    return { ...record, partitions, loaded: source.loaded };
  }

  async #jobOf(source: CollectionRecord, target: CollectionRecord, request: rootCoord.CopyRequest): Promise<JobRecord> {
    return {
      ...newCopyJob(jobId(await this.#deps.allocateId()), target, request, this.#deps.now()),
      spec: copySpec(source, target, request),
      // Of the snapshot.
      timestamp: await this.#deps.allocateTs(),
    };
  }
}

function copySpec(source: CollectionRecord, target: CollectionRecord, request: rootCoord.CopyRequest): InnerCopySpec {
  const { partitionNames: names } = request;
  const pairs = source.partitions.map(({ partitionId, name }, i) => ({
    ...{ name, pair: [partitionId, target.partitions[i].partitionId] as const },
  }));
  const chosen = pairs.filter(({ name }) => names.length === 0 || names.includes(name));
  const ttl = new Map(source.properties).has("collection.ttl.seconds");
  return {
    direction: "within",
    ...{ sourceCollectionId: source.collectionId, sourceDbName: source.dbName, sourceCollectionName: source.name },
    partitions: chosen.map(({ pair }) => pair),
    partitionNames: chosen.map(({ name }) => name),
    vchannels: source.vchannels.map((from, i) => [from, target.vchannels[i]] as const),
    strategy: STRATEGY,
    options: [],
    warnings: ttl ? ["rows keep their times, by which they expire in the copy as in the source"] : [],
  };
}

/** @throws {StatusError} 200 */
export function checkPartitions({ partitions }: CollectionRecord, names: readonly string[]): void {
  const missing = names.find((name) => !partitions.some((partition) => partition.name === name));
  if (missing !== undefined)
    throw new StatusError(statusCodes.partitionNotFound, `partition not found[partition=${excerpt(missing, 300)}]`);
}
