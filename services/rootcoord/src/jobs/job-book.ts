import {
  commitInPages,
  commitStaged,
  type FileGroupRecord,
  groupsOf,
  IDEMPOTENCY_KEYS,
  type IdempotencyRecord,
  JOBS,
  type JobRecord,
  pagesOf,
  type RecordEntry,
  RecordTable,
  type StagedWrite,
  type StoredJob,
  type TaskRecord,
} from "@sluice/catalog";
import type { MetaStore } from "@sluice/metastore";
import type { CollectionId, JobId } from "@sluice/schema";
import { collectionOf } from "./dropped-target.ts";
import { JobFiles } from "./job-files.ts";
import { JobIndex } from "./job-index.ts";
import { JobTasks } from "./job-tasks.ts";
import { JobWriter } from "./job-writer.ts";
import { type JobDecision, type JobView, type KnownJob, newKnown, viewOf } from "./known-job.ts";

// B1. The records are the truth; the book is a copy of them that only this rootcoord writes. Every write goes to the
//     store first, guarded by the revisions that the copy was read at, so that a stale copy can change nothing.
// B2. A task's record changes only together with a guard on its job's record: once a job has left `importing`, no late
//     report can touch its tasks.
// B3. Changes of one job are decided one after the other, each on what the one before has made of it; those that wait while
//     others are written are written together. Different jobs do not wait for each other.
// B4. A guard that fails while this rootcoord leads means that a transaction was carried out whose answer was lost: where
//     the records are what was to be written, all is well; else the job is read again, and the change decided anew. Once
//     another rootcoord leads, the metastore refuses every write.

export type { JobView };

/** All jobs and their tasks, in memory for reading, written through to the metastore. */
export class JobBook {
  readonly #store: MetaStore;
  readonly #jobTable: RecordTable<StoredJob, JobId>;
  readonly #files: JobFiles;
  readonly #tasks: JobTasks;
  readonly #keyTable: RecordTable<IdempotencyRecord, readonly [CollectionId, string]>;
  readonly #jobs = new Map<JobId, KnownJob>();
  readonly #index = new JobIndex();
  readonly #writer: JobWriter;
  readonly #listeners = new Set<(jobId: JobId) => void>();

  constructor(store: MetaStore) {
    this.#store = store;
    this.#jobTable = new RecordTable(store, JOBS);
    this.#files = new JobFiles(store);
    this.#tasks = new JobTasks(store);
    this.#keyTable = new RecordTable(store, IDEMPOTENCY_KEYS);
    this.#writer = new JobWriter(store, this.#jobTable, this.#tasks, {
      settled: (known) => this.#index.changed(known),
      written: ({ job }) => this.#notify(job.record.jobId),
    });
  }

  /** Reads every job and task of the store. */
  async load(): Promise<void> {
    const pages = await this.#files.load();
    for await (const entry of this.#jobTable.scan()) {
      const { jobId } = entry.record;
      this.#add(entry, groupsOf(pages.get(jobId) ?? []));
      pages.delete(jobId);
    }
    for (const jobId of pages.keys()) await this.#files.drop(jobId, pages.get(jobId)?.length ?? 0);
    await this.#tasks.load((jobId) => this.#jobs.get(jobId));
  }

  /** Calls `listener` after every change of a job, until what this answers is called. */
  onChange(listener: (jobId: JobId) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The present records; undefined for a job that never was, or is forgotten. The same object until the job changes. */
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

  /** Jobs that write into a collection or read it, and have not ended; merges of its segments, which nobody asked for, are none. */
  openJobsOf(collectionId: bigint): JobId[] {
    const open = [...this.#index.open].map(({ job }) => job.record);
    const concerned = open.filter(
      (job) =>
        job.kind !== "compaction" && [job.collectionId, collectionOf(job)].includes(collectionId as CollectionId),
    );
    return concerned.map(({ jobId }) => jobId).sort((a, b) => (a < b ? -1 : 1));
  }

  /** Of the record of a task while this is its current attempt; 0n when it is not. */
  revisionOf({ jobId, taskId, attempt }: TaskRecord): bigint {
    const entry = this.#jobs.get(jobId)?.tasks.get(taskId);
    return entry?.record.state === "running" && entry.record.attempt === attempt ? entry.revision : 0n;
  }

  /** Of all jobs. */
  get runningTasks(): number {
    let count = 0;
    for (const { tasks } of this.#index.open) count += tasks.runningCount;
    return count;
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
    const pages = this.#files.stage(jobId, groups);
    const found: RecordEntry<TaskRecord>[] = [];
    const ofTasks = this.#tasks.stageNew(tasks, (entry) => void (entry && found.push(entry)));
    const ofJob = this.#jobTable.stage(job, undefined, (entry) => (stored = entry));
    const staged = [...beside, ...pages.slice(-1), ...ofTasks, ofJob];
    if (key !== "") staged.push(this.#keyTable.stage({ collectionId, key, jobId }, undefined, () => {}));
    if (!(await commitInPages(this.#store, pages.slice(0, -1)))) return false;
    if (!(await commitStaged(this.#store, staged)) || !stored) {
      await this.#files.drop(jobId, pages.length - 1);
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
    const known = newKnown(job, groups, tasks ?? [], (decisions) => this.#writer.apply(known, decisions));
    this.#jobs.set(job.record.jobId, known);
    this.#index.add(known);
  }

  #remove(known: KnownJob): void {
    this.#jobs.delete(known.job.record.jobId);
    this.#index.remove(known);
  }

  /**
   * Changes one job: `decide` sees the present records and says what to write, if anything. The answer is what
   * it was after the change. `decide` is called again when the records had moved (B4).
   * @throws {ImportError} `internal` when they keep moving; {NotLeadingError} when another rootcoord leads
   */
  async change(jobId: JobId, decide: JobDecision): Promise<JobView | undefined> {
    return this.#jobs.get(jobId)?.changes.add(decide);
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

  /** Deletes a job's tasks: leftovers of a plan that was not finished. */
  async dropTasks(jobId: JobId): Promise<void> {
    const known = this.#jobs.get(jobId);
    if (known) await commitInPages(this.#store, this.#tasks.stageRemovals(known));
  }

  /** Forgets a job that ended long ago, with its tasks. */
  async forget(jobId: JobId): Promise<void> {
    const known = this.#jobs.get(jobId);
    if (!known) return;
    const { idempotencyKey: key, collectionId } = known.job.record;
    await commitInPages(this.#store, [
      ...this.#tasks.stageRemovals(known),
      ...this.#files.stageRemovals(jobId, pagesOf(jobId, known.groups).length),
      ...(key === "" ? [] : [this.#keyTable.stageRemoval([collectionId, key], () => {})]),
      this.#jobTable.stageRemoval(jobId, () => this.#remove(known)),
    ]);
  }

  #notify(jobId: JobId): void {
    for (const listener of this.#listeners) listener(jobId);
  }
}
