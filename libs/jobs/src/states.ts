// A new state is a word in one of these lists. The compiler then names every table of words and every decision that lacks it.

/** States of a job that goes on. A job moves only forward. */
const openJobStates = ["pending", "importing", "uncommitted", "committing"] as const;
/** States that are for good. */
export const endedJobStates = ["completed", "failed", "rolled_back"] as const;

/** States that a job leaves again. */
export type OpenJobState = (typeof openJobStates)[number];
/** `rolled_back` comes after `completed`: of it, too, nothing is visible any more. */
export type EndedJobState = (typeof endedJobStates)[number];
/** Written into records: never renamed once released. */
export type JobState = OpenJobState | EndedJobState;
/** All of them, the open ones first. */
export const jobStates: readonly JobState[] = [...openJobStates, ...endedJobStates];

/** Ended, for good or bad: such a job never changes again, and what it wrote without committing is garbage. */
export function isEnded(state: JobState): state is EndedJobState {
  return (endedJobStates as readonly JobState[]).includes(state);
}

/** States of a task that some datanode has to work on. */
const openTaskStates = ["pending", "running"] as const;
const endedTaskStates = ["persisted", "failed"] as const;

/** `pending`: it waits for a datanode; `running`: one has begun an attempt. */
export type OpenTaskState = (typeof openTaskStates)[number];
/** Written into records: never renamed once released. */
export type TaskState = OpenTaskState | (typeof endedTaskStates)[number];
/** All of them, the open ones first. */
export const taskStates: readonly TaskState[] = [...openTaskStates, ...endedTaskStates];

/** Such a task holds its job back. */
export function isOpenTask(state: TaskState): state is OpenTaskState {
  return (openTaskStates as readonly TaskState[]).includes(state);
}
