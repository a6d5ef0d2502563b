import type { Job, Task } from "./job.ts";

/**
 * What is to be done outside of the records. All but the last follow from the records alone, so that a crash between the
 * records and the work loses none: the next look asks for it again. Each may be done twice.
 */
export type JobEffect =
  /** Cut the job into tasks; answers `planned` or `plan_refused`. */
  | "plan"
  /** Hand over every open task that the queue does not have. */
  | "hand_over"
  /** Make what the tasks made visible; answers `committed` or `commit_refused`. */
  | "commit"
  /** Write the rows that a job has left out, which fails for their number; answers `refused`. */
  | "write_rejects"
  /** Make the rows of a completed job invisible; answers `taken_out` or `take_out_refused`. */
  | "take_out"
  /** Remove what a failed job has made in another service; answers `cleaned_up` or `cleanup_refused`. */
  | "clean_up"
  /** Take the tasks off the queue. What this misses is found to be obsolete by who leases it. */
  | "take_back";

/** Records to write, if any, and what to do once they are written. */
export interface Step<J extends Job, T extends Task> {
  readonly job?: J;
  readonly tasks?: readonly T[];
  readonly effects: readonly JobEffect[];
}
