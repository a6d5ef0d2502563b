import { decodeRecord, encodeRecord, type JobRecord, type TaskRecord } from "@sluice/catalog";
import { ImportError } from "@sluice/errors";
import type { MetaStore, Write } from "@sluice/metastore";
import type { JobId, TaskId } from "@sluice/schema";

// B1. The records are the truth; the book is a copy of them that only this rootcoord writes. Every write goes to the
//     store first, guarded by the revisions that the copy was read at, so that a stale copy can change nothing.
// B2. A task's record changes only together with a guard on its job's record: once a job has left `importing`, no late
//     report can touch its tasks.
// B3. Changes of one job are made one after the other; different jobs do not wait for each other.
// B4. A guard that fails while this rootcoord leads means that a transaction was carried out whose answer was lost: the job
//     is read again, and the change decided anew. Once another rootcoord leads, the metastore refuses every write.

interface Versioned<T> {
  readonly record: T;
  readonly revision: bigint;
}

/** A job with its tasks, as of one moment. */
export interface JobView {
  readonly job: JobRecord;
  /** In order of task id, which is the order of planning. */
  readonly tasks: readonly TaskRecord[];
}

/** What to write: a new job record, task records to put, ids of tasks to delete. */
export interface JobChange {
  readonly job?: JobRecord;
  readonly tasks?: readonly TaskRecord[];
}

interface JobEntry {
  job: Versioned<JobRecord>;
  readonly tasks: Map<TaskId, Versioned<TaskRecord>>;
  /** Of the records as they are; made when it is asked for, since sorting a thousand tasks for each report adds up. */
  view: JobView | undefined;
  /** Tail of the chain of changes (B3). */
  tail: Promise<unknown>;
}

/** Times that a change is decided anew because the records had moved. */
const MAX_RELOADS = 5;

/** All import jobs and their tasks, in memory for reading, written through to the metastore. */
export class JobBook {
  readonly #store: MetaStore;
  readonly #jobs = new Map<JobId, JobEntry>();
  readonly #listeners = new Set<(jobId: JobId) => void>();

  constructor(store: MetaStore) {
    this.#store = store;
  }

  /** Reads every job and task of the store. */
  async load(): Promise<void> {
    for await (const entry of this.#store.scan("job/")) {
      const record = decodeRecord(entry.value) as JobRecord;
      this.#jobs.set(record.jobId, {
        job: { record, revision: entry.revision },
        tasks: new Map(),
        view: undefined,
        tail: Promise.resolve(),
      });
    }
    for await (const entry of this.#store.scan("task/")) {
      const record = decodeRecord(entry.value) as TaskRecord;
      this.#jobs.get(record.jobId)?.tasks.set(record.taskId, { record, revision: entry.revision });
    }
  }

  /** Calls `listener` after every change of a job. */
  onChange(listener: (jobId: JobId) => void): void {
    this.#listeners.add(listener);
  }

  get(jobId: JobId): JobView | undefined {
    const entry = this.#jobs.get(jobId);
    return entry && viewOf(entry);
  }

  /** Every job, ascending by id. */
  all(): JobView[] {
    return [...this.#jobs.values()].map(viewOf).sort((a, b) => (a.job.jobId < b.job.jobId ? -1 : 1));
  }

  /** The records alone of every job, in no order. */
  jobs(): JobRecord[] {
    return [...this.#jobs.values()].map((entry) => entry.job.record);
  }

  /** Adds a job; `extra` is written in the same transaction, under the guard that its keys are absent. */
  async create(job: JobRecord, extra: readonly Write[] = []): Promise<boolean> {
    const writes: Write[] = [{ key: jobKey(job.jobId), value: encodeRecord(job) }, ...extra];
    const guards = writes.map(({ key }) => ({ key, revision: 0n }));
    const revision = (await this.#store.commit({ guards, writes })) ?? (await this.#revisionIfWritten(writes[0]));
    if (revision === undefined) return false;
    const entry = { job: { record: job, revision }, tasks: new Map(), view: undefined, tail: Promise.resolve() };
    this.#jobs.set(job.jobId, entry);
    this.#notify(job.jobId);
    return true;
  }

  /** B4: job ids are never given twice, so that what is there under this one is ours. */
  async #revisionIfWritten({ key, value }: Write): Promise<bigint | undefined> {
    const found = await this.#store.get(key);
    return found?.value === value ? found?.revision : undefined;
  }

  /**
   * Changes one job: `decide` sees the present records and says what to write, or undefined for nothing. The answer is what
   * it was after the change. `decide` is called again when the records had moved (B4).
   * @throws {ImportError} `internal` when they keep moving; {NotLeadingError} when another rootcoord leads
   */
  async change(jobId: JobId, decide: (view: JobView) => JobChange | undefined): Promise<JobView | undefined> {
    const entry = this.#jobs.get(jobId);
    if (!entry) return undefined;
    const turn = entry.tail.then(() => this.#apply(entry, decide));
    entry.tail = turn.catch(() => undefined);
    return turn;
  }

  /** Changes what is known of running tasks in memory only: their progress, which the next report tells again. */
  note(jobId: JobId, decide: (view: JobView) => TaskRecord | undefined): boolean {
    const entry = this.#jobs.get(jobId);
    const task = entry && decide(viewOf(entry));
    const known = task && entry.tasks.get(task.taskId);
    if (!task || !known) return false;
    entry.tasks.set(task.taskId, { record: task, revision: known.revision });
    entry.view = undefined;
    return true;
  }

  async #apply(entry: JobEntry, decide: (view: JobView) => JobChange | undefined): Promise<JobView> {
    for (let attempt = 0; attempt < MAX_RELOADS; attempt++) {
      const change = decide(viewOf(entry));
      if (!change) return viewOf(entry);
      if (await this.#write(entry, change)) {
        this.#notify(entry.job.record.jobId);
        return viewOf(entry);
      }
      if (!(await this.#reload(entry))) break;
    }
    throw new ImportError("internal", `the records of job ${entry.job.record.jobId} keep moving`);
  }

  /** False when a guard failed; some of the tasks may be written then. */
  async #write(entry: JobEntry, change: JobChange): Promise<boolean> {
    // Tasks first and the job last: whoever reads the job's record in its new state finds its tasks.
    const limit = this.#store.limits.transactionOperations;
    const tasks = change.tasks ?? [];
    const perTransaction = Math.floor((limit - 2) / 2);
    const last = Math.max(0, Math.ceil(tasks.length / perTransaction) - 1) * perTransaction;
    for (let i = 0; i < last; i += perTransaction)
      if (!(await this.#commit(entry, tasks.slice(i, i + perTransaction), undefined))) return false;
    return this.#commit(entry, tasks.slice(last), change.job);
  }

  async #commit(entry: JobEntry, tasks: readonly TaskRecord[], job: JobRecord | undefined): Promise<boolean> {
    const key = jobKey(entry.job.record.jobId);
    const guards = [{ key, revision: entry.job.revision }];
    const writes: Write[] = job ? [{ key, value: encodeRecord(job) }] : [];
    for (const task of tasks) {
      guards.push({ key: taskKey(task), revision: entry.tasks.get(task.taskId)?.revision ?? 0n });
      writes.push({ key: taskKey(task), value: encodeRecord(task) });
    }
    const revision = await this.#store.commit({ guards, writes });
    if (revision === undefined) return false;
    if (job) entry.job = { record: job, revision };
    for (const task of tasks) entry.tasks.set(task.taskId, { record: task, revision });
    entry.view = undefined;
    return true;
  }

  /** Reads a job and its tasks again (B4); false when it is gone. */
  async #reload(entry: JobEntry): Promise<boolean> {
    const { jobId } = entry.job.record;
    const found = await this.#store.get(jobKey(jobId));
    if (!found) return false;
    entry.job = { record: decodeRecord(found.value) as JobRecord, revision: found.revision };
    entry.tasks.clear();
    for await (const { value, revision } of this.#store.scan(`task/${jobId}/`)) {
      const record = decodeRecord(value) as TaskRecord;
      entry.tasks.set(record.taskId, { record, revision });
    }
    entry.view = undefined;
    return true;
  }

  /** Deletes a job's tasks: leftovers of a plan that was not finished. */
  async dropTasks(jobId: JobId): Promise<void> {
    const entry = this.#jobs.get(jobId);
    if (!entry || entry.tasks.size === 0) return;
    await this.#delete([...entry.tasks.values()].map(({ record }) => taskKey(record)));
    entry.tasks.clear();
    entry.view = undefined;
  }

  /** Forgets a job that ended long ago, with its tasks. */
  async forget(jobId: JobId): Promise<void> {
    const entry = this.#jobs.get(jobId);
    if (!entry) return;
    await this.dropTasks(jobId);
    const { idempotencyKey, collectionId } = entry.job.record;
    const keys = idempotencyKey === "" ? [] : [idempotencyKeyOf(collectionId, idempotencyKey)];
    await this.#delete([...keys, jobKey(jobId)]);
    this.#jobs.delete(jobId);
  }

  async #delete(keys: readonly string[]): Promise<void> {
    const limit = this.#store.limits.transactionOperations;
    for (let i = 0; i < keys.length; i += limit) {
      await this.#store.commit({
        guards: [],
        writes: keys.slice(i, i + limit).map((key) => ({ key, value: undefined })),
      });
    }
  }

  #notify(jobId: JobId): void {
    for (const listener of this.#listeners) listener(jobId);
  }
}

export function jobKey(jobId: JobId): string {
  return `job/${jobId}`;
}

export function taskKey(task: { readonly jobId: JobId; readonly taskId: TaskId }): string {
  return `task/${task.jobId}/${task.taskId}`;
}

/** The key under which a request's idempotency key is remembered; its value is the job's id. */
export function idempotencyKeyOf(collectionId: bigint, key: string): string {
  return `idempotency/${collectionId}/${Buffer.from(key).toString("hex")}`;
}

function viewOf(entry: JobEntry): JobView {
  entry.view ??= newView(entry);
  return entry.view;
}

function newView(entry: JobEntry): JobView {
  const tasks = [...entry.tasks.values()].map(({ record }) => record);
  return { job: entry.job.record, tasks: tasks.sort((a, b) => (a.taskId < b.taskId ? -1 : 1)) };
}
