import { type Job, type JobCleanup, specOf } from "./job.ts";

/** How long a service that is away is waited for, as long as tasks wait for it. */
export const CLEANUP_MS = 24 * 3_600_000;

/** Of a job that fails: whatever it has made in another service, nobody else knows of. */
export function cleanupOf({ kind, spec }: Pick<Job, "kind" | "spec">): JobCleanup | undefined {
  return kind === "copy" && specOf({ kind, spec }, "copy").direction === "out" ? {} : undefined;
}

/** Whether something is still to be removed there: such a job keeps its credentials. */
export function isCleaningUp({ state, cleanup }: Pick<Job, "state" | "cleanup">): boolean {
  return state === "failed" && cleanup !== undefined && !cleanup.doneMs && !cleanup.refusal;
}
