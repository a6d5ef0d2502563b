import {
  commitInPages,
  commitStaged,
  type FileGroupRecord,
  groupsOf,
  IDEMPOTENCY_KEYS,
  type IdempotencyRecord,
  JOB_FILES,
  JOBS,
  type JobFilesRecord,
  type JobRecord,
  pagesOf,
  type RecordEntry,
  RecordTable,
  type StagedWrite,
  type StoredJob,
  TASKS,
  type TaskRecord,
} from "@sluice/catalog";
import { ImportError } from "@sluice/errors";
import { isEnded } from "@sluice/jobs";
import type { MetaStore } from "@sluice/metastore";
import type { CollectionId, JobId, TaskId } from "@sluice/schema";
import { JobIndex } from "./job-index.ts";
import { type JobView, type KnownJob, newKnown, viewOf, withoutCredentials } from "./known-job.ts";

// B1. The records are the truth; the book is a copy of them that only this rootcoord writes. Every write goes to the
//     store first, guarded by the revisions that the copy was read at, so that a stale copy can change nothing.
// B2. A task's record changes only together with a guard on its job's record: once a job has left `importing`, no late
//     report can touch its tasks.
// B3. Changes of one job are made one after the other; different jobs do not wait for each other.
// B4. A guard that fails while this rootcoord leads means that a transaction was carried out whose answer was lost: where
//     the records are what was to be written, all is well; else the job is read again, and the change decided anew. Once
//     another rootcoord leads, the metastore refuses every write.

export type { JobView };

/** What to write: a new job record, task records to put. */
export interface JobChange {
  readonly job?: JobRecord;
  readonly tasks?: readonly TaskRecord[];
}

/** Times that a change is decided anew because the records had moved. */
const MAX_RELOADS = 5;

/** All jobs and their tasks, in memory for reading, written through to the metastore. */
export class JobBook {
  readonly #store: MetaStore;
  readonly #jobTable: RecordTable<StoredJob, JobId>;
  readonly #filesTable: RecordTable<JobFilesRecord, readonly [JobId, number]>;
  readonly #taskTable: RecordTable<TaskRecord, readonly [JobId, TaskId]>;
  readonly #keyTable: RecordTable<IdempotencyRecord, readonly [CollectionId, string]>;
  readonly #jobs = new Map<JobId, KnownJob>();
  readonly #index = new JobIndex();
  readonly #listeners = new Set<(jobId: JobId) => void>();

  constructor(store: MetaStore) {
    this.#store = store;
    this.#jobTable = new RecordTable(store, JOBS);
    this.#filesTable = new RecordTable(store, JOB_FILES);
    this.#taskTable = new RecordTable(store, TASKS);
    this.#keyTable = new RecordTable(store, IDEMPOTENCY_KEYS);
  }

  /** Reads every job and task of the store. */
  async load(): Promise<void> {
    const pages = Map.groupBy(await Array.fromAsync(this.#filesTable.scan()), ({ record }) => record.jobId);
    for await (const entry of this.#jobTable.scan()) {
      const { jobId } = entry.record;
      this.#add(entry, groupsOf((pages.get(jobId) ?? []).map(({ record }) => record)));
      pages.delete(jobId);
    }
    for (const jobId of pages.keys()) await this.#dropFiles(jobId, pages.get(jobId)?.length ?? 0);
    for await (const entry of this.#taskTable.scan()) this.#jobs.get(entry.record.jobId)?.tasks.set(entry);
  }

  /** Calls `listener` after every change of a job, until what this answers is called. */
  onChange(listener: (jobId: JobId) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  get(jobId: JobId): JobView | undefined {
    const known = this.#jobs.get(jobId);
    return known && viewOf(known);
  }

  /** Every job, ascending by id. */
  all(): JobView[] {
    return this.#index.all.map(viewOf);
  }

  /** The record alone of every job, in order of id: what lists look through. */
  *records(isDescending: boolean): Generator<StoredJob> {
    const { all } = this.#index;
    for (let i = 0; i < all.length; i++) yield all[isDescending ? all.length - 1 - i : i].job.record;
  }

  /** The records alone of jobs of a kind that have not ended. */
  openOf(kind: JobRecord["kind"]): StoredJob[] {
    return [...this.#index.open].flatMap(({ job: { record } }) => (record.kind === kind ? record : []));
  }

  /** Jobs that correct this one's rejected rows, or import its files again; ascending. */
  followersOf(jobId: JobId): StoredJob[] {
    return this.#index.followersOf(jobId).flatMap((id) => this.#jobs.get(id)?.job.record ?? []);
  }

  /** The records alone of every job, in no order. */
  jobs(): StoredJob[] {
    return [...this.#jobs.values()].map((known) => known.job.record);
  }

  /** The job that a request with this key has led to. */
  async idOfKey(collectionId: CollectionId, key: string): Promise<JobId | undefined> {
    return (await this.#keyTable.get([collectionId, key]))?.record.jobId;
  }

  /**
   * Adds a job and takes its idempotency key, if it has one; false when the key is taken, or the id. Its files come first, so
   * that whoever sees the job sees them all; those of a job that never came are dropped, here or at the next start.
   * @param beside written in the same transaction as the job, or not at all
   * @param tasks likewise
   */
  async create(
    { groups, ...job }: JobRecord,
    beside: readonly StagedWrite[] = [],
    tasks: readonly TaskRecord[] = [],
  ): Promise<boolean> {
    const { jobId, collectionId, idempotencyKey: key } = job;
    let stored: RecordEntry<StoredJob> | undefined;
    const pages = pagesOf(jobId, groups).map((page) => this.#filesTable.stage(page, undefined, () => {}));
    const found: RecordEntry<TaskRecord>[] = [];
    const ofTasks = tasks.map((task) =>
      this.#taskTable.stage(task, undefined, (entry) => void (entry && found.push(entry))),
    );
    const ofJob = this.#jobTable.stage(job, undefined, (entry) => (stored = entry));
    const staged = [...beside, ...pages.slice(-1), ...ofTasks, ofJob];
    if (key !== "") staged.push(this.#keyTable.stage({ collectionId, key, jobId }, undefined, () => {}));
    if (!(await commitInPages(this.#store, pages.slice(0, -1)))) return false;
    if (!(await commitStaged(this.#store, staged)) || !stored) {
      await this.#dropFiles(jobId, pages.length - 1);
      return false;
    }
    this.#add(stored, groups, found);
    this.#notify(jobId);
    return true;
  }

  #add(
    job: RecordEntry<StoredJob>,
    groups: readonly FileGroupRecord[],
    tasks?: readonly RecordEntry<TaskRecord>[],
  ): void {
    const known = newKnown(job, groups, tasks);
    this.#jobs.set(job.record.jobId, known);
    this.#index.add(known);
  }

  #remove(known: KnownJob): void {
    this.#jobs.delete(known.job.record.jobId);
    this.#index.remove(known);
  }

  async #dropFiles(jobId: JobId, pages: number): Promise<void> {
    await commitInPages(this.#store, this.#stageFileRemovals(jobId, pages));
  }

  #stageFileRemovals(jobId: JobId, pages: number): StagedWrite[] {
    return Array.from({ length: pages }, (_, page) => this.#filesTable.stageRemoval([jobId, page], () => {}));
  }

  /**
   * Changes one job: `decide` sees the present records and says what to write, if anything. The answer is what
   * it was after the change. `decide` is called again when the records had moved (B4).
   * @throws {ImportError} `internal` when they keep moving; {NotLeadingError} when another rootcoord leads
   */
  async change(jobId: JobId, decide: (view: JobView) => JobChange | undefined): Promise<JobView | undefined> {
    const known = this.#jobs.get(jobId);
    return known?.turns.run(() => this.#apply(known, decide));
  }

  /** Changes what is known of running tasks in memory only: their progress, which the next report tells again. */
  note(jobId: JobId, decide: (view: JobView) => TaskRecord | undefined): boolean {
    const known = this.#jobs.get(jobId);
    const task = known && decide(viewOf(known));
    const entry = task && known.tasks.get(task.taskId);
    if (!entry) return false;
    known.tasks.set({ ...entry, record: task });
    known.view = undefined;
    return true;
  }

  async #apply(known: KnownJob, decide: (view: JobView) => JobChange | undefined): Promise<JobView> {
    for (let attempt = 0; attempt < MAX_RELOADS; attempt++) {
      const change = decide(viewOf(known));
      if (!change?.job && !change?.tasks?.length) return viewOf(known);
      const isWritten = await commitInPages(this.#store, this.#stage(known, change), [this.#jobTable.guard(known.job)]);
      known.view = undefined;
      if (isWritten) {
        this.#notify(known.job.record.jobId);
        return viewOf(known);
      }
      if (!(await this.#reload(known))) break;
    }
    throw new ImportError("internal", `the records of job ${known.job.record.jobId} keep moving`);
  }

  /** Tasks first and the job last: whoever reads the job's record in its new state finds its tasks. */
  #stage(known: KnownJob, { job, tasks = [] }: JobChange): StagedWrite[] {
    const staged = tasks.map((task) =>
      this.#taskTable.stage(task, known.tasks.get(task.taskId), (stored) => {
        if (stored) known.tasks.set(stored);
      }),
    );
    if (!job) return staged;
    const { groups: _, ...kept } = job;
    const own = isEnded(job.state) ? withoutCredentials(kept) : kept;
    return [...staged, this.#jobTable.stage(own, known.job, (stored) => this.#settle(known, stored ?? known.job))];
  }

  #settle(known: KnownJob, job: RecordEntry<StoredJob>): void {
    known.job = job;
    this.#index.changed(known);
  }

  /** Reads a job and its tasks again (B4); false when it is gone. */
  async #reload(known: KnownJob): Promise<boolean> {
    const { jobId } = known.job.record;
    const found = await this.#jobTable.get(jobId);
    if (!found) return false;
    this.#settle(known, found);
    known.tasks.clear();
    for await (const entry of this.#taskTable.scan([jobId])) known.tasks.set(entry);
    known.view = undefined;
    return true;
  }

  /** Deletes a job's tasks: leftovers of a plan that was not finished. */
  async dropTasks(jobId: JobId): Promise<void> {
    const known = this.#jobs.get(jobId);
    if (known) await commitInPages(this.#store, this.#stageRemovals(known));
  }

  /** Forgets a job that ended long ago, with its tasks. */
  async forget(jobId: JobId): Promise<void> {
    const known = this.#jobs.get(jobId);
    if (!known) return;
    const { idempotencyKey: key, collectionId } = known.job.record;
    await commitInPages(this.#store, [
      ...this.#stageRemovals(known),
      ...this.#stageFileRemovals(jobId, pagesOf(jobId, known.groups).length),
      ...(key === "" ? [] : [this.#keyTable.stageRemoval([collectionId, key], () => {})]),
      this.#jobTable.stageRemoval(jobId, () => this.#remove(known)),
    ]);
  }

  #stageRemovals(known: KnownJob): StagedWrite[] {
    return [...known.tasks.values()].map(({ record: { jobId, taskId } }) =>
      this.#taskTable.stageRemoval([jobId, taskId], () => {
        known.tasks.delete(taskId);
        known.view = undefined;
      }),
    );
  }

  #notify(jobId: JobId): void {
    for (const listener of this.#listeners) listener(jobId);
  }
}
