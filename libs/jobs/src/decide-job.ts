import { isEnded, type JobState, type TaskState } from "./states.ts";

/** What a decision depends on. */
export interface JobView {
  readonly state: JobState;
  /** Unix milliseconds; 0 = no deadline. */
  readonly deadlineMs: number;
  /** What the rows were meant for and is dropped, such as `collection 7`: they have no place to go. */
  readonly droppedTarget: string | undefined;
  readonly tasks: readonly { readonly state: TaskState }[];
  readonly nowMs: number;
  readonly isPaused?: boolean;
}

/** What becomes of a job next. */
export type JobDecision =
  /** Nothing to do until something changes. */
  | { readonly kind: "stay" }
  /** The same, and no task is to be handed over. */
  | { readonly kind: "rest" }
  /** Probe the files, cut them into tasks, go on to `importing`. */
  | { readonly kind: "plan" }
  /** All tasks are persisted: go on to `committing`, the point of no return, or wait for somebody who commits. */
  | { readonly kind: "commit" }
  /** Write the commit record, then go on to `completed`. */
  | { readonly kind: "complete" }
  /** A task failed: the job takes over its failure. */
  | { readonly kind: "fail_by_task"; readonly taskIndex: number }
  | { readonly kind: "fail"; readonly reason: string };

/**
 * What the records call for now. Decided afresh each pass, so that a crash or a lost report needs no code of its own.
 * Reasons are Milvus's words.
 */
export function decideJob(job: JobView): JobDecision {
  if (isEnded(job.state)) return { kind: "stay" };
  switch (job.state) {
    case "committing":
      return { kind: "complete" };
    case "pending":
    case "importing":
    case "uncommitted":
      return decideOpenJob(job);
  }
}

function decideOpenJob(job: JobView): JobDecision {
  if (job.droppedTarget !== undefined) return { kind: "fail", reason: `${job.droppedTarget} dropped` };
  if (job.deadlineMs > 0 && job.nowMs >= job.deadlineMs) return { kind: "fail", reason: "import timeout" };
  if (job.state === "uncommitted") return { kind: "rest" };
  if (job.isPaused && job.tasks.every(({ state }) => state !== "failed")) return { kind: "rest" };
  if (job.state === "pending") return { kind: "plan" };
  return decideByTasks(job.tasks);
}

/** Asked after each report, where there may be thousands. */
function decideByTasks(tasks: JobView["tasks"]): JobDecision {
  let isDone = true;
  for (let i = 0; i < tasks.length; i++) {
    const { state } = tasks[i];
    if (state === "failed") return { kind: "fail_by_task", taskIndex: i };
    if (state !== "persisted") isDone = false;
  }
  return isDone ? { kind: "commit" } : { kind: "stay" };
}
