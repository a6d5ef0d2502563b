import {
  type RecordEntry,
  RecordTable,
  type StagedWrite,
  TASK_PLANS,
  TASKS,
  type TaskPlanRecord,
  type TaskRecord,
} from "@sluice/catalog";
import type { MetaStore } from "@sluice/metastore";
import type { JobId, TaskId } from "@sluice/schema";
import type { KnownJob } from "./known-job.ts";

/** Tasks of a page, about: of 400 bytes each, few of which read longer lists of segments. */
const TASKS_PER_PAGE = 1024;
/** Characters of a page: a transaction of etcd takes twice as much, unless it is told otherwise. */
const MAX_PAGE_LENGTH = 1 << 19;

/** The tasks of jobs in the metastore: those of a plan in pages, and each that was begun in a record of its own. */
export class JobTasks {
  readonly #tasks: RecordTable<TaskRecord, readonly [JobId, TaskId]>;
  readonly #plans: RecordTable<TaskPlanRecord, readonly [JobId, number]>;

  constructor(store: MetaStore) {
    this.#tasks = new RecordTable(store, TASKS);
    this.#plans = new RecordTable(store, TASK_PLANS);
  }

  /** Reads those of one job, or of all, into the jobs that are known. */
  async load(known: (jobId: JobId) => KnownJob | undefined, of: readonly JobId[] = []): Promise<void> {
    for await (const { record } of this.#plans.scan(of)) this.#addPage(known(record.jobId), record);
    for await (const entry of this.#tasks.scan(of)) known(entry.record.jobId)?.tasks.set(entry);
  }

  #addPage(known: KnownJob | undefined, { page, tasks }: TaskPlanRecord): void {
    if (!known) return;
    for (const task of tasks) known.tasks.set(this.#tasks.unstored(task));
    known.planPages = Math.max(known.planPages, page + 1);
  }

  /** The tasks of a job that is recorded with them. */
  stageNew(tasks: readonly TaskRecord[], settle: (stored: RecordEntry<TaskRecord> | undefined) => void): StagedWrite[] {
    return tasks.map((task) => this.#tasks.stage(task, undefined, settle));
  }

  /** Changes of tasks that are known, and pages of those that are not. */
  stage(known: KnownJob, tasks: readonly TaskRecord[]): StagedWrite[] {
    const planned = tasks.filter(({ taskId }) => !known.tasks.get(taskId));
    const changed = tasks.flatMap((task) => {
      const before = known.tasks.get(task.taskId);
      return before ? this.#tasks.stage(task, before, (stored) => stored && known.tasks.set(stored)) : [];
    });
    return [...this.#stagePages(known, planned), ...changed];
  }

  #stagePages(known: KnownJob, tasks: readonly TaskRecord[]): StagedWrite[] {
    const { jobId } = known.job.record;
    const pages: StagedWrite[] = [];
    const waiting = pagesOf(tasks).reverse();
    for (let part = waiting.pop(); part; part = waiting.pop()) {
      const record = { jobId, page: known.planPages + pages.length, tasks: part };
      const staged = this.#plans.stage(record, undefined, (stored) => stored && this.#addPage(known, stored.record));
      const isTooLong = part.length > 1 && (staged.write.value?.length ?? 0) > MAX_PAGE_LENGTH;
      const half = part.length >> 1;
      if (isTooLong) waiting.push(part.slice(half), part.slice(0, half));
      else pages.push(staged);
    }
    return pages;
  }

  /** Tasks and their plan; the job knows of each that it is gone. */
  stageRemovals(known: KnownJob): StagedWrite[] {
    const { jobId } = known.job.record;
    const stored = [...known.tasks.values()].filter(({ revision }) => revision > 0n);
    const ofTasks = stored.map(({ record: { taskId } }) =>
      this.#tasks.stageRemoval([jobId, taskId], () => forget(known, [taskId])),
    );
    const ofPages = Array.from({ length: known.planPages }, (_, page) =>
      this.#plans.stageRemoval([jobId, page], () => {
        if (page === known.planPages - 1) known.planPages = 0;
        forget(known, plannedIn(known));
      }),
    );
    return [...ofTasks, ...ofPages];
  }
}

function pagesOf(tasks: readonly TaskRecord[]): (readonly TaskRecord[])[] {
  const count = Math.ceil(tasks.length / TASKS_PER_PAGE);
  return Array.from({ length: count }, (_, i) => tasks.slice(i * TASKS_PER_PAGE, (i + 1) * TASKS_PER_PAGE));
}

/** Those that have no record of their own. */
function plannedIn({ tasks }: KnownJob): TaskId[] {
  return [...tasks.values()].flatMap(({ revision, record }) => (revision === 0n ? record.taskId : []));
}

function forget(known: KnownJob, taskIds: readonly TaskId[]): void {
  for (const taskId of taskIds) known.tasks.delete(taskId);
  known.view = undefined;
}
