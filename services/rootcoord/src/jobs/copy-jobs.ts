import { createHash } from "node:crypto";
import type { CollectionRecord, JobRecord, TaskRecord } from "@sluice/catalog";
import { excerpt, ImportError, StatusError, statusCodes } from "@sluice/errors";
import { type CopySpec, isEnded, specOf } from "@sluice/jobs";
import type { rootCoord } from "@sluice/rpc";
import { type JobId, jobId } from "@sluice/schema";
import { currentTraceParent, type Logger } from "@sluice/telemetry";
import { checkCollectionName, type HiddenCollections, idsOfMerged, mergedCollection } from "../ddl/index.ts";
import type { JobBook } from "./job-book.ts";
import type { RequestedJobs } from "./requested-jobs.ts";

export interface CopyJobsDeps {
  readonly book: JobBook;
  readonly requested: RequestedJobs;
  readonly hidden: Pick<HiddenCollections, "stage">;
  readonly allocateId: () => Promise<bigint>;
  readonly allocateIds: (count: number) => Promise<bigint>;
  readonly allocateTs: () => Promise<bigint>;
  /** The active collection by name or alias. @throws {StatusError} 100 */
  readonly findCollection: (dbName: string, name: string) => Promise<CollectionRecord>;
  readonly now: () => number;
  /** Copies that may be open at once. */
  readonly maxOpenJobs: number;
  readonly log: Logger;
}

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
    const earlier = this.#findEarlier(request);
    if (earlier !== undefined) return earlier;
    checkPartitions(source, request.partitionNames);
    this.#checkOpenJobs();
    const target = await this.#targetOf(source, request);
    const job = await this.#jobOf(source, target, request);
    const beside = await this.#deps.hidden.stage(target);
    if (beside && (await this.#deps.book.create(this.#deps.requested.withWebhooks(job), beside)))
      return this.#noted(job);
    // The same request may have come twice at the same moment.
    const winner = this.#findEarlier(request);
    if (winner !== undefined) return winner;
    throw targetExists(target);
  }

  #noted({ jobId, collectionName, spec }: JobRecord): JobId {
    const about = { jobId: jobId.toString(), source: (spec as CopySpec).sourceCollectionName, target: collectionName };
    this.#deps.log.info("copy job submitted", about);
    return jobId;
  }

  /** The job's own collection is the target, which a repeated request does not know: it is looked for among all. */
  #findEarlier(request: rootCoord.CopyRequest): JobId | undefined {
    const { idempotencyKey: key } = request;
    const job = this.#deps.book.jobs().find(({ kind, idempotencyKey }) => kind === "copy" && idempotencyKey === key);
    if (key === "" || !job || job.requestDigest === digestOf(request)) return key === "" ? undefined : job?.jobId;
    throw new ImportError(
      "request_invalid",
      `the idempotency key was used before, for copy job ${job.jobId}: use a new key`,
    );
  }

  #checkOpenJobs(): void {
    const open = this.#deps.book.jobs().filter(({ kind, state }) => kind === "copy" && !isEnded(state));
    if (open.length < this.#deps.maxOpenJobs) return;
    throw new ImportError(
      "request_invalid",
      `${open.length} copies are unfinished, and no more may be: try again later`,
    );
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
    const { collectionId, name, dbName, vchannels, storedSchema, properties } = target;
    const spec = copySpec(source, target, request);
    return {
      ...{ jobId: jobId(await this.#deps.allocateId()), kind: "copy", spec, state: "pending", groups: [] },
      ...{ collectionId, collectionName: name, dbName, vchannels, schema: storedSchema, properties },
      ...{ partitionName: request.partitionNames.join(","), partitionIds: [] },
      ...{ idempotencyKey: request.idempotencyKey, requestDigest: digestOf(request) },
      // Of the snapshot.
      timestamp: await this.#deps.allocateTs(),
      ...{ createdMs: this.#deps.now(), deadlineMs: 0, completedMs: 0, rowCount: 0, segmentIds: [], autoIds: [] },
      traceParent: currentTraceParent(),
    };
  }
}

function copySpec(source: CollectionRecord, target: CollectionRecord, request: rootCoord.CopyRequest): CopySpec {
  const { partitionNames: names } = request;
  const pairs = source.partitions.map(({ partitionId, name }, i) => ({
    ...{ name, pair: [partitionId, target.partitions[i].partitionId] as const },
  }));
  const chosen = pairs.filter(({ name }) => names.length === 0 || names.includes(name));
  const ttl = new Map(source.properties).has("collection.ttl.seconds");
  return {
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
function checkPartitions({ partitions }: CollectionRecord, names: readonly string[]): void {
  const missing = names.find((name) => !partitions.some((partition) => partition.name === name));
  if (missing !== undefined)
    throw new StatusError(statusCodes.partitionNotFound, `partition not found[partition=${excerpt(missing, 300)}]`);
}

function targetExists({ dbName, name }: CollectionRecord): StatusError {
  const text = `the collection "${excerpt(name)}" of database "${excerpt(dbName)}" exists, or another job makes it: choose another name, or drop it`;
  return new StatusError(statusCodes.invalidParameter, text);
}

function digestOf({ idempotencyKey: _, ...request }: rootCoord.CopyRequest): string {
  return createHash("sha256")
    .update(JSON.stringify(["copy", request]))
    .digest("base64url");
}

/** What users are told of a copy; counts of each partition are of one moment, that of the request. */
export function copyOutcome(job: JobRecord, tasks: readonly TaskRecord[]) {
  const { sourceDbName, sourceCollectionName, partitionNames, strategy } = specOf(job, "copy");
  const sum = (of: readonly number[]) => of.reduce((total, value) => total + value, 0);
  return {
    ...{ dbName: sourceDbName, collectionName: sourceCollectionName },
    ...{ targetDbName: job.dbName, targetCollectionName: job.collectionName },
    ...{ strategy: strategy.name, strategyReason: strategy.reason, timestamp: String(job.timestamp) },
    partitions: partitionNames.map((name, group) => {
      const own = tasks.filter((task) => task.group === group);
      const sourceRows = sum(own.map(({ announcedRows = 0 }) => announcedRows));
      return { name, sourceRows, rows: sum(own.map(({ rowCount }) => rowCount)) };
    }),
  };
}
