import type { JobRecord, TaskRecord } from "@sluice/catalog";
import { type Failure, ImportError } from "@sluice/errors";
import { specOf } from "@sluice/jobs";
import type { Secrets } from "@sluice/object-store";
import type { JobCredentials } from "../job-credentials.ts";
import { AppendPlanner } from "./append.ts";
import { CopyPlanner, type CopyPlannerDeps } from "./copy.ts";
import type { JobPlanner, PlannedTask } from "./job-planner.ts";
import { PullPlanner, type PullPlannerDeps } from "./pull.ts";
import { PushPlanner } from "./push.ts";
import { PushFilesPlanner, type PushFilesPlannerDeps } from "./push-files.ts";

/** Copies, by where their rows come from and go to. */
export class AnyCopyPlanner implements JobPlanner {
  readonly #within: CopyPlanner;
  readonly #appended: AppendPlanner;
  readonly #in: PullPlanner;
  readonly #out: PushPlanner;
  readonly #outByFiles: PushFilesPlanner;
  readonly #credentials: JobCredentials;

  constructor(deps: CopyPlannerDeps & PullPlannerDeps & PushFilesPlannerDeps) {
    this.#within = new CopyPlanner(deps);
    this.#appended = new AppendPlanner(deps);
    this.#in = new PullPlanner(deps);
    this.#out = new PushPlanner(deps);
    this.#outByFiles = new PushFilesPlanner(deps);
    this.#credentials = deps.credentials;
  }

  #of(job: JobRecord): CopyPlanner | AppendPlanner | PullPlanner | PushPlanner | PushFilesPlanner {
    const { direction, strategy, appends } = specOf(job, "copy");
    if (direction === "out") return strategy.name === "files" ? this.#outByFiles : this.#out;
    if (direction === "in") return this.#in;
    return appends ? this.#appended : this.#within;
  }

  /** Of which tasks a job would consist; nothing is made for them. @throws as `plan` */
  tasksOf(job: JobRecord): Promise<PlannedTask[]> {
    const planner = this.#of(job);
    return "tasksOf" in planner ? planner.tasksOf(job) : planner.plan(job);
  }

  plan(job: JobRecord) {
    return this.#of(job).plan(job);
  }

  inputOf(job: JobRecord, task: TaskRecord): object {
    return this.#of(job).inputOf(job, task);
  }

  secretsOf(job: JobRecord): Secrets {
    return this.#credentials.of(job);
  }

  lost(job: JobRecord): Failure | undefined {
    return this.#credentials.lost(job);
  }

  /** What is nowhere but here goes by itself. */
  async cleanUp(job: JobRecord): Promise<void> {
    const planner = this.#of(job);
    if ("cleanUp" in planner) await orEnd(planner.cleanUp(job));
  }

  /** What another service refuses for good ends the job: nobody else will say so. */
  async finish(job: JobRecord, tasks: readonly TaskRecord[], signal: AbortSignal) {
    return orEnd(this.#of(job).finish(job, tasks, signal));
  }
}

/** @throws {ImportError} `job_failed` for what another service refuses */
async function orEnd<T>(doing: Promise<T>): Promise<T> {
  try {
    return await doing;
  } catch (error) {
    if (!(error instanceof ImportError) || error.code !== "peer_refused") throw error;
    throw new ImportError("job_failed", error.reason, undefined, { cause: error });
  }
}
