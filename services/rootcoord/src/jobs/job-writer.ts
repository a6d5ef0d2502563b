import { commitInPages, type RecordEntry, type RecordTable, type StagedWrite, type StoredJob } from "@sluice/catalog";
import { ImportError } from "@sluice/errors";
import { isCleaningUp, isEnded } from "@sluice/jobs";
import type { MetaStore } from "@sluice/metastore";
import type { JobId } from "@sluice/schema";
import { JobDraft } from "./job-draft.ts";
import type { JobTasks } from "./job-tasks.ts";
import {
  type JobChange,
  type JobDecision,
  type JobView,
  type KnownJob,
  viewOf,
  withoutCredentials,
} from "./known-job.ts";

/** Times that a change is decided anew because the records had moved. */
const MAX_RELOADS = 5;

/** Who hears of what becomes of jobs. */
export interface JobWriterEvents {
  /** Its own record is another one. */
  readonly settled: (known: KnownJob) => void;
  /** Changes were written. */
  readonly written: (known: KnownJob) => void;
}

/** Writes changes of known jobs, see B1 to B4. */
export class JobWriter {
  readonly #store: MetaStore;
  readonly #jobTable: RecordTable<StoredJob, JobId>;
  readonly #tasks: JobTasks;
  readonly #events: JobWriterEvents;

  constructor(store: MetaStore, jobTable: RecordTable<StoredJob, JobId>, tasks: JobTasks, events: JobWriterEvents) {
    this.#store = store;
    this.#jobTable = jobTable;
    this.#tasks = tasks;
    this.#events = events;
  }

  /**
   * Decides and writes in one transaction, for each decision the job as it was after it; those that do not fit wait for the next.
   * @throws {ImportError} `internal` when the records keep moving; {NotLeadingError} when another rootcoord leads
   */
  async apply(known: KnownJob, decisions: readonly JobDecision[]): Promise<(JobView | Promise<JobView>)[]> {
    for (let attempt = 0; attempt < MAX_RELOADS; attempt++) {
      const { change, decided } = JobDraft.of(viewOf(known), decisions, this.#store.limits.transactionOperations);
      if (!(await this.#write(known, change))) continue;
      const later = decisions.slice(decided.length).map((decide) => known.changes.add(decide));
      return [...decided.map((one) => ("view" in one ? one.view : Promise.reject(one.error))), ...later];
    }
    throw new ImportError("internal", `the records of job ${known.job.record.jobId} keep moving`);
  }

  /** False when the records had moved; they were read again then. @throws {ImportError} `internal` when the job is gone */
  async #write(known: KnownJob, change: JobChange): Promise<boolean> {
    if (!change.job && !change.tasks?.length) return true;
    const isWritten = await commitInPages(this.#store, this.#stage(known, change), [this.#jobTable.guard(known.job)]);
    known.view = undefined;
    if (isWritten) this.#events.written(known);
    else if (!(await this.#reload(known)))
      throw new ImportError("internal", `the records of job ${known.job.record.jobId} keep moving`);
    return isWritten;
  }

  /** Tasks first and the job last: whoever reads the job's record in its new state finds its tasks. */
  #stage(known: KnownJob, { job, tasks = [] }: JobChange): StagedWrite[] {
    const staged = this.#tasks.stage(known, tasks);
    if (!job) return staged;
    const { groups: _, ...kept } = job;
    const own = isEnded(job.state) && !isCleaningUp(job) ? withoutCredentials(kept) : kept;
    return [...staged, this.#jobTable.stage(own, known.job, (stored) => this.#settle(known, stored ?? known.job))];
  }

  #settle(known: KnownJob, job: RecordEntry<StoredJob>): void {
    known.job = job;
    this.#events.settled(known);
  }

  /** Reads a job and its tasks again (B4); false when it is gone. */
  async #reload(known: KnownJob): Promise<boolean> {
    const { jobId } = known.job.record;
    const found = await this.#jobTable.get(jobId);
    if (!found) return false;
    this.#settle(known, found);
    known.tasks.clear();
    known.planPages = 0;
    await this.#tasks.load(() => known, [jobId]);
    known.view = undefined;
    return true;
  }
}
