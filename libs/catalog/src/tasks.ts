import type { Failure } from "@sluice/errors";
import type { TaskState } from "@sluice/jobs";
import type { JobId, NodeId, TaskId } from "@sluice/schema";
import type { Table } from "./table.ts";

/** One file, set or range, and its attempts. */
export interface TaskRecord {
  readonly taskId: TaskId;
  readonly jobId: JobId;
  /** Which group of the job. */
  readonly group: number;
  readonly range?: { readonly begin: number; readonly end: number };
  /** Source bytes of the range. */
  readonly sizeBytes: number;
  readonly state: TaskState;
  /** The current attempt, from 1; 0 before the first. Only its reports count. */
  readonly attempt: number;
  readonly nodeId: NodeId;
  /** Attempts that failed with a retriable error. */
  readonly failures: number;
  readonly rowCount: number;
  readonly processedBytes: number;
  readonly autoIds: readonly bigint[];
  readonly failure?: Failure;
  readonly startedMs: number;
  readonly endedMs: number;
}

/** Written by the rootcoord, each time under a guard on the job (B2). */
export const TASKS: Table<TaskRecord, readonly [JobId, TaskId]> = {
  name: "task",
  idOf: ({ jobId, taskId }) => [jobId, taskId],
};
