import { type AnyJob, type JobView, stateTextOf } from "../client/jobs.ts";
import { color } from "./color.ts";
import { bytesText, note, say, showTable } from "./tables.ts";

const colors: Readonly<Record<string, (text: string) => string>> = {
  Completed: color.green,
  Failed: color.red,
  RolledBack: color.yellow,
  Uncommitted: color.yellow,
};

/** A job that has ended, or is as it is. */
export function showJob(job: JobView): void {
  const paint = colors[job.state] ?? color.cyan;
  const rows = [
    rowsText(job),
    ...(job.rejectedRows ? [`${job.rejectedRows} rejected`] : []),
    ...(job.duplicateRows ? [`${job.duplicateRows} duplicates left out`] : []),
  ];
  say(`job ${job.jobId} ${paint(stateTextOf(job))}: ${rows.join(", ")}`);
  if (job.reason) say(color.red(job.reason));
  for (const warning of job.warnings ?? []) note(color.yellow(`warning: ${warning}`));
  for (const { fileName, rejected = [] } of job.details)
    for (const { row, reason } of rejected) note(`${fileName} row ${row}: ${reason}`);
  const told = job.details.reduce((sum, { rejected = [] }) => sum + rejected.length, 0);
  if ((job.rejectedRows ?? 0) > told)
    note(`${(job.rejectedRows ?? 0) - told} more rows were left out: sluice jobs errors ${job.jobId}`);
  if (job.rejects?.files) note(`${job.rejects.files} files with the rows left out: ${job.rejects.path}`);
  if (job.rejects?.refusal) note(color.yellow(`warning: not all of them were written: ${job.rejects.refusal}`));
  if (job.state === "Uncommitted")
    note(`its ${job.deletes ? "deletes count" : "rows become visible"} with: sluice jobs commit ${job.jobId}`);
}

/** Deletes count as rows, which they have not imported; of a job that failed nothing is there, however much was read. */
function rowsText({ deletes, state, checkedRows, importedRows }: JobView): string {
  if (checkedRows !== undefined) return `${checkedRows} ${deletes ? "deletes can be applied" : "rows can be imported"}`;
  if (state === "Failed")
    return `${importedRows} ${deletes ? "deletes" : "rows"} read, none ${deletes ? "applied" : "imported"}`;
  if (!deletes) return `${importedRows} rows ${state === "RolledBack" ? "taken back" : "imported"}`;
  return state === "Completed" ? `${importedRows} rows deleted` : `${importedRows} deletes read`;
}

/** Its files. */
export function showFiles({ details }: JobView): void {
  showTable(
    ["file", "size", "state", "%", "rows", "rejected"],
    details.map((file) => [
      file.fileName,
      bytesText(file.fileSize),
      file.state,
      file.progress,
      file.importedRows,
      file.rejectedRows ?? 0,
    ]),
  );
}

/** Failed is failed, for whoever looks at the exit code only. */
export function exitCodeOf({ state }: AnyJob): number {
  return state === "Failed" || state === "RolledBack" ? 1 : 0;
}
