import type { StoredJob } from "@sluice/catalog";
import { isTwoPhase, type JobState } from "@sluice/jobs";
import { common } from "@sluice/rpc";

/** What Milvus's calls answer for the states of a job; its own calls have them all. */
export const publicStates: Readonly<Record<JobState, common.ImportState>> = {
  pending: common.ImportState.ImportPending,
  importing: common.ImportState.ImportStarted,
  // Milvus shows it as failed (D7).
  uncommitted: common.ImportState.ImportPersisted,
  committing: common.ImportState.ImportPersisted,
  completed: common.ImportState.ImportCompleted,
  failed: common.ImportState.ImportFailed,
  rolled_back: common.ImportState.ImportFailedAndCleaned,
};

const restStates: Readonly<Record<JobState, string>> = {
  pending: "Pending",
  importing: "Importing",
  uncommitted: "Uncommitted",
  committing: "Importing",
  completed: "Completed",
  failed: "Failed",
  rolled_back: "RolledBack",
};

/** Loops of users know four words; those who commit know two more. */
export function restStateOf(job: StoredJob): string {
  return job.state === "committing" && isTwoPhase(job) ? "Committing" : restStates[job.state];
}
