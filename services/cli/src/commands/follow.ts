import { type AnyJob, watchJob } from "../client/jobs.ts";
import type { RestClient } from "../client/rest-client.ts";
import { exitCodeOf } from "../show/job.ts";
import { showProgress } from "../show/progress.ts";
import { note } from "../show/tables.ts";

export interface Followed<J extends AnyJob> {
  /** As in paths: `import`. */
  readonly kind: string;
  readonly jobId: string;
  readonly rowsOf: (job: J) => number;
  /** The command that goes on watching. */
  readonly again: string;
}

/** Shows the progress of a job until its end, which is the exit code; Ctrl-C ends the watching, not the job. */
export async function follow<J extends AnyJob>(
  rest: RestClient,
  { kind, jobId, rowsOf, again }: Followed<J>,
): Promise<J> {
  const onInterrupt = () => {
    note(`\njob ${jobId} goes on: ${again}`);
    process.exit(130);
  };
  process.once("SIGINT", onInterrupt);
  using progress = showProgress();
  const job = await watchJob<J>(rest, kind, jobId, (present) => progress.update(present, rowsOf(present)));
  process.off("SIGINT", onInterrupt);
  process.exitCode = exitCodeOf(job);
  return job;
}
