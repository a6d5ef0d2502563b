import type { JobRecord, TaskRecord } from "@sluice/catalog";
import {
  decideJob,
  isCleaningUp,
  isEnded,
  isOpenWebhook,
  isRollingBack,
  type JobEvent,
  next,
  type Step,
} from "@sluice/jobs";
import type { JobId } from "@sluice/schema";
import type { Logger } from "@sluice/telemetry";
import type { RootCoordMetrics } from "../metrics.ts";
import { HandedOver } from "./handed-over.ts";
import type { JobView } from "./job-book.ts";
import { JobEffects, type JobEffectsDeps } from "./job-effects.ts";
import { LostTasks } from "./lost-tasks.ts";

/** What the loop needs besides what steps need. */
export interface JobLoopDeps extends JobEffectsDeps {
  /** The job's collection or partition, named, once it is dropped. */
  readonly droppedTarget: (job: JobRecord) => Promise<string | undefined>;
  readonly log: Logger;
  readonly metrics?: RootCoordMetrics;
  /** How often every open job is looked at again, whether or not it changed. */
  readonly tickMs: number;
  /** How long the records of an ended job are kept. */
  readonly retentionMs: number;
}

/** Pause before a step that failed for reasons outside the job (datacoord away, storage away) is tried again. */
const RETRY_MS = 500;

/**
 * Moves jobs forward: records -> `next` -> one guarded transaction -> the calls that it asks for. Whatever woke it, a pass
 * does what the records call for; after a crash the next pass simply goes on. One job's passes run one after the other, jobs
 * beside each other.
 */
export class JobLoop implements AsyncDisposable {
  readonly #deps: JobLoopDeps;
  readonly #busy = new Map<JobId, Promise<void>>();
  readonly #again = new Set<JobId>();
  /** Jobs whose collection may have been dropped. */
  readonly #suspects = new Set<JobId>();
  readonly #sent = new HandedOver();
  readonly #lost: LostTasks;
  readonly #effects: JobEffects;
  readonly #timer: NodeJS.Timeout;
  /** Aborted when the loop closes: the datacoord may be gone by then, and a call to it would wait for its deadline. */
  readonly #closing = new AbortController();

  constructor(deps: JobLoopDeps) {
    this.#deps = deps;
    const closing = this.#closing.signal;
    this.#lost = new LostTasks(this.#sent, deps, closing);
    this.#effects = new JobEffects(deps, { sent: this.#sent, closing });
    deps.book.onChange((jobId) => this.#wake(jobId));
    this.#timer = setInterval(() => this.#tick(), deps.tickMs);
    this.#tick();
  }

  /** Looks at one job now and at what it works on, as when that was dropped. */
  wake(jobId: JobId): void {
    this.#suspects.add(jobId);
    this.#wake(jobId);
  }

  #tick(): void {
    this.#lost.tick();
    const oldest = this.#deps.now() - this.#deps.retentionMs;
    for (const job of this.#deps.book.jobs()) {
      const { jobId, completedMs, webhooks } = job;
      if (hasWork(job)) this.wake(jobId);
      else if (completedMs < oldest && !webhooks?.some(isOpenWebhook))
        void this.#deps.book.forget(jobId).catch((error) => this.#warn(jobId, error));
    }
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
        await this.#pass(jobId);
        this.#deps.troubles.passed(jobId);
      } catch (error) {
        if (this.#isClosed()) break;
        this.#warn(jobId, error);
        setTimeout(() => this.#wake(jobId), RETRY_MS).unref();
      }
    } while (this.#again.has(jobId) && !this.#isClosed());
    this.#busy.delete(jobId);
  }

  /** One look. Whatever changes the records, here or elsewhere, wakes the loop once more. */
  async #pass(jobId: JobId): Promise<void> {
    const isSuspect = this.#suspects.delete(jobId);
    const view = this.#deps.book.get(jobId);
    if (view && hasWork(view.job) && !this.#isClosed()) await this.#apply(view, await this.#look(view, isSuspect));
  }

  async #look({ job, tasks }: JobView, isSuspect: boolean): Promise<JobEvent<TaskRecord>> {
    const nowMs = this.#deps.now();
    const decision = decideJob({ ...job, tasks, droppedTarget: undefined, nowMs });
    // Most passes follow a report, after which the job goes on as it was: nothing to ask the metastore for. What is being
    // committed cannot be stopped any more.
    const isQuiet = decision.kind === "complete" || (decision.kind === "stay" && !isSuspect);
    const droppedTarget = isQuiet ? undefined : await this.#deps.droppedTarget(job);
    const lost = isEnded(job.state) ? undefined : this.#planner(job).lost?.(job);
    return { kind: "looked", nowMs, ...(droppedTarget && { droppedTarget }), ...(lost && { lost }) };
  }

  /** With what is against the end of these tasks, which may have been reported since the look began. */
  #judged({ job, tasks }: JobView, event: JobEvent<TaskRecord>): JobEvent<TaskRecord> {
    if (event.kind !== "looked" || job.state !== "importing") return event;
    if (tasks.some(({ state }) => state !== "persisted")) return event;
    const refusal = this.#planner(job).refusal?.(job, tasks);
    return refusal ? { ...event, refusal } : event;
  }

  #planner({ kind }: JobRecord) {
    return this.#deps.planners[kind];
  }

  /** Commits what an event comes to, then does what it asks for; the answers are events again. */
  async #apply({ job: { jobId } }: JobView, event: JobEvent<TaskRecord>): Promise<void> {
    let step: Step<JobRecord, TaskRecord> = { effects: [] };
    let before: JobRecord["state"] | undefined;
    const view = await this.#deps.book.change(jobId, (now) => {
      before = now.job.state;
      step = next(now.job, now.tasks, this.#judged(now, event));
      return step;
    });
    if (!view) return;
    if (step.job && step.job.state !== before && isEnded(step.job.state)) this.#noteEnd(step.job);
    for (const effect of step.effects) {
      const answer = await this.#effects.carryOut(effect, view);
      if (answer) await this.#apply(view, answer);
    }
  }

  #noteEnd(job: JobRecord): void {
    const { jobId, kind, state, rowCount, segmentIds, failure } = job;
    const removed = this.#planner(job).removes?.(job).length;
    this.#sent.forgetJob(jobId);
    this.#deps.metrics?.jobEnded(job, this.#deps.now(), removed);
    const made = { rowCount, segments: segmentIds.length, ...(removed !== undefined && { removed }) };
    const outcome = failure ? { failure } : made;
    this.#deps.log.info(`${kind} job ${state}`, { jobId: jobId.toString(), ...outcome });
  }

  #isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  #warn(jobId: JobId, error: unknown): void {
    this.#deps.troubles.failed(jobId, error);
  }

  /** Waits for the passes that are under way: whoever leads next does not meet writes of this one. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    clearInterval(this.#timer);
    await Promise.allSettled(this.#busy.values());
  }
}

/** Ended jobs are left alone, but for those whose rows are to be taken back, and those that have left something elsewhere. */
function hasWork(job: Pick<JobRecord, "state" | "rollback" | "cleanup">): boolean {
  return !isEnded(job.state) || isRollingBack(job) || isCleaningUp(job);
}
