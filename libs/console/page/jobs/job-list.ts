import type { JobPage, JobSummary } from "../api/types.ts";

/** What an event has told of a job. */
export interface HeardJob {
  readonly job: JobSummary;
  /** Milliseconds on the page's clock. */
  readonly heardMs: number;
}

/** A page of a list, and when it was asked for, on the same clock. */
export type AskedPage = JobPage & { readonly askedMs: number };

/** Jobs of which events are remembered; a page has fewer. */
const MAX_HEARD = 200;

/** The newest event of each job, with one more. */
export function withEvent(heard: readonly HeardJob[], event: HeardJob): readonly HeardJob[] {
  return [...heard.filter(({ job }) => job.jobId !== event.job.jobId), event].slice(-MAX_HEARD);
}

/**
 * The jobs of a page as they are now: what was heard after the page was asked for is newer, or is followed by an event that is.
 * What was heard before is in the page.
 * @param takesNew new jobs belong on it: the first page of all jobs @param limit of the page, in jobs
 */
export function jobsNow(
  page: AskedPage,
  heard: readonly HeardJob[],
  takesNew: boolean,
  limit: number,
): readonly JobSummary[] {
  const events = heard.filter(({ heardMs }) => heardMs >= page.askedMs);
  return events.reduce((jobs, { job }) => withJob(jobs, job, takesNew, limit), page.records);
}

/** A job that is not on the page comes first when it is newer than all, since ids grow; any other one belongs to another page. */
function withJob(jobs: readonly JobSummary[], changed: JobSummary, takesNew: boolean, limit: number) {
  if (jobs.some(({ jobId }) => jobId === changed.jobId))
    return jobs.map((job) => (job.jobId === changed.jobId ? changed : job));
  const isNewest = takesNew && jobs.every(({ jobId }) => BigInt(changed.jobId) > BigInt(jobId));
  return isNewest ? [changed, ...jobs].slice(0, limit) : jobs;
}
