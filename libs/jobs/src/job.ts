import type { Failure } from "@sluice/errors";
import type { JobId, NodeId, SegmentId, TaskId } from "@sluice/schema";
import type { ImportFindings } from "./import-findings.ts";
import type { JobKind, JobSpec, JobSpecs, TaskKind } from "./kinds.ts";
import type { JobState, TaskState } from "./states.ts";
import type { WrittenRejects } from "./written-rejects.ts";

/** What transitions read and write of a job; its record holds more, which they leave as it is. */
export interface Job {
  readonly jobId: JobId;
  readonly kind: JobKind;
  /** What was asked for. */
  readonly spec: JobSpec;
  readonly state: JobState;
  /** Unix milliseconds after which the job fails; 0 = never. */
  readonly deadlineMs: number;
  /** Unix milliseconds of its end, 0 before. */
  readonly completedMs: number;
  readonly failure?: Failure;
  /** Of a completed job. */
  readonly rowCount: number;
  readonly segmentIds: readonly SegmentId[];
  /** [begin, end) pairs of automatic keys, of a completed job. */
  readonly autoIds: readonly bigint[];
  /** What was written of the rows that it left out, where that was asked for: of a completed job, or one that failed for their number. */
  readonly rejects?: WrittenRejects;
  /** Nobody works on it until it is resumed. */
  readonly isPaused?: boolean;
  /** Somebody wants the rows of the completed job taken back. */
  readonly rollback?: JobRollback;
  /** Of a failed job that has made something in another service. */
  readonly cleanup?: JobCleanup;
  /** Percent at its end, of a job that did not complete. */
  readonly lastProgress?: number;
}

/** What was asked of a job of a kind. @throws {Error} for a job of another kind */
export function specOf<Kind extends JobKind>({ kind, spec }: Pick<Job, "kind" | "spec">, wanted: Kind): JobSpecs[Kind] {
  if (kind !== wanted) throw new Error(`a job of kind ${kind}, expected ${wanted}`);
  return spec as JobSpecs[Kind];
}

/** Bytes that a job moves in a second at most; 0 = any number. */
export function bytesPerSecondOf(job: Pick<Job, "kind" | "spec">): number {
  return job.kind === "copy" ? (specOf(job, "copy").bytesPerSecond ?? 0) : 0;
}

/** Of a completed job. */
export interface JobRollback {
  /** Unix milliseconds. */
  readonly askedMs: number;
  /** Why its rows cannot be taken back. */
  readonly refusal?: Failure;
}

/** What becomes of that which a failed job has made in another service. */
export interface JobCleanup {
  /** Unix milliseconds; nothing of it is there from then on. */
  readonly doneMs?: number;
  /** Why it stays there. */
  readonly refusal?: Failure;
}

/** An attempt that made nothing. */
export interface EndedAttempt {
  readonly attempt: number;
  readonly nodeId: NodeId;
  /** Unix milliseconds. */
  readonly startedMs: number;
  readonly endedMs: number;
  /** Why, in words. */
  readonly cause: string;
  /** Its datanode was never heard of again: alone, or in a time in which the rootcoord changed too (see `deadly-task.ts`). */
  readonly lost?: "node" | "node_and_rootcoord";
}

/** The same of a task. */
export interface Task {
  readonly taskId: TaskId;
  readonly jobId: JobId;
  readonly kind: TaskKind;
  /** Source bytes: its weight in the queue and in the job's progress. */
  readonly sizeBytes: number;
  readonly state: TaskState;
  /** The current attempt, from 1; 0 before the first. Only its reports count (R1). */
  readonly attempt: number;
  /** The datanode of the current attempt, 0 before the first. */
  readonly nodeId: NodeId;
  /** Attempts that failed, but for those that ended because storage was away: these are `outages`. */
  readonly failures: number;
  readonly outages: number;
  readonly rowCount: number;
  readonly processedBytes: number;
  /** [begin, end) pairs of automatic keys, in row order. */
  readonly autoIds: readonly bigint[];
  /** Rows of each group of a persisted task that has several. */
  readonly groupRows?: readonly number[];
  /** Of each group of a persisted task the segment that it became, where that is one. */
  readonly groupSegments?: readonly SegmentId[];
  /** What the user should know of a persisted task's input. */
  readonly warnings: readonly string[];
  /** Of each warning, which group of a task that has several it is about. */
  readonly warningGroups?: readonly number[];
  /** What a persisted task found out of its input besides. */
  readonly findings?: ImportFindings;
  readonly failure?: Failure;
  /** Unix milliseconds of the first attempt's beginning, 0 before. */
  readonly startedMs: number;
  /** The same of the current attempt. */
  readonly attemptStartedMs: number;
  /** Attempts whose datanode was lost, however long ago; absent = none. */
  readonly nodesLost?: number;
  /** The last attempts that made nothing, oldest first. */
  readonly endedAttempts: readonly EndedAttempt[];
  readonly endedMs: number;
}

/** A task that nobody has begun. */
export const newTask = {
  state: "pending",
  attempt: 0,
  nodeId: 0n as NodeId,
  failures: 0,
  outages: 0,
  rowCount: 0,
  processedBytes: 0,
  autoIds: [],
  warnings: [],
  startedMs: 0,
  attemptStartedMs: 0,
  endedAttempts: [],
  endedMs: 0,
} as const satisfies Partial<Task>;
