import { Batches } from "@sluice/async";
import type { FileGroupRecord, JobRecord, RecordEntry, StoredJob, TaskRecord } from "@sluice/catalog";
import type { TaskId } from "@sluice/schema";

/** A job with its tasks, as of one moment. */
export interface JobView {
  readonly job: JobRecord;
  /** In order of task id, which is the order of planning. */
  readonly tasks: readonly TaskRecord[];
}

/** What to write: a new job record, task records to put. */
export interface JobChange {
  readonly job?: JobRecord;
  readonly tasks?: readonly TaskRecord[];
}

/** Sees the records as they are and says what to write, if anything. Called again when they had moved. */
export type JobDecision = (view: JobView) => JobChange | undefined;

/** A job with its tasks, as the book keeps it. */
export interface KnownJob {
  job: RecordEntry<StoredJob>;
  /** Of the job's files, which never change. */
  readonly groups: readonly FileGroupRecord[];
  readonly tasks: KnownTasks;
  /** Pages of its plan that are stored. */
  planPages: number;
  /** Of the records as they are; made when it is asked for. */
  view: JobView | undefined;
  /** The changes of this job (B3). */
  readonly changes: Batches<JobDecision, JobView>;
}

/** A job as memory holds it. @param apply makes decisions that wait together in turn, and answers a view for each */
export function newKnown(
  job: RecordEntry<StoredJob>,
  groups: readonly FileGroupRecord[],
  tasks: readonly RecordEntry<TaskRecord>[],
  apply: (decisions: readonly JobDecision[]) => Promise<readonly (JobView | Promise<JobView>)[]>,
): KnownJob {
  const changes = new Batches({ run: apply });
  return { job, groups, tasks: new KnownTasks(tasks), planPages: 0, view: undefined, changes };
}

/** Made once for each state of the records; what a list shows of a thousand jobs it makes of none twice. */
export function viewOf(known: KnownJob): JobView {
  known.view ??= { job: { ...known.job.record, groups: known.groups }, tasks: known.tasks.inOrder() };
  return known.view;
}

/** Tasks of a job, by id and in order: to sort a thousand of them again for each report adds up. */
export class KnownTasks {
  readonly #entries = new Map<TaskId, RecordEntry<TaskRecord>>();
  readonly #places = new Map<TaskId, number>();
  #inOrder: TaskRecord[] | undefined;
  #runningCount = 0;
  /** Somebody has the list as it is: it changes no more. */
  #isShown = false;

  constructor(entries: readonly RecordEntry<TaskRecord>[]) {
    for (const entry of entries) this.set(entry);
  }

  /** With its revision. */
  get(taskId: TaskId): RecordEntry<TaskRecord> | undefined {
    return this.#entries.get(taskId);
  }

  /** Those that somebody works on. */
  get runningCount(): number {
    return this.#runningCount;
  }

  /** A new task, or the present record of a known one; order is made anew for a new one alone. */
  set(entry: RecordEntry<TaskRecord>): void {
    const { taskId } = entry.record;
    this.#runningCount += runningIn(entry) - runningIn(this.#entries.get(taskId));
    const place = this.#entries.has(taskId) ? this.#places.get(taskId) : undefined;
    this.#entries.set(taskId, entry);
    if (place === undefined || !this.#inOrder) this.#inOrder = undefined;
    else this.#own(this.#inOrder)[place] = entry.record;
  }

  #own(list: TaskRecord[]): TaskRecord[] {
    if (!this.#isShown) return list;
    this.#isShown = false;
    this.#inOrder = [...list];
    return this.#inOrder;
  }

  /** Nothing where it is not known. */
  delete(taskId: TaskId): void {
    this.#runningCount -= runningIn(this.#entries.get(taskId));
    this.#entries.delete(taskId);
    this.#inOrder = undefined;
  }

  /** Before its plan is made anew. */
  clear(): void {
    this.#runningCount = 0;
    this.#entries.clear();
    this.#inOrder = undefined;
  }

  /** In the order in which they became known. */
  values(): Iterable<RecordEntry<TaskRecord>> {
    return this.#entries.values();
  }

  /** In order of task id; another list after each change. */
  inOrder(): readonly TaskRecord[] {
    this.#inOrder ??= this.#sorted();
    this.#isShown = true;
    return this.#inOrder;
  }

  #sorted(): TaskRecord[] {
    const tasks = Array.from(this.#entries.values(), ({ record }) => record);
    tasks.sort((a, b) => (a.taskId < b.taskId ? -1 : 1));
    this.#places.clear();
    for (const [place, { taskId }] of tasks.entries()) this.#places.set(taskId, place);
    return tasks;
  }
}

function runningIn(entry: RecordEntry<TaskRecord> | undefined): number {
  return entry?.record.state === "running" ? 1 : 0;
}

/** Who reads old records finds no way into anybody's store. */
export function withoutCredentials({ sealedCredentials: _, ...job }: StoredJob): StoredJob {
  return job;
}
