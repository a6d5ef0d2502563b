import type { CollectionRecord, JobRecord } from "@sluice/catalog";
import { excerpt, ImportError, StatusError, statusCodes } from "@sluice/errors";
import type { InnerCopySpec } from "@sluice/jobs";
import type { rootCoord } from "@sluice/rpc";
import { type JobId, jobId } from "@sluice/schema";
import { checkCollectionName, idsOfMerged, loadedAs, mergedCollection } from "../ddl/index.ts";
import { type CopyAnswer, type CopyRequests, newCopyJob } from "./copy-requests.ts";
import {
  type CopyTarget,
  checkAppendable,
  hiddenName,
  partitionsByName,
  schemaOfRecord,
  shownAs,
} from "./copy-target.ts";
import { expiryOf } from "./export-jobs.ts";

/** What copies within this service need; `now` is in Unix milliseconds. */
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

const WITH_CHECK =
  "checkRows compares rows with those of another service: within this one the storage copies objects, or rows are counted";

/** Both collections lie in the one store that the server has for segments. */
const STRATEGY = {
  name: "objects",
  reason: "both collections lie in one store, which copies the objects of segments itself; no row is read",
} as const;

/** Of rows that come to others. */
const APPENDED = {
  name: "rows",
  reason:
    "the collection has rows and deletes of its own, so rows are read and written anew: they count from the copy on, by its shards",
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
  async submit(request: rootCoord.CopyRequest): Promise<CopyAnswer> {
    checkCollectionName(request.targetCollectionName);
    const source = await this.#deps.findCollection(request.dbName, request.collectionName);
    const { requests } = this.#deps;
    const earlier = requests.findEarlier(request);
    if (earlier !== undefined) return earlier;
    if (request.filter !== "") throw new ImportError("request_invalid", WITH_FILTER);
    if (request.checkRows !== 0) throw new ImportError("request_invalid", WITH_CHECK);
    checkPartitions(source, request.partitionNames);
    requests.checkOpenJobs();
    const id = jobId(await this.#deps.allocateId());
    const target = await requests.targetOf(request, request.targetDbName || request.dbName || "default");
    checkOther(source, target);
    if (target.existing && target.ifExists === "append")
      return requests.recordAlone(await this.#appending(id, source, target.existing, request), request);
    const record = await this.#recordOf(source, { ...target, name: hiddenName(target, id) }, request);
    return requests.record(await this.#copying(id, source, { ...target, record }, request), record, request);
  }

  /** As the source is, with ids of its own: schema, partitions, shards, properties; indexes and whether it is loaded if wished. */
  async #recordOf(
    source: CollectionRecord,
    { dbName, name }: Pick<CopyTarget, "dbName" | "name">,
    request: rootCoord.CopyRequest,
  ): Promise<CollectionRecord> {
    const { record } = mergedCollection(source, [], {
      ...{ dbName, name },
      ...{ firstId: await this.#deps.allocateIds(idsOfMerged(source)), createdTs: await this.#deps.allocateTs() },
      createdMs: this.#deps.now(),
    });
    if (request.withoutIndexes) return { ...record, indexes: [] };
    return request.withoutLoad ? record : loadedAs(source, record);
  }

  async #copying(
    id: JobId,
    source: CollectionRecord,
    target: CopyTarget & { readonly record: CollectionRecord },
    request: rootCoord.CopyRequest,
  ): Promise<JobRecord> {
    return {
      ...newCopyJob(id, { ...target.record, name: target.name }, request, this.#deps.now()),
      spec: { ...copySpec(source, target.record, request), ...shownAs(target) },
      // Of the snapshot.
      timestamp: await this.#deps.allocateTs(),
    };
  }

  async #appending(
    id: JobId,
    source: CollectionRecord,
    existing: CollectionRecord,
    request: rootCoord.CopyRequest,
  ): Promise<JobRecord> {
    checkAppendable(schemaOfRecord(source), existing);
    return {
      ...newCopyJob(id, existing, request, this.#deps.now()),
      spec: appendSpec(source, existing, request),
      timestamp: await this.#deps.allocateTs(),
    };
  }
}

/** @throws {ImportError} `request_invalid` */
function checkOther(source: CollectionRecord, { existing }: CopyTarget): void {
  if (existing?.collectionId !== source.collectionId) return;
  throw new ImportError("request_invalid", "source and target are one collection: name another one");
}

function appendSpec(
  source: CollectionRecord,
  existing: CollectionRecord,
  { partitionNames: names }: rootCoord.CopyRequest,
): InnerCopySpec {
  const chosen = source.partitions.filter(({ name }) => names.length === 0 || names.includes(name));
  const chosenNames = chosen.map(({ name }) => name);
  const all = existing.partitions.map(({ partitionId }) => partitionId);
  const targets = existing.hasPartitionKey
    ? chosen.map(() => all)
    : partitionsByName(chosenNames, existing).map((partition) => [partition]);
  const { ttlSeconds } = expiryOf(existing);
  return {
    ...{ direction: "within", appends: true, strategy: APPENDED, options: [], vchannels: [] },
    ...{ sourceCollectionId: source.collectionId, sourceDbName: source.dbName, sourceCollectionName: source.name },
    partitions: chosen.map(({ partitionId }, i) => [partitionId, targets[i][0]] as const),
    partitionNames: chosenNames,
    appended: {
      ...{ schema: source.storedSchema, properties: source.properties, expiry: expiryOf(source), targets },
    },
    warnings: ttlSeconds > 0 ? ["rows count anew from their copy on, by which they expire"] : [],
  };
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
