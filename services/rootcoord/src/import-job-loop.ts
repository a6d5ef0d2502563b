import { forEachConcurrent, Slots } from "@sluice/async";
import type { JobRecord, TaskRecord } from "@sluice/catalog";
import { type Failure, failureOf, ImportError } from "@sluice/errors";
import { decideJob, isEnded, type JobDecision, mergeRanges, progressPercent } from "@sluice/jobs";
import type { JobId } from "@sluice/schema";
import { type Logger, withSpan } from "@sluice/telemetry";
import type { DataCoordClient } from "./data-coord.ts";
import type { JobBook, JobView } from "./job-book.ts";
import type { RootCoordMetrics } from "./metrics.ts";

export interface ImportJobLoopDeps {
  readonly book: JobBook;
  readonly dataCoord: DataCoordClient;
  readonly plan: (job: JobRecord) => Promise<TaskRecord[]>;
  /** The job's collection or partition, named, once it is dropped. */
  readonly droppedTarget: (job: JobRecord) => Promise<string | undefined>;
  readonly now: () => number;
  readonly log: Logger;
  readonly metrics?: RootCoordMetrics;
  /** How often every open job is looked at again, whether or not it changed. */
  readonly tickMs: number;
  /** How long the records of an ended job are kept. */
  readonly retentionMs: number;
}

/** What a queue has lost can wait: for five ticks, and where many tasks wait, for long enough that asking costs little. */
const TICKS_PER_COMPARISON = 5;
const TASKS_PER_TICK = 1000;
/** Tasks that are handed over at once, over all jobs: other calls must not wait behind thousands of them. */
const HANDOVER_CONCURRENCY = 16;
/** Pause before a step that failed for reasons outside the job (datacoord away, storage away) is tried again. */
const RETRY_MS = 500;

/**
 * Moves jobs forward: records -> decideJob -> one guarded transaction. Whatever woke it, a pass does what the records call
 * for; after a crash the next pass simply goes on. One job's passes run one after the other, jobs beside each other.
 */
export class ImportJobLoop implements AsyncDisposable {
  readonly #deps: ImportJobLoopDeps;
  readonly #busy = new Map<JobId, Promise<void>>();
  readonly #again = new Set<JobId>();
  /** Jobs whose collection may have been dropped. */
  readonly #suspects = new Set<JobId>();
  /** Tasks that the datacoord has, as far as is known; now and then it is asked, for a queue may lose them. */
  readonly #sent = new Set<bigint>();
  readonly #handovers = new Slots(HANDOVER_CONCURRENCY);
  #ticksToComparison = 0;
  readonly #timer: NodeJS.Timeout;
  /** Aborted when the loop closes: the datacoord may be gone by then, and a call to it would wait for its deadline. */
  readonly #closing = new AbortController();

  constructor(deps: ImportJobLoopDeps) {
    this.#deps = deps;
    deps.book.onChange((jobId) => this.#wake(jobId));
    this.#timer = setInterval(() => this.#tick(), deps.tickMs);
    this.#tick();
  }

  /** Looks at one job now and at what it imports into, as when that was dropped. */
  wake(jobId: JobId): void {
    this.#suspects.add(jobId);
    this.#wake(jobId);
  }

  #tick(): void {
    if (this.#ticksToComparison-- <= 0) this.#compareQueue();
    const oldest = this.#deps.now() - this.#deps.retentionMs;
    for (const { jobId, state, completedMs } of this.#deps.book.jobs()) {
      if (!isEnded(state)) this.wake(jobId);
      else if (completedMs < oldest) void this.#deps.book.forget(jobId).catch((error) => this.#warn(jobId, error));
    }
  }

  /** Forgets that tasks were handed over which nobody has any more: the next pass hands them over again. */
  #compareQueue(): void {
    const sent = [...this.#sent];
    this.#ticksToComparison = Math.max(TICKS_PER_COMPARISON, sent.length / TASKS_PER_TICK) - 1;
    this.#deps.dataCoord.queuedTasks(this.#closing.signal).then(
      (queued) => {
        for (const taskId of sent) if (!queued.has(taskId)) this.#sent.delete(taskId);
        for (const taskId of queued) this.#sent.add(taskId);
      },
      (error) => this.#isClosed() || this.#deps.log.warn("the datacoord does not say what is queued", { err: error }),
    );
  }

  #wake(jobId: JobId): void {
    if (this.#isClosed()) return;
    if (this.#busy.has(jobId)) {
      this.#again.add(jobId);
      return;
    }
    this.#busy.set(jobId, this.#run(jobId));
  }

  async #run(jobId: JobId): Promise<void> {
    do {
      this.#again.delete(jobId);
      try {
        while (await this.#pass(jobId));
      } catch (error) {
        if (this.#isClosed()) break;
        this.#warn(jobId, error);
        setTimeout(() => this.#wake(jobId), RETRY_MS).unref();
      }
    } while (this.#again.has(jobId) && !this.#isClosed());
    this.#busy.delete(jobId);
  }

  /** One decision and its work; true when the job has moved and there may be more to do at once. */
  async #pass(jobId: JobId): Promise<boolean> {
    const isSuspect = this.#suspects.delete(jobId);
    const view = this.#deps.book.get(jobId);
    if (!view || this.#isClosed() || isEnded(view.job.state)) return false;
    const decide = (droppedTarget?: string) =>
      decideJob({ ...view.job, tasks: view.tasks, droppedTarget, nowMs: this.#deps.now() });
    const decision = decide();
    // Most passes follow a report, after which the job goes on as it was: nothing to ask the metastore for.
    if (decision.kind === "stay" && !isSuspect) return this.#apply(view, decision);
    return this.#apply(view, decide(await this.#deps.droppedTarget(view.job)));
  }

  async #apply(view: JobView, decision: JobDecision): Promise<boolean> {
    switch (decision.kind) {
      case "stay":
        await this.#dispatch(view);
        return false;
      case "plan":
        return this.#plan(view.job);
      case "commit": {
        const mixed = mixedKeys(view);
        if (mixed) return this.#fail(view, mixed);
        await this.#deps.book.change(view.job.jobId, ({ job, tasks }) =>
          job.state === "importing" && tasks.every((task) => task.state === "persisted")
            ? { job: { ...job, state: "committing" } }
            : undefined,
        );
        return true;
      }
      case "complete":
        return this.#complete(view);
      case "fail_by_task":
        return this.#fail(
          view,
          view.tasks[decision.taskIndex].failure ?? { code: "internal", reason: "the task gave no reason" },
        );
      case "fail":
        return this.#fail(view, { code: "job_failed", reason: decision.reason });
    }
  }

  async #plan(job: JobRecord): Promise<boolean> {
    await this.#deps.book.dropTasks(job.jobId);
    try {
      const about = { jobId: job.jobId.toString() };
      const tasks = await withSpan("plan import job", about, () => this.#deps.plan(job), job.traceParent);
      await this.#deps.book.change(job.jobId, (view) =>
        view.job.state === "pending" ? { job: { ...view.job, state: "importing" }, tasks } : undefined,
      );
      return true;
    } catch (error) {
      if (!(error instanceof ImportError) || error.spec.blame === "system") throw error;
      return this.#fail({ job, tasks: [] }, failureOf(error));
    }
  }

  /** Hands every open task over that the datacoord does not have yet. Known tasks are no news to the queue. */
  async #dispatch({ job, tasks }: JobView): Promise<void> {
    if (job.state !== "importing") return;
    const open = tasks.filter(
      (task) => (task.state === "pending" || task.state === "running") && !this.#sent.has(task.taskId),
    );
    const handOver = async (task: TaskRecord) => {
      using _slot = await this.#handovers.take();
      await this.#deps.dataCoord.dispatch(task, this.#closing.signal);
      this.#sent.add(task.taskId);
    };
    await forEachConcurrent(open, HANDOVER_CONCURRENCY, handOver);
  }

  async #complete({ job, tasks }: JobView): Promise<boolean> {
    const about = { jobId: job.jobId.toString(), tasks: tasks.length };
    const commit = () => this.#deps.dataCoord.commit(job, tasks, this.#closing.signal);
    const { segmentIds, rowCount } = await withSpan("commit import job", about, commit, job.traceParent);
    await this.#deps.book.change(job.jobId, (view) =>
      view.job.state === "committing"
        ? {
            job: {
              ...view.job,
              state: "completed",
              completedMs: this.#deps.now(),
              rowCount,
              segmentIds,
              autoIds: mergeRanges(tasks.flatMap((task) => task.autoIds)),
            },
          }
        : undefined,
    );
    this.#ended(job.jobId);
    this.#deps.log.info("import job completed", { jobId: job.jobId.toString(), rowCount, segments: segmentIds.length });
    return false;
  }

  async #fail(view: JobView, failure: Failure): Promise<boolean> {
    await this.#deps.book.change(view.job.jobId, ({ job, tasks }) =>
      isEnded(job.state) || job.state === "committing"
        ? undefined
        : {
            job: {
              ...job,
              state: "failed",
              completedMs: this.#deps.now(),
              failure,
              lastProgress: progressPercent({ state: job.state, tasks }),
            },
          },
    );
    this.#ended(view.job.jobId);
    this.#deps.log.info("import job failed", { jobId: view.job.jobId.toString(), failure });
    const cancelled = this.#deps.dataCoord.cancel(view.job, view.tasks, this.#closing.signal);
    await cancelled.catch((error) => this.#isClosed() || this.#warn(view.job.jobId, error));
    return false;
  }

  #ended(jobId: JobId): void {
    const job = this.#deps.book.get(jobId)?.job;
    if (job && isEnded(job.state)) this.#deps.metrics?.jobEnded(job, this.#deps.now());
  }

  #isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  #warn(jobId: JobId, error: unknown): void {
    this.#deps.log.warn("import job step failed; it is tried again", { jobId: jobId.toString(), err: error });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    clearInterval(this.#timer);
    await Promise.allSettled(this.#busy.values());
  }
}

/** A file cut into ranges of which some gave the automatic key and others did not; within a range the parser sees it. */
function mixedKeys({ job, tasks }: JobView): Failure | undefined {
  for (const [index, group] of job.groups.entries()) {
    const filled = tasks.filter((task) => task.group === index && task.rowCount > 0);
    const automatic = filled.filter((task) => task.autoIds.length > 0).length;
    if (automatic === 0 || automatic === filled.length) continue;
    const reason =
      "value of the primary key is missed in some rows: all rows of a file give the automatic key, or none does";
    return { code: "value_invalid", reason, file: group.files[0].path };
  }
  return undefined;
}
