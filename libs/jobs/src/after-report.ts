import { type Failure, importErrors } from "@sluice/errors";
import { withEndedAttempt } from "./endings.ts";
import type { Job, Task } from "./job.ts";
import type { EventOf } from "./job-event.ts";
import type { Step } from "./step.ts";
import { taskWithId } from "./task-place.ts";
import type { TaskProgress, TaskReport } from "./task-report.ts";

/** Attempts of a task that may fail with an error that could pass before the job fails with that error. */
export const MAX_TASK_FAILURES = 8;
/**
 * Attempts that may end because storage was away, which says nothing about the task: an outage delays it. Each has waited for a
 * minute (`Patience` of `libs/object-store`), so this is a day at least; a job whose storage never comes back still ends.
 */
export const MAX_TASK_OUTAGES = 1440;

/** What a report of a datanode changes; nothing when it is not from the current attempt (R1). */
export function afterReport<J extends Job, T extends Task>(
  job: J,
  tasks: readonly T[],
  { report, nowMs }: EventOf<T, "task_reported">,
): Step<J, T> {
  const task = taskWithId(tasks, report.taskId);
  if (!task || verdictOn(job, task, report) !== "current") return { effects: [] };
  return { tasks: [reported(task, report, nowMs)], effects: [] };
}

function reported<T extends Task>(task: T, { progress }: TaskReport, nowMs: number): T {
  switch (progress.state) {
    case "running":
      // A later attempt starts from nothing, yet what users see must not fall back.
      return {
        ...task,
        rowCount: Math.max(task.rowCount, progress.rowCount),
        processedBytes: Math.max(task.processedBytes, progress.processedBytes),
      };
    case "persisted":
      return { ...task, state: "persisted", ...doneBy(progress), processedBytes: task.sizeBytes, endedMs: nowMs };
    case "failed":
      return failedAttempt(withEndedAttempt(task, progress.failure.reason, nowMs), progress.failure, nowMs);
    case "handed_back":
      return {
        ...withEndedAttempt(task, "handed back by its datanode, which was stopped or had others to serve first", nowMs),
        state: "pending",
      };
  }
}

function doneBy(progress: Extract<TaskProgress, { state: "persisted" }>) {
  const { rowCount, groupRows, groupSegments, autoIds, warnings, warningGroups, findings } = progress;
  return {
    ...{ rowCount, ...(groupRows && { groupRows }), ...(groupSegments && { groupSegments }) },
    ...{ warnings, ...(warningGroups && { warningGroups }) },
    ...(findings && { findings }),
    autoIds,
  };
}

/** The task may run again while its failures are of a kind that passes, each kind counted by itself. */
function failedAttempt<T extends Task>(task: T, failure: Failure, nowMs: number): T {
  const { retry } = importErrors[failure.code];
  const isOutage = retry === "outage";
  const counted: T = isOutage ? { ...task, outages: task.outages + 1 } : { ...task, failures: task.failures + 1 };
  const isLeft = counted.failures < MAX_TASK_FAILURES && counted.outages < MAX_TASK_OUTAGES;
  if (retry !== "never" && isLeft) return { ...counted, state: "pending" };
  return { ...counted, state: "failed", failure, endedMs: nowMs };
}

/**
 * R1: whether a report comes from the current attempt of a running task, says once more what was said before, its answer
 * having been lost, or comes from an attempt that was superseded, to which nobody listens.
 */
export function verdictOn(job: Job, task: Task, report: TaskReport): "current" | "repeated" | "superseded" {
  if (task.attempt !== report.attempt) return "superseded";
  if (job.state === "importing" && task.state === "running") return "current";
  switch (report.progress.state) {
    case "running":
      return "superseded";
    case "persisted":
      return task.state === "persisted" ? "repeated" : "superseded";
    case "failed":
      // A failure that may pass has left the task pending.
      return task.state === "failed" || task.state === "pending" ? "repeated" : "superseded";
    case "handed_back":
      return task.state === "pending" ? "repeated" : "superseded";
  }
}
