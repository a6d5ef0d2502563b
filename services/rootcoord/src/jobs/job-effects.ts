import { nextTurn } from "@sluice/async";
import type { JobRecord, TaskRecord } from "@sluice/catalog";
import { failureOf, ImportError } from "@sluice/errors";
import { CLEANUP_MS, type JobEffect, type JobEvent } from "@sluice/jobs";
import { withSpan } from "@sluice/telemetry";
import type { DataCoordClient } from "../data-coord.ts";
import type { HandedOver } from "./handed-over.ts";
import type { JobBook, JobView } from "./job-book.ts";
import type { JobTroubles } from "./job-troubles.ts";
import type { JobPlanners } from "./kinds/job-planner.ts";
import { withTaskIds } from "./planned-tasks.ts";

/** What a step of a job may call; `now` is in Unix milliseconds. */
export interface JobEffectsDeps {
  readonly book: JobBook;
  readonly dataCoord: DataCoordClient;
  readonly planners: JobPlanners;
  readonly allocateIds: (count: number) => Promise<bigint>;
  readonly now: () => number;
  readonly troubles: JobTroubles;
}

/** What belongs to the loop, beside what it was given. */
interface LoopState {
  /** Tasks that the datacoord has, for all that is known. */
  readonly sent: HandedOver;
  /** Aborts when the loop closes. */
  readonly closing: AbortSignal;
}

/**
 * What a step asks for outside of the records. Each may be carried out twice, and after a crash is asked for again; what it
 * answers is an event, so that records alone say how far a job is.
 */
export class JobEffects {
  readonly #deps: JobEffectsDeps & LoopState;

  constructor(deps: JobEffectsDeps, state: LoopState) {
    this.#deps = { ...deps, ...state };
  }

  /** @returns the event that an answer is; undefined where the effect has none @throws what is tried again */
  async carryOut(effect: JobEffect, view: JobView): Promise<JobEvent<TaskRecord> | undefined> {
    switch (effect) {
      case "plan":
        return this.#plan(view.job);
      case "hand_over":
        await this.#handOver(view);
        return undefined;
      case "commit":
        return this.#commit(view);
      case "write_rejects":
        return this.#writeRejects(view);
      case "take_out":
        return this.#takeOut(view);
      case "clean_up":
        return this.#cleanUp(view.job);
      case "take_back":
        await this.#takeBack(view);
        return undefined;
    }
  }

  async #plan(job: JobRecord): Promise<JobEvent<TaskRecord>> {
    const { jobId } = job;
    this.#deps.sent.forgetJob(jobId);
    await this.#deps.book.dropTasks(jobId);
    try {
      const about = { jobId: jobId.toString() };
      const plan = () => this.#deps.planners[job.kind].plan(job);
      await nextTurn();
      const planned = await withSpan(`plan ${job.kind} job`, about, plan, job.traceParent);
      const tasks = await withTaskIds(job, planned, this.#deps.allocateIds);
      await nextTurn();
      return { kind: "planned", tasks };
    } catch (error) {
      if (!(error instanceof ImportError) || error.spec.blame === "system") throw error;
      return { kind: "plan_refused", failure: failureOf(error), nowMs: this.#deps.now() };
    }
  }

  /** Hands every open task over that the datacoord does not have yet. Known tasks are no news to the queue. */
  async #handOver(view: JobView): Promise<void> {
    await this.#deps.sent.hand(view, (tasks) => this.#deps.dataCoord.dispatch(tasks, this.#deps.closing));
  }

  async #commit({ job, tasks }: JobView): Promise<JobEvent<TaskRecord>> {
    const about = { jobId: job.jobId.toString(), tasks: tasks.length };
    const { closing } = this.#deps;
    const planner = this.#deps.planners[job.kind];
    const commit = () =>
      planner.finish?.(job, tasks, closing) ??
      this.#deps.dataCoord.commit(job, tasks, planner.removes?.(job) ?? [], closing);
    try {
      const made = await withSpan(`commit ${job.kind} job`, about, commit, job.traceParent);
      const rejects = await planner.writeRejects?.(job, tasks, closing);
      return { kind: "committed", segmentIds: [], ...made, ...(rejects && { rejects }), nowMs: this.#deps.now() };
    } catch (error) {
      if (!(error instanceof ImportError) || error.code !== "job_failed") throw error;
      return { kind: "commit_refused", failure: failureOf(error), nowMs: this.#deps.now() };
    }
  }

  async #writeRejects({ job, tasks }: JobView): Promise<JobEvent<TaskRecord> | undefined> {
    const planner = this.#deps.planners[job.kind];
    const failure = planner.refusal?.(job, tasks);
    const rejects = failure && (await planner.writeRejects?.(job, tasks, this.#deps.closing));
    return failure && { kind: "refused", failure, ...(rejects && { rejects }), nowMs: this.#deps.now() };
  }

  async #takeOut({ job }: JobView): Promise<JobEvent<TaskRecord>> {
    try {
      await this.#deps.dataCoord.takeOut(job, this.#deps.closing);
      return { kind: "taken_out", nowMs: this.#deps.now() };
    } catch (error) {
      if (!(error instanceof ImportError) || error.code !== "job_failed") throw error;
      return { kind: "take_out_refused", failure: failureOf(error) };
    }
  }

  async #cleanUp(job: JobRecord): Promise<JobEvent<TaskRecord>> {
    try {
      await this.#deps.planners[job.kind].cleanUp?.(job);
      return { kind: "cleaned_up", nowMs: this.#deps.now() };
    } catch (error) {
      if (!(error instanceof ImportError)) throw error;
      if (error.code !== "job_failed" && this.#deps.now() < job.completedMs + CLEANUP_MS) throw error;
      return { kind: "cleanup_refused", failure: failureOf(error) };
    }
  }

  async #takeBack({ job, tasks }: JobView): Promise<void> {
    // Those that are open may be wanted again, after a pause.
    this.#deps.sent.forget(tasks.map(({ taskId }) => taskId));
    const cancelled = this.#deps.dataCoord.cancel(tasks, this.#deps.closing);
    await cancelled.catch((error) => this.#deps.closing.aborted || this.#deps.troubles.failed(job.jobId, error));
  }
}
