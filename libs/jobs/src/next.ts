import { type Failure, importErrors } from "@sluice/errors";
import type { NodeId, SegmentId, TaskId } from "@sluice/schema";
import { deadlinessOf } from "./deadly-task.ts";
import { decideJob } from "./decide-job.ts";
import { failed, withEndedAttempt } from "./endings.ts";
import type { Job, Task } from "./job.ts";
import { afterOrder, isRollingBack, isTwoPhase, type OrderEvent } from "./orders.ts";
import { mergeRanges } from "./progress.ts";
import { isEnded, isOpenTask } from "./states.ts";
import type { Step } from "./step.ts";
import type { TaskReport } from "./task-report.ts";

/** What can happen to a job. Everything that comes from outside is in the event: time, answers, reports. */
export type JobEvent<T extends Task> =
  /** Somebody looked: after every change, at every tick, after a restart. */
  | {
      readonly kind: "looked";
      readonly nowMs: number;
      /** What the rows were meant for and is dropped, such as `collection 7`. */
      readonly droppedTarget?: string;
      /** Why what all tasks have made must not become visible. */
      readonly refusal?: Failure;
      /** Why tasks that are not done cannot be done any more. */
      readonly lost?: Failure;
    }
  | { readonly kind: "planned"; readonly tasks: readonly T[] }
  /** The input of the job cannot be cut into tasks. */
  | { readonly kind: "plan_refused"; readonly failure: Failure; readonly nowMs: number }
  | {
      readonly kind: "task_started";
      readonly taskId: TaskId;
      readonly nodeId: NodeId;
      readonly nowMs: number;
      /** Unix milliseconds since which this rootcoord leads. */
      readonly leadsSinceMs: number;
      /** Datanodes that may die with it, and with no other task alike (D2). */
      readonly maxNodesKilled: number;
      /** All other tasks, of whatever job, and what this one reads: to tell whether it is what datanodes die of. */
      readonly others: Iterable<Task>;
      readonly files: readonly string[];
    }
  /** A datanode speaks whose task went to another one, because it had fallen silent. */
  | { readonly kind: "node_heard"; readonly taskId: TaskId; readonly attempt: number }
  | { readonly kind: "task_reported"; readonly report: TaskReport; readonly nowMs: number }
  /** What the job made is visible. */
  | {
      readonly kind: "committed";
      readonly segmentIds: readonly SegmentId[];
      readonly rowCount: number;
      readonly nowMs: number;
    }
  /** Another change came first, of what this job would have replaced: nothing of it is visible, nor ever will be. */
  | { readonly kind: "commit_refused"; readonly failure: Failure; readonly nowMs: number }
  | OrderEvent
  /** The rows of a completed job are visible no longer. */
  | { readonly kind: "taken_out"; readonly nowMs: number }
  /** They are no longer as the job made them: nothing was taken out. */
  | { readonly kind: "take_out_refused"; readonly failure: Failure };

/** Attempts of a task that may fail with an error that could pass before the job fails with that error. */
export const MAX_TASK_FAILURES = 8;
/**
 * Attempts that may end because storage was away, which says nothing about the task: an outage delays it. Each has waited for a
 * minute (`Patience` of `libs/object-store`), so this is a day at least; a job whose storage never comes back still ends.
 */
export const MAX_TASK_OUTAGES = 1440;

const nothing = { effects: [] } as const;

/**
 * The next records of a job after an event. Pure, and total: an event that has nothing to say to a job in this state changes
 * nothing, since every one of them may come late or twice.
 */
export function next<J extends Job, T extends Task>(job: J, tasks: readonly T[], event: JobEvent<T>): Step<J, T> {
  if (isEnded(job.state)) return afterEnd(job, tasks, event);
  switch (event.kind) {
    case "looked":
      return afterLook(job, tasks, event);
    case "planned":
      if (job.state !== "pending") return nothing;
      return { job: { ...job, state: "importing" }, tasks: event.tasks, effects: [] };
    case "plan_refused":
      return job.state === "pending" ? failed(job, tasks, event.failure, event.nowMs) : nothing;
    case "task_started":
      return job.state === "importing" && !job.isPaused ? afterStart(tasks, event) : nothing;
    case "node_heard":
      return afterSign(tasks, event);
    case "task_reported":
      return afterReport(job, tasks, event);
    case "committed":
      return job.state === "committing" ? completed(job, tasks, event) : nothing;
    case "commit_refused":
      return job.state === "committing" ? failed(job, tasks, event.failure, event.nowMs) : nothing;
    case "ordered":
      return afterOrder(job, tasks, event);
    case "taken_out":
    case "take_out_refused":
      return nothing;
  }
}

/** An ended job does not change, but for a completed one whose rows are taken back. */
function afterEnd<J extends Job, T extends Task>(job: J, tasks: readonly T[], event: JobEvent<T>): Step<J, T> {
  switch (event.kind) {
    case "ordered":
      return afterOrder(job, tasks, event);
    case "looked":
      return isRollingBack(job) ? { effects: ["take_out"] } : nothing;
    case "taken_out":
      return isRollingBack(job) ? { job: { ...job, state: "rolled_back" }, effects: [] } : nothing;
    case "take_out_refused":
      if (!isRollingBack(job) || !job.rollback) return nothing;
      return { job: { ...job, rollback: { ...job.rollback, refusal: event.failure } }, effects: [] };
    default:
      return nothing;
  }
}

type Event<T extends Task, K extends JobEvent<T>["kind"]> = Extract<JobEvent<T>, { kind: K }>;

function afterLook<J extends Job, T extends Task>(job: J, tasks: readonly T[], event: Event<T, "looked">): Step<J, T> {
  const { nowMs, droppedTarget, refusal, lost } = event;
  const decision = decideJob({ ...job, tasks, droppedTarget, nowMs });
  const isOpen = decision.kind === "plan" || (decision.kind === "stay" && job.state === "importing");
  if (lost && isOpen) return failed(job, tasks, lost, nowMs);
  switch (decision.kind) {
    case "stay":
      return { effects: ["hand_over"] };
    case "rest":
      return nothing;
    case "plan":
      return { effects: ["plan"] };
    case "commit":
      if (refusal) return failed(job, tasks, refusal, nowMs);
      return { job: { ...job, state: waitsForCommit(job, tasks) ? "uncommitted" : "committing" }, effects: [] };
    case "complete":
      return { effects: ["commit"] };
    case "fail_by_task":
      return failed(job, tasks, tasks[decision.taskIndex].failure ?? noReason, nowMs);
    case "fail":
      return failed(job, tasks, { code: "job_failed", reason: decision.reason }, nowMs);
  }
}

/** Where there are no rows, there is nothing to hold back. */
function waitsForCommit(job: Job, tasks: readonly Task[]): boolean {
  return isTwoPhase(job) && tasks.some(({ rowCount }) => rowCount > 0);
}

const noReason: Failure = { code: "internal", reason: "the task gave no reason" };

function completed<J extends Job, T extends Task>(
  job: J,
  tasks: readonly T[],
  event: Event<T, "committed">,
): Step<J, T> {
  const { segmentIds, rowCount, nowMs } = event;
  const autoIds = mergeRanges(tasks.flatMap((task) => task.autoIds));
  return { job: { ...job, state: "completed", completedMs: nowMs, rowCount, segmentIds, autoIds }, effects: [] };
}

/** The next attempt begins, and every earlier one is superseded from now on (R1); or there have been enough of them. */
function afterStart<T extends Task>(tasks: readonly T[], event: Event<T, "task_started">): Step<never, T> {
  const task = tasks.find(({ taskId }) => taskId === event.taskId);
  if (!task || !isOpenTask(task.state)) return nothing;
  const { nodeId, nowMs, others, files, maxNodesKilled } = event;
  const before = task.state === "running" ? withLostAttempt(task, event) : task;
  const failure = deadlinessOf(before, maxNodesKilled, others, files);
  if (failure) return { tasks: [{ ...before, state: "failed", failure, endedMs: nowMs }], effects: [] };
  const times = { startedMs: task.startedMs || nowMs, attemptStartedMs: nowMs };
  return { tasks: [{ ...before, state: "running", attempt: task.attempt + 1, nodeId, ...times }], effects: [] };
}

/** A node that begins its own task again was restarted, or did not hear the answer; another one got what lay idle. */
function withLostAttempt<T extends Task>(task: T, { nodeId, nowMs, leadsSinceMs }: Event<T, "task_started">): T {
  if (task.nodeId === nodeId) return withEndedAttempt(task, "begun again by its datanode", nowMs);
  const lost = leadsSinceMs <= task.attemptStartedMs ? "node" : "node_and_rootcoord";
  const counted = { ...task, nodesLost: (task.nodesLost ?? 0) + 1 };
  return withEndedAttempt(counted, "its datanode fell silent", nowMs, lost);
}

/** D1: who speaks has not died. Of a task that is done nobody counts deaths any more. */
function afterSign<T extends Task>(tasks: readonly T[], event: Event<T, "node_heard">): Step<never, T> {
  const task = tasks.find(({ taskId }) => taskId === event.taskId);
  if (!task || !isOpenTask(task.state)) return nothing;
  if (!task.endedAttempts.some(({ attempt, lost }) => attempt === event.attempt && lost)) return nothing;
  const endedAttempts = task.endedAttempts.map(({ lost, ...ended }) =>
    ended.attempt === event.attempt ? { ...ended, cause: CUT_OFF } : { ...ended, ...(lost && { lost }) },
  );
  const nodesLost = Math.max(0, (task.nodesLost ?? 1) - 1);
  return { tasks: [{ ...task, endedAttempts, nodesLost }], effects: [] };
}

const CUT_OFF = "its datanode was out of reach for a while";

function afterReport<J extends Job, T extends Task>(
  job: J,
  tasks: readonly T[],
  { report, nowMs }: Event<T, "task_reported">,
): Step<J, T> {
  const task = tasks.find(({ taskId }) => taskId === report.taskId);
  if (!task || verdictOn(job, task, report) !== "current") return nothing;
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
    case "persisted": {
      const { rowCount, groupRows, groupSegments, autoIds, warnings, warningGroups, findings } = progress;
      const rows = { rowCount, ...(groupRows && { groupRows }), ...(groupSegments && { groupSegments }) };
      const warned = { warnings, ...(warningGroups && { warningGroups }) };
      const done = {
        ...rows,
        ...warned,
        ...(findings && { findings }),
        autoIds,
        processedBytes: task.sizeBytes,
        endedMs: nowMs,
      };
      return { ...task, state: "persisted", ...done };
    }
    case "failed":
      return failedAttempt(withEndedAttempt(task, progress.failure.reason, nowMs), progress.failure, nowMs);
    case "handed_back":
      return {
        ...withEndedAttempt(task, "handed back by its datanode, which was stopped or had others to serve first", nowMs),
        state: "pending",
      };
  }
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
