import type { JobRecord, TaskRecord } from "@sluice/catalog";
import type { Failure } from "@sluice/errors";
import { specOf, type WrittenRejects } from "@sluice/jobs";
import type { Secrets } from "@sluice/object-store";
import type { JobCredentials } from "../job-credentials.ts";
import type { RejectsWriter } from "../rejects/rejects-writer.ts";
import { DeletesPlanner } from "./deletes.ts";
import { ImportPlanner, type ImportPlannerDeps } from "./import.ts";
import type { JobPlanner, PlannedTask } from "./job-planner.ts";

/** What planning an import, or one of deletes, needs. */
export interface AnyImportPlannerDeps extends ImportPlannerDeps {
  readonly rejects: RejectsWriter;
}

/** Imports, of rows or of deletes. */
export class AnyImportPlanner implements JobPlanner {
  readonly #rows: ImportPlanner;
  readonly #deletes = new DeletesPlanner();
  readonly #credentials: JobCredentials;
  readonly #rejects: RejectsWriter;

  constructor(deps: AnyImportPlannerDeps) {
    this.#rows = new ImportPlanner(deps);
    this.#rejects = deps.rejects;
    this.#credentials = deps.credentials;
  }

  async plan(job: JobRecord): Promise<readonly PlannedTask[]> {
    return isOfDeletes(job) ? this.#deletes.planAtOnce(job) : this.#rows.plan(job);
  }

  planAtOnce(job: JobRecord): readonly PlannedTask[] | undefined {
    return isOfDeletes(job) ? this.#deletes.planAtOnce(job) : this.#rows.planAtOnce(job);
  }

  inputOf(job: JobRecord, task: TaskRecord): object {
    return isOfDeletes(job) ? this.#deletes.inputOf(job) : this.#rows.inputOf(job, task);
  }

  secretsOf(job: JobRecord): Secrets {
    return this.#credentials.of(job);
  }

  lost(job: JobRecord): Failure | undefined {
    return this.#credentials.lost(job);
  }

  async writeRejects(
    job: JobRecord,
    tasks: readonly TaskRecord[],
    signal: AbortSignal,
  ): Promise<WrittenRejects | undefined> {
    const { rejectsFolder } = specOf(job, "import");
    return rejectsFolder && this.#rejects.write(job, tasks, rejectsFolder, signal);
  }

  refusal(job: JobRecord, tasks: readonly TaskRecord[]): Failure | undefined {
    return isOfDeletes(job) ? undefined : this.#rows.refusal(job, tasks);
  }
}

function isOfDeletes(job: JobRecord): boolean {
  return specOf(job, "import").isDeletes === true;
}
