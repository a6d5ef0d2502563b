import type { Failure } from "@sluice/errors";
import { afterReport } from "./after-report.ts";
import { isCleaningUp } from "./cleanup.ts";
import { deadlinessOf } from "./deadly-task.ts";
import { decideJob } from "./decide-job.ts";
import { failed, withEndedAttempt } from "./endings.ts";
import { type Job, specOf, type Task } from "./job.ts";
import type { EventOf, JobEvent } from "./job-event.ts";
import { afterOrder, isRollingBack, isTwoPhase } from "./orders.ts";
import { mergeRanges } from "./progress.ts";
import { isEnded, isOpenTask } from "./states.ts";
import type { Step } from "./step.ts";
import { taskWithId } from "./task-place.ts";

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
    case "refused":
      return refused(job, tasks, event);
    case "commit_refused":
      return job.state === "committing" ? failed(job, tasks, event.failure, event.nowMs) : nothing;
    case "ordered":
      return afterOrder(job, tasks, event);
    case "taken_out":
    case "take_out_refused":
    case "cleaned_up":
    case "cleanup_refused":
      return nothing;
  }
}

/** An ended job does not change, but for a completed one whose rows are taken back, and a failed one that is cleaned up after. */
function afterEnd<J extends Job, T extends Task>(job: J, tasks: readonly T[], event: JobEvent<T>): Step<J, T> {
  switch (event.kind) {
    case "ordered":
      return afterOrder(job, tasks, event);
    case "looked":
      if (isCleaningUp(job)) return { effects: ["clean_up"] };
      return isRollingBack(job) ? { effects: ["take_out"] } : nothing;
    case "taken_out":
      return isRollingBack(job) ? { job: { ...job, state: "rolled_back" }, effects: [] } : nothing;
    case "take_out_refused":
      if (!isRollingBack(job) || !job.rollback) return nothing;
      return { job: { ...job, rollback: { ...job.rollback, refusal: event.failure } }, effects: [] };
    case "cleaned_up":
      return isCleaningUp(job) ? { job: { ...job, cleanup: { doneMs: event.nowMs } }, effects: [] } : nothing;
    case "cleanup_refused":
      return isCleaningUp(job) ? { job: { ...job, cleanup: { refusal: event.failure } }, effects: [] } : nothing;
    default:
      return nothing;
  }
}

function afterLook<J extends Job, T extends Task>(
  job: J,
  tasks: readonly T[],
  event: EventOf<T, "looked">,
): Step<J, T> {
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
      if (refusal && writesRejects(job)) return { effects: ["write_rejects"] };
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

/** Whoever reads why it failed finds the rows that it failed for. */
function writesRejects(job: Job): boolean {
  return job.kind === "import" && specOf(job, "import").rejectsFolder !== undefined;
}

function refused<J extends Job, T extends Task>(
  job: J,
  tasks: readonly T[],
  { failure, rejects, nowMs }: EventOf<T, "refused">,
): Step<J, T> {
  const isDue = job.state === "importing" && tasks.every(({ state }) => state === "persisted");
  return isDue ? failed({ ...job, ...(rejects && { rejects }) }, tasks, failure, nowMs) : nothing;
}

const noReason: Failure = { code: "internal", reason: "the task gave no reason" };

function completed<J extends Job, T extends Task>(
  job: J,
  tasks: readonly T[],
  event: EventOf<T, "committed">,
): Step<J, T> {
  const { segmentIds, rowCount, rejects, nowMs } = event;
  const autoIds = mergeRanges(tasks.flatMap((task) => task.autoIds));
  const made = { rowCount, segmentIds, autoIds, ...(rejects && { rejects }) };
  return { job: { ...job, state: "completed", completedMs: nowMs, ...made }, effects: [] };
}

/** The next attempt begins, and every earlier one is superseded from now on (R1); or there have been enough of them. */
function afterStart<T extends Task>(tasks: readonly T[], event: EventOf<T, "task_started">): Step<never, T> {
  const task = taskWithId(tasks, event.taskId);
  if (!task || !isOpenTask(task.state)) return nothing;
  const { nodeId, nowMs, others, files, maxNodesKilled } = event;
  const before = task.state === "running" ? withLostAttempt(task, event) : task;
  const failure = deadlinessOf(before, maxNodesKilled, others, files);
  if (failure) return { tasks: [{ ...before, state: "failed", failure, endedMs: nowMs }], effects: [] };
  const times = { startedMs: task.startedMs || nowMs, attemptStartedMs: nowMs };
  return { tasks: [{ ...before, state: "running", attempt: task.attempt + 1, nodeId, ...times }], effects: [] };
}

/** A node that begins its own task again was restarted, or did not hear the answer; another one got what lay idle. */
function withLostAttempt<T extends Task>(task: T, { nodeId, nowMs, leadsSinceMs }: EventOf<T, "task_started">): T {
  if (task.nodeId === nodeId) return withEndedAttempt(task, "begun again by its datanode", nowMs);
  const lost = leadsSinceMs <= task.attemptStartedMs ? "node" : "node_and_rootcoord";
  const counted = { ...task, nodesLost: (task.nodesLost ?? 0) + 1 };
  return withEndedAttempt(counted, "its datanode fell silent", nowMs, lost);
}

/** D1: who speaks has not died. Of a task that is done nobody counts deaths any more. */
function afterSign<T extends Task>(tasks: readonly T[], event: EventOf<T, "node_heard">): Step<never, T> {
  const task = taskWithId(tasks, event.taskId);
  if (!task || !isOpenTask(task.state)) return nothing;
  if (!task.endedAttempts.some(({ attempt, lost }) => attempt === event.attempt && lost)) return nothing;
  const endedAttempts = task.endedAttempts.map(({ lost, ...ended }) =>
    ended.attempt === event.attempt ? { ...ended, cause: CUT_OFF } : { ...ended, ...(lost && { lost }) },
  );
  const nodesLost = Math.max(0, (task.nodesLost ?? 1) - 1);
  return { tasks: [{ ...task, endedAttempts, nodesLost }], effects: [] };
}

const CUT_OFF = "its datanode was out of reach for a while";
