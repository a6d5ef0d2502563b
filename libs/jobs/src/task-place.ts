import type { TaskId } from "@sluice/schema";

/**
 * Where a task stands among those of its job, which are in order of id; -1 where it is none of them. Asked several times for each report,
 * where a job may have thousands.
 */
export function taskPlace(tasks: readonly { readonly taskId: TaskId }[], id: TaskId): number {
  let [from, end] = [0, tasks.length];
  while (from < end) {
    const middle = (from + end) >> 1;
    if (tasks[middle].taskId < id) from = middle + 1;
    else end = middle;
  }
  return tasks[from]?.taskId === id ? from : -1;
}

/** The task itself. */
export function taskWithId<T extends { readonly taskId: TaskId }>(tasks: readonly T[], id: TaskId): T | undefined {
  return tasks[taskPlace(tasks, id)];
}
