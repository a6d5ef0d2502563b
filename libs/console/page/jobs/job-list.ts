import type { JobSummary } from "../api/types.ts";

/**
 * A page of jobs, newest first, with what has become of one of them. A job that is not on it comes first when it is newer than
 * all, since ids grow; any other one belongs to another page.
 * @param limit of the page, in jobs
 */
export function withJob(jobs: readonly JobSummary[], changed: JobSummary, limit: number): readonly JobSummary[] {
  if (jobs.some(({ jobId }) => jobId === changed.jobId))
    return jobs.map((job) => (job.jobId === changed.jobId ? changed : job));
  const isNewest = jobs.every(({ jobId }) => BigInt(changed.jobId) > BigInt(jobId));
  return isNewest ? [changed, ...jobs].slice(0, limit) : jobs;
}
