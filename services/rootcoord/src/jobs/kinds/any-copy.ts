import type { JobRecord, TaskRecord } from "@sluice/catalog";
import type { Failure } from "@sluice/errors";
import { specOf } from "@sluice/jobs";
import type { Secrets } from "@sluice/object-store";
import type { JobCredentials } from "../job-credentials.ts";
import { CopyPlanner, type CopyPlannerDeps } from "./copy.ts";
import type { JobPlanner } from "./job-planner.ts";
import { PullPlanner, type PullPlannerDeps } from "./pull.ts";

/** Copies, by where their rows come from. */
export class AnyCopyPlanner implements JobPlanner {
  readonly #within: CopyPlanner;
  readonly #in: PullPlanner;
  readonly #credentials: JobCredentials;

  constructor(deps: CopyPlannerDeps & PullPlannerDeps) {
    this.#within = new CopyPlanner(deps);
    this.#in = new PullPlanner(deps);
    this.#credentials = deps.credentials;
  }

  #of(job: JobRecord): CopyPlanner | PullPlanner {
    return specOf(job, "copy").direction === "in" ? this.#in : this.#within;
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

  finish(job: JobRecord, tasks: readonly TaskRecord[], signal: AbortSignal) {
    return this.#of(job).finish(job, tasks, signal);
  }
}
