import type { Task } from "@sluice/jobs";
import type { JobId, KeyRange, SegmentId, TaskId } from "@sluice/schema";
import type { Table } from "./table.ts";

/** Part of a job, and its attempts. */
export interface TaskRecord extends Task {
  /** Which of the job's groups it works on; of several the first. */
  readonly group: number;
  /** How many of them, one after the other; absent = one. */
  readonly groupCount?: number;
  /** Half-open part of the group, in the unit of its format; absent = all of it. */
  readonly range?: { readonly begin: number; readonly end: number };
  /** Of all keys it takes those of one bucket, and reads every row for it; absent = all keys. */
  readonly keyBucket?: { readonly bucket: number; readonly buckets: number };
  /** Segments that it reads, where they are no files. */
  readonly segmentIds?: readonly SegmentId[];
  /** Of a merge, segments of its other tasks, by whose keys it counts what matches nothing; false = another task does; absent = there is none. */
  readonly countedSegmentIds?: readonly SegmentId[] | false;
  /** Range of primary keys that it reads, of rows of another service. */
  readonly keys?: KeyRange;
  /** Its share of the rows that header or footer of the source announce; absent where they were not asked, or say nothing. */
  readonly announcedRows?: number;
}

/**
 * Tasks that were begun, and those that came with the record of their job; others stand in the plan alone (`TASK_PLANS`).
 * Written by the rootcoord, each time under a guard on the job (B2).
 */
export const TASKS: Table<TaskRecord, readonly [JobId, TaskId]> = {
  name: "task",
  idOf: ({ jobId, taskId }) => [jobId, taskId],
};

/**
 * Part of the tasks of a job as they were cut. There may be thousands, and were each written by itself, none could begin before
 * all are: a task has a record of its own from the moment on that it is begun.
 */
export interface TaskPlanRecord {
  readonly jobId: JobId;
  /** From 0. */
  readonly page: number;
  readonly tasks: readonly TaskRecord[];
}

/** Written by the rootcoord, under a guard on the job (B2), and never again. */
export const TASK_PLANS: Table<TaskPlanRecord, readonly [JobId, page: number]> = {
  name: "plan",
  idOf: ({ jobId, page }) => [jobId, page],
};
