import { Serial, sleep } from "@sluice/async";
import type { CollectionRecord, JobRecord, StoredJob } from "@sluice/catalog";
import { type CompactionSpec, isEnded, specOf } from "@sluice/jobs";
import type { dataCoord } from "@sluice/rpc";
import { type CollectionId, collectionId, type JobId, jobId, partitionId, segmentId } from "@sluice/schema";
import type { Logger } from "@sluice/telemetry";
import type { DataCoordClient } from "../data-coord.ts";
import type { JobBook } from "./job-book.ts";

/** What compactions need; `now` is in Unix milliseconds. */
export interface CompactionsDeps {
  readonly book: JobBook;
  readonly dataCoord: Pick<DataCoordClient, "planCompactions">;
  /** The record as long as there is one, dropped or not. */
  readonly getCollection: (id: CollectionId) => Promise<CollectionRecord | undefined>;
  readonly allocateId: () => Promise<bigint>;
  readonly now: () => number;
  readonly log: Logger;
  /** How often small segments are looked for; 0 = never. */
  readonly intervalMs: number;
}

/** A collection is quiet when no import has changed it for so many looks. */
const QUIET_LOOKS = 4;
/** Compactions that run at once, one for so many slots of datanodes, and one at least: imports have the others. */
const SLOTS_PER_COMPACTION = 4;

/**
 * Sees to it that small segments do not pile up: has the datacoord look for what is worth merging, now and then and whenever
 * somebody asks, and records a job for it. What follows is a job's life, but that its tasks wait behind all others.
 *
 * C1. A segment is in one compaction at a time. What another change removes meanwhile makes the job fail, and nothing of it
 *     is seen; what is left is looked at anew.
 * C2. What could not be read is not tried again while its job is remembered, so that it holds up nothing else.
 */
export class Compactions implements AsyncDisposable {
  readonly #deps: CompactionsDeps;
  readonly #closing = new AbortController();
  /** Two looks at once would take the same segments. */
  readonly #turns = new Serial();
  readonly #running: Promise<void>;

  constructor(deps: CompactionsDeps) {
    this.#deps = deps;
    this.#running = deps.intervalMs > 0 ? this.#run() : Promise.resolve();
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    for (;;) {
      await sleep(this.#deps.intervalMs, signal);
      if (signal.aborted) return;
      await this.look().catch((error) => {
        if (!signal.aborted) this.#deps.log.warn("small segments could not be looked for", { err: error });
      });
    }
  }

  /** Records what is due, as far as there is room. */
  look(): Promise<void> {
    return this.#turns.run(async () => {
      const quietMs = BigInt(QUIET_LOOKS * this.#deps.intervalMs);
      const { plans, slots } = await this.#plan({ quietMs, asked: undefined });
      const room = Math.max(1, Math.floor(Number(slots) / SLOTS_PER_COMPACTION)) - this.#open().length;
      for (const plan of plans.slice(0, Math.max(0, room))) await this.#record(plan);
    });
  }

  /** The job that merges all that is small: a new one, else the last one under way; undefined where there is nothing. */
  ask(asked: dataCoord.AskedCompaction): Promise<JobId | undefined> {
    return this.#turns.run(async () => {
      const { plans } = await this.#plan({ quietMs: 0n, asked });
      const [recorded] = await Promise.all(plans.map((plan) => this.#record(plan)));
      return recorded ?? this.#open().findLast((job) => job.collectionId === asked.collectionId)?.jobId;
    });
  }

  #plan(order: Omit<dataCoord.PlanCompactionsRequest, "exceptSegmentIds">) {
    const exceptSegmentIds = this.#jobs().flatMap((job) => this.#untouchable(job));
    return this.#deps.dataCoord.planCompactions({ ...order, exceptSegmentIds }, this.#closing.signal);
  }

  #jobs(): StoredJob[] {
    return this.#deps.book.jobs().filter(({ kind }) => kind === "compaction");
  }

  #open(): StoredJob[] {
    return this.#jobs().filter(({ state }) => !isEnded(state));
  }

  /** C1, C2. Segments of a job that nobody else may take. */
  #untouchable(job: StoredJob): bigint[] {
    const { merges } = specOf(job, "compaction");
    if (!isEnded(job.state)) return merges.flatMap(({ segmentIds }) => segmentIds);
    if (job.state !== "failed" || job.failure?.code === "job_failed") return [];
    const failed = this.#deps.book.get(job.jobId)?.tasks.filter(({ state }) => state === "failed") ?? [];
    return failed.flatMap(({ group, groupCount = 1 }) =>
      merges.slice(group, group + groupCount).flatMap(({ segmentIds }) => segmentIds),
    );
  }

  /** Of partitions that are there. */
  async #record(plan: dataCoord.CompactionPlan): Promise<JobId | undefined> {
    const collection = await this.#deps.getCollection(collectionId(plan.collectionId));
    if (collection?.state !== "active") return undefined;
    const present = new Set<bigint>(collection.partitions.map((partition) => partition.partitionId));
    const spec = specOfPlan(plan.merges.filter((merge) => present.has(merge.partitionId)));
    if (spec.merges.length === 0) return undefined;
    const id = jobId(await this.#deps.allocateId());
    return (await this.#deps.book.create(jobOf(id, spec, collection, this.#deps.now()))) ? id : undefined;
  }

  /** Waits for the look that is under way; jobs that it has recorded go on. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }
}

function specOfPlan(merges: readonly dataCoord.SegmentMerge[]): CompactionSpec {
  const plain = merges.map(({ partitionId: partition, vchannel, segmentIds, memoryBytes }) => ({
    ...{ partitionId: partitionId(partition), vchannel, memoryBytes: Number(memoryBytes) },
    segmentIds: segmentIds.map(segmentId),
  }));
  return { merges: plain, options: [], warnings: [] };
}

function jobOf(id: JobId, spec: CompactionSpec, collection: CollectionRecord, nowMs: number): JobRecord {
  const { collectionId, name, dbName, vchannels, storedSchema, properties } = collection;
  return {
    ...{ jobId: id, kind: "compaction", spec, state: "pending", groups: [] },
    ...{ collectionId, collectionName: name, dbName, vchannels, schema: storedSchema, properties },
    partitionName: "",
    partitionIds: [...new Set(spec.merges.map((merge) => merge.partitionId))],
    ...{ idempotencyKey: "", requestDigest: "" },
    // Each row keeps its own.
    timestamp: 0n,
    ...{ createdMs: nowMs, deadlineMs: 0, completedMs: 0, rowCount: 0, segmentIds: [], autoIds: [] },
  };
}
