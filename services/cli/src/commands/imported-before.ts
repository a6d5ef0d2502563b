import { type JobFile, type JobView, jobOf } from "../client/jobs.ts";
import type { RestClient } from "../client/rest-client.ts";

/** Earlier jobs that are looked at. */
const JOBS = 20;

/**
 * Says of a job, whose rows get keys of their own, that its files are in the collection already: nothing else would tell the rows
 * apart. Undefined where they are not.
 */
export async function importedBefore(rest: RestClient, jobId: string): Promise<string | undefined> {
  const { collectionName, details } = await jobOf<JobView>(rest, "import", jobId);
  const files = new Set(details.map(fileOf));
  const about = { collectionName, state: "Completed", order: "newest", limit: JOBS };
  const { records } = await rest.post<{ records: readonly JobView[] }>("jobs/import/list", about);
  for (const earlier of records.filter((job) => job.jobId !== jobId && job.importedRows > 0 && !job.deletes)) {
    const job = await jobOf<JobView>(rest, "import", earlier.jobId);
    const again = job.details.find((file) => files.has(fileOf(file)));
    if (again) return noteOf(again, job, jobId);
  }
  return undefined;
}

function fileOf({ fileName, fileSize }: JobFile): string {
  return `${fileSize} ${fileName}`;
}

function noteOf({ fileName }: JobFile, { jobId, collectionName, completeTime }: JobView, newId: string): string {
  const earlier = `${fileName} of the same size was imported into ${collectionName} by job ${jobId} at ${completeTime}`;
  const twice = "keys are made for each row, so that its rows will be there twice";
  return `${earlier}: ${twice}; to have them once, "sluice jobs rollback ${newId}" takes the new ones back when they are in`;
}
