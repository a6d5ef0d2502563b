import { createHash } from "node:crypto";
import type { CollectionRecord, JobRecord, StagedWrite } from "@sluice/catalog";
import { excerpt, ImportError, StatusError, statusCodes } from "@sluice/errors";
import { specOf } from "@sluice/jobs";
import type { rootCoord } from "@sluice/rpc";
import type { JobId } from "@sluice/schema";
import { currentTraceParent, type Logger } from "@sluice/telemetry";
import type { HiddenCollections } from "../ddl/index.ts";
import { copyEstimate } from "./copy-estimate.ts";
import { type CopyTarget, copyTargetOf } from "./copy-target.ts";
import type { JobBook } from "./job-book.ts";
import type { JobCredentials } from "./job-credentials.ts";
import type { PlannedTask } from "./kinds/job-planner.ts";
import type { RequestedJobs } from "./requested-jobs.ts";
import { stageTarget } from "./stage-target.ts";

/** What copies of all kinds need, wherever their rows come from. */
export interface CopyRequestsDeps {
  readonly book: JobBook;
  readonly requested: RequestedJobs;
  readonly hidden: Pick<HiddenCollections, "stage" | "drop">;
  /** Of which tasks a job would consist. */
  readonly tasksOf: (job: JobRecord) => Promise<readonly PlannedTask[]>;
  readonly credentials: Pick<JobCredentials, "forget">;
  /** The active collection by name or alias; undefined where there is none. @throws {StatusError} 800 */
  readonly lookUp: (dbName: string, name: string) => Promise<CollectionRecord | undefined>;
  /** Copies that may be open at once. */
  readonly maxOpenJobs: number;
  readonly log: Logger;
}

/** The job that a request has led to, or what that would do. */
export interface CopyAnswer {
  readonly jobId: JobId | 0n;
  /** JSON. */
  readonly estimate: string;
}

/** What requests of copies have in common, wherever their rows come from: job and target are recorded together, each once. */
export class CopyRequests {
  readonly #deps: CopyRequestsDeps;
  /** Jobs that the book does not know yet. */
  readonly #recording = new Set<JobRecord>();

  constructor(deps: CopyRequestsDeps) {
    this.#deps = deps;
  }

  /**
   * The job that this request has led to before. The job's own collection is the target, which a repeated request does not know:
   * it is looked for among all.
   * @throws {ImportError} `request_invalid` when its key was that of another request
   */
  findEarlier(request: rootCoord.CopyRequest): CopyAnswer | undefined {
    const { idempotencyKey: key } = request;
    const job = this.#deps.book.jobs().find(({ kind, idempotencyKey }) => kind === "copy" && idempotencyKey === key);
    if (key === "" || !job || request.dryRun) return undefined;
    if (job.requestDigest === digestOf(request)) return { jobId: job.jobId, estimate: "" };
    throw new ImportError(
      "request_invalid",
      `the idempotency key was used before, for copy job ${job.jobId}: use a new key`,
    );
  }

  /** @throws as `copyTargetOf` */
  targetOf(request: rootCoord.CopyRequest, dbName: string): Promise<CopyTarget> {
    return copyTargetOf(request, dbName, this.#deps);
  }

  /** @throws {ImportError} `request_invalid` */
  checkOpenJobs(): void {
    const open = this.#deps.book.openOf("copy");
    if (open.length < this.#deps.maxOpenJobs) return;
    throw new ImportError(
      "request_invalid",
      `${open.length} copies are unfinished, and no more may be: try again later`,
    );
  }

  /** The target has its name from now on, and is found when the job has ended. @throws {StatusError} 800, 1100 */
  async record(asked: JobRecord, target: CollectionRecord, request: rootCoord.CopyRequest): Promise<CopyAnswer> {
    const job = withRate(asked, request);
    const isMore = specOf(job, "copy").replaces === undefined;
    const beside = await stageTarget(this.#deps, target, isMore);
    if (beside && request.dryRun) return this.#estimated(job);
    if (beside && (await this.#create(job, request, beside))) return { jobId: job.jobId, estimate: "" };
    // The same request may have come twice at the same moment.
    const winner = this.findEarlier(request);
    if (winner !== undefined) return winner;
    throw targetExists(target);
  }

  /** A job whose target is elsewhere, or is there. @throws {ImportError} `request_invalid` while another one appends there */
  async recordAlone(asked: JobRecord, request: rootCoord.CopyRequest): Promise<CopyAnswer> {
    const job = withRate(asked, request);
    if (request.dryRun) return this.#estimated(job);
    if (appends(job)) this.#checkAlone(job);
    this.#recording.add(job);
    try {
      if (await this.#create(job, request, [])) return { jobId: job.jobId, estimate: "" };
    } finally {
      this.#recording.delete(job);
    }
    const winner = this.findEarlier(request);
    if (winner !== undefined) return winner;
    throw new ImportError("internal", `job id ${job.jobId} is taken`);
  }

  /** Of two that append at once neither finds the keys of the other: rows would be there twice. */
  #checkAlone({ collectionId, collectionName, idempotencyKey: key }: JobRecord): void {
    const open = [...this.#recording, ...this.#deps.book.openOf("copy")];
    const other = open.find(
      (job) => job.collectionId === collectionId && appends(job) && (key === "" || job.idempotencyKey !== key),
    );
    if (!other) return;
    const reason = `copy job ${other.jobId} appends to "${excerpt(collectionName)}", and would not see the keys of another one: try again when it has ended`;
    throw new ImportError("request_invalid", reason);
  }

  /** Bytes of all rows of a job, as they are in memory, about. */
  async bytesOf(job: JobRecord): Promise<number> {
    return (await this.#deps.tasksOf(job)).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }

  /** What was held for a job that is not recorded is forgotten. */
  forget(jobId: JobId): void {
    this.#deps.credentials.forget(jobId);
  }

  /** The job is not recorded; what was held for it is forgotten. */
  async #estimated(job: JobRecord): Promise<CopyAnswer> {
    try {
      return { jobId: 0n, estimate: JSON.stringify(copyEstimate(job, await this.#deps.tasksOf(job))) };
    } finally {
      this.#deps.credentials.forget(job.jobId);
    }
  }

  async #create(job: JobRecord, request: rootCoord.CopyRequest, beside: StagedWrite[]): Promise<boolean> {
    const isNew = await this.#deps.book.create(this.#deps.requested.withWebhooks(job), beside);
    const about = { jobId: job.jobId.toString(), source: request.collectionName, target: request.targetCollectionName };
    if (isNew) this.#deps.log.info("copy job submitted", about);
    return isNew;
  }
}

function withRate(job: JobRecord, { bytesPerSecond }: rootCoord.CopyRequest): JobRecord {
  if (bytesPerSecond === 0n) return job;
  return { ...job, spec: { ...specOf(job, "copy"), bytesPerSecond: Number(bytesPerSecond) } };
}

function appends(job: Pick<JobRecord, "kind" | "spec">): boolean {
  return specOf(job, "copy").appends === true;
}

/** What the records of all copies have, but for what is asked of them and their moment. */
export function newCopyJob(
  jobId: JobId,
  target: CollectionRecord,
  request: rootCoord.CopyRequest,
  createdMs: number,
): Omit<JobRecord, "spec" | "timestamp"> {
  const { collectionId, name, dbName, vchannels, storedSchema, properties } = target;
  return {
    ...{ jobId, kind: "copy", state: "pending", groups: [] },
    ...{ collectionId, collectionName: name, dbName, vchannels, schema: storedSchema, properties },
    ...{ partitionName: request.partitionNames.join(","), partitionIds: [] },
    ...{ idempotencyKey: request.idempotencyKey, requestDigest: digestOf(request) },
    ...{ createdMs, deadlineMs: 0, completedMs: 0, rowCount: 0, segmentIds: [], autoIds: [] },
    traceParent: currentTraceParent(),
  };
}

function targetExists({ dbName, name }: CollectionRecord): StatusError {
  const text = `the collection "${excerpt(name)}" of database "${excerpt(dbName)}" exists, or another job makes it: choose another name, drop it, or say what becomes of it (ifExists: append, replace)`;
  return new StatusError(statusCodes.invalidParameter, text);
}

/** Credentials may be others: they are none of what is asked for. */
function digestOf({ idempotencyKey: _, from, to, bytesPerSecond, ...request }: rootCoord.CopyRequest): string {
  const asked = ["copy", request, from?.address ?? "", to?.address ?? "", to?.files, to?.filesAs];
  const rate = bytesPerSecond === 0n ? [] : [String(bytesPerSecond)];
  return createHash("sha256")
    .update(JSON.stringify([...asked, ...rate]))
    .digest("base64url");
}
