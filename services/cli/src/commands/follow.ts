import { type AnyJob, watchJob } from "../client/jobs.ts";
import { exitCodeOf } from "../show/job.ts";
import { showProgress } from "../show/progress.ts";
import { note } from "../show/tables.ts";

/** A job that is watched. */
export interface Followed<J extends AnyJob> {
  /** Asks how it is. */
  readonly look: () => Promise<J>;
  readonly jobId: string;
  readonly rowsOf: (job: J) => number;
  /** The command that goes on watching. */
  readonly again: string;
}

/** Shows the progress of a job until its end, which is the exit code; Ctrl-C ends the watching, not the job. */
export async function follow<J extends AnyJob>({ look, jobId, rowsOf, again }: Followed<J>): Promise<J> {
  const onInterrupt = () => {
    note(`\njob ${jobId} goes on: ${again}`);
    process.exit(130);
  };
  process.once("SIGINT", onInterrupt);
  using progress = showProgress();
  const job = await watchJob<J>(look, (present) => progress.update(present, rowsOf(present)));
  process.off("SIGINT", onInterrupt);
  process.exitCode = exitCodeOf(job);
  return job;
}
