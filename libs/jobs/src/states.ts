// A new state is a word in one of these lists. The compiler then names every table of words and every decision that lacks it.

/** States of a job that goes on. A job moves only forward. */
const openJobStates = ["pending", "importing", "uncommitted", "committing"] as const;
/** States that are for good. */
export const endedJobStates = ["completed", "failed", "rolled_back"] as const;

export type OpenJobState = (typeof openJobStates)[number];
export type EndedJobState = (typeof endedJobStates)[number];
export type JobState = OpenJobState | EndedJobState;
export const jobStates: readonly JobState[] = [...openJobStates, ...endedJobStates];

/** Ended, for good or bad: such a job never changes again, and what it wrote without committing is garbage. */
export function isEnded(state: JobState): state is EndedJobState {
  return (endedJobStates as readonly JobState[]).includes(state);
}

/** States of a task that some datanode has to work on. */
const openTaskStates = ["pending", "running"] as const;
const endedTaskStates = ["persisted", "failed"] as const;

export type OpenTaskState = (typeof openTaskStates)[number];
export type TaskState = OpenTaskState | (typeof endedTaskStates)[number];
export const taskStates: readonly TaskState[] = [...openTaskStates, ...endedTaskStates];

export function isOpenTask(state: TaskState): state is OpenTaskState {
  return (openTaskStates as readonly TaskState[]).includes(state);
}
