import type { Failure } from "@sluice/errors";
import type { Job, Task } from "./job.ts";
import type { JobEvent } from "./job-event.ts";
import { next } from "./next.ts";
import type { Step } from "./step.ts";

/** What a look at a job whose tasks are all done has to know. */
export interface LookAhead<J extends Job, T extends Task> {
  /** As of `looked`. */
  readonly droppedTarget: string | undefined;
  /** Why what the tasks have made must not become visible. */
  readonly refusal: (job: J, tasks: readonly T[]) => Failure | undefined;
}

/**
 * What `next` says to a report and, where it was the last one and nothing is against it, to the look that follows: the job goes
 * on with the same transaction. Anything else is left to that look, which comes all the same.
 */
export function nextWithLook<J extends Job, T extends Task>(
  job: J,
  tasks: readonly T[],
  event: Extract<JobEvent<T>, { kind: "task_reported" }>,
  { droppedTarget, refusal }: LookAhead<J, T>,
): Step<J, T> {
  const step = next(job, tasks, event);
  const changed = new Map(step.tasks?.map((task) => [task.taskId, task]));
  const after = tasks.map((task) => changed.get(task.taskId) ?? task);
  if (step.job || changed.size === 0 || after.some(({ state }) => state !== "persisted")) return step;
  const refused = refusal(job, after);
  const found = { ...(droppedTarget !== undefined && { droppedTarget }), ...(refused && { refusal: refused }) };
  const looked = next(job, after, { kind: "looked", nowMs: event.nowMs, ...found });
  const goesOn = looked.job?.state === "committing" || looked.job?.state === "uncommitted";
  return goesOn ? { ...looked, tasks: after.filter(({ taskId }) => changed.has(taskId)) } : step;
}
