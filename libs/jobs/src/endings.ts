import type { Failure } from "@sluice/errors";
import { cleanupOf } from "./cleanup.ts";
import type { EndedAttempt, Job, Task } from "./job.ts";
import { progressPercent } from "./progress.ts";
import type { Step } from "./step.ts";

/** A job ends with a failure, and its tasks with it. */
export function failed<J extends Job, T extends Task>(
  job: J,
  tasks: readonly T[],
  failure: Failure,
  nowMs: number,
): Step<J, T> {
  const lastProgress = progressPercent({ state: job.state, tasks });
  const cleanup = cleanupOf(job);
  const rests = job.isPaused && { isPaused: false };
  const ended = { ...job, ...rests, state: "failed" as const, completedMs: nowMs, failure, lastProgress };
  return { job: { ...ended, ...(cleanup && { cleanup }) }, effects: ["take_back"] };
}

/** Attempts that are remembered of a task: enough to see what it suffers from, and little in its record. */
const MAX_ENDED_ATTEMPTS = 8;

/** A task whose current attempt has made nothing. */
export function withEndedAttempt<T extends Task>(
  task: T,
  cause: string,
  nowMs: number,
  lost?: EndedAttempt["lost"],
): T {
  const { attempt, nodeId, attemptStartedMs: startedMs } = task;
  const ended = { attempt, nodeId, startedMs, endedMs: nowMs, cause, ...(lost && { lost }) };
  return { ...task, endedAttempts: [...task.endedAttempts, ended].slice(-MAX_ENDED_ATTEMPTS) };
}
