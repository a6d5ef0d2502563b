import type { FileGroupRecord, JobRecord, TaskRecord } from "@sluice/catalog";
import type { Failure } from "@sluice/errors";
import { duplicateRowsOf, rejectedRowsOf, specOf } from "@sluice/jobs";
import { partsByGroup } from "./file-details.ts";

/** Options that choose rows by their times: fewer are meant then than the meta has. */
const BOUNDS = /^(start|end)_?ts$/i;

/** Why what was read of a backup is not what its meta says: a log that is shorter than it was looks like fewer rows. */
export function otherThanMeta(job: JobRecord, tasks: readonly TaskRecord[]): Failure | undefined {
  if (job.groups.every(({ metaRows }) => metaRows === undefined)) return undefined;
  if (Object.keys(specOf(job, "import").formatOptions).some((key) => BOUNDS.test(key))) return undefined;
  const parts = partsByGroup(job, tasks);
  for (const [i, group] of job.groups.entries()) {
    const failure = otherRows(group, parts[i]);
    if (failure) return failure;
  }
  return undefined;
}

function otherRows({ metaRows, shownAs, files }: FileGroupRecord, parts: readonly TaskRecord[]): Failure | undefined {
  const rows = parts.reduce((sum, { rowCount, findings }) => {
    return sum + rowCount + rejectedRowsOf(findings) + duplicateRowsOf(findings);
  }, 0);
  if (metaRows === undefined || metaRows === rows) return undefined;
  const reason = `the backup's meta says ${metaRows} rows of this segment, and its logs have ${rows}: they are not what was backed up; copy the backup anew, or import the folder with backup=true to take it as it is`;
  return { code: "malformed_file", reason, file: shownAs ?? files[0].path };
}
