import { Serial } from "@sluice/async";
import type { FileGroupRecord, JobRecord, RecordEntry, StoredJob, TaskRecord } from "@sluice/catalog";
import type { TaskId } from "@sluice/schema";

/** A job with its tasks, as of one moment. */
export interface JobView {
  readonly job: JobRecord;
  /** In order of task id, which is the order of planning. */
  readonly tasks: readonly TaskRecord[];
}

/** The same, as the book keeps it. */
export interface KnownJob {
  job: RecordEntry<StoredJob>;
  /** Of the job's files, which never change. */
  readonly groups: readonly FileGroupRecord[];
  readonly tasks: Map<TaskId, RecordEntry<TaskRecord>>;
  /** Of the records as they are; made when it is asked for, since sorting a thousand tasks for each report adds up. */
  view: JobView | undefined;
  /** The changes of this job (B3). */
  readonly turns: Serial;
}

export function newKnown(
  job: RecordEntry<StoredJob>,
  groups: readonly FileGroupRecord[],
  tasks: KnownJob["tasks"] = new Map(),
): KnownJob {
  return { job, groups, tasks, view: undefined, turns: new Serial() };
}

export function viewOf(known: KnownJob): JobView {
  known.view ??= newView(known);
  return known.view;
}

function newView(known: KnownJob): JobView {
  const tasks = [...known.tasks.values()].map(({ record }) => record);
  const job = { ...known.job.record, groups: known.groups };
  return { job, tasks: tasks.sort((a, b) => (a.taskId < b.taskId ? -1 : 1)) };
}

/** Who reads old records finds no way into anybody's store. */
export function withoutCredentials({ sealedCredentials: _, ...job }: StoredJob): StoredJob {
  return job;
}
