import type { JobState, TaskState } from "./states.ts";

/** Where a job and its tasks are; bytes are those of the sources. */
export interface ProgressInput {
  readonly state: JobState;
  readonly tasks: readonly { readonly state: TaskState; readonly sizeBytes: number; readonly processedBytes: number }[];
}

/**
 * Percent done, an integer that never falls while a job runs: 0-10 until it is planned, up to 98 by bytes read, 99 until
 * it is committed, and 100 only when every row is visible.
 */
export function progressPercent({ state, tasks }: ProgressInput): number {
  if (state === "completed" || state === "rolled_back") return 100;
  if (state === "committing" || state === "uncommitted") return 99;
  if (state === "pending") return 0;
  let done = 0;
  let total = 0;
  for (const task of tasks) {
    total += Math.max(1, task.sizeBytes);
    done += task.state === "persisted" ? Math.max(1, task.sizeBytes) : Math.min(task.processedBytes, task.sizeBytes);
  }
  return 10 + Math.floor((88 * done) / Math.max(1, total));
}

/** Percent of one task, 0-100. */
export function taskPercent(task: ProgressInput["tasks"][number]): number {
  if (task.state === "persisted") return 100;
  return Math.min(99, Math.floor((100 * task.processedBytes) / Math.max(1, task.sizeBytes)));
}

/** Ranges [b0, e0, b1, e1, ...) joined where one ends as the next begins. Order kept. */
export function mergeRanges(ranges: readonly bigint[]): bigint[] {
  const merged: bigint[] = [];
  for (let i = 0; i + 1 < ranges.length; i += 2) {
    if (merged.length > 0 && merged[merged.length - 1] === ranges[i]) merged[merged.length - 1] = ranges[i + 1];
    else merged.push(ranges[i], ranges[i + 1]);
  }
  return merged;
}
