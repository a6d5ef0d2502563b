import type { Job, JobSummary, OtherJob, RowCounts } from "../api/types.ts";
import { countText, durationText } from "../format.ts";

/** What the rows of a job are. */
export function rowsLabel({ dryRun, deletes, state }: Pick<Job, "dryRun" | "deletes" | "state">): string {
  if (dryRun) return deletes ? "Deletes that can be applied" : "Rows that can be imported";
  if (!deletes) return "Rows";
  return state === "Completed" ? "Rows deleted" : "Deletes read";
}

/** `12 of about 40`, or the rows alone where they are all. */
export function rowsText(rows: RowCounts): string {
  const done = rows.checkedRows ?? rows.importedRows;
  const left = (rows.rejectedRows ?? 0) + (rows.duplicateRows ?? 0);
  if (rows.totalRows <= done + left) return countText(done);
  return `${countText(done)} of ${rows.totalRowsEstimated ? "about " : ""}${countText(rows.totalRows)}`;
}

/** The same among other jobs, where nothing else tells a dry run from an import. */
export function listedRowsText(rows: RowCounts): string {
  return rows.checkedRows === undefined ? rowsText(rows) : `${rowsText(rows)} checked`;
}

/** What was left out, in words; empty where nothing was. */
export function leftOutText({ rejectedRows = 0, duplicateRows = 0 }: RowCounts): string {
  const parts = [
    ...(rejectedRows > 0 ? [`${countText(rejectedRows)} rejected`] : []),
    ...(duplicateRows > 0 ? [`${countText(duplicateRows)} duplicates`] : []),
  ];
  return parts.join(", ");
}

type Percents = Pick<OtherJob, "state" | "progress" | "progressAtFailure">;

/** How far a job is, or had come when it failed: its progress is 0 then. */
export function percentOf({ state, progress, progressAtFailure = 0 }: Percents): number {
  return state === "Failed" ? progressAtFailure : progress;
}

type Pace = Pick<JobSummary, "jobId" | "rowsPerSecond" | "remainingSeconds" | "waitsFor">;

/** How fast, how long still, and what keeps it. */
export function paceText({ rowsPerSecond, remainingSeconds, waitsFor }: Pace): string {
  const parts = [
    ...(rowsPerSecond === undefined ? [] : [`${countText(rowsPerSecond)} rows/s`]),
    ...(remainingSeconds === undefined ? [] : [`${durationText(remainingSeconds * 1000)} left`]),
    ...(waitsFor === undefined ? [] : [`waits for ${waitsFor}`]),
  ];
  return parts.join(", ");
}

/** How long it took, or takes until now; times of the server are whole seconds. */
export function tookText({ createTime, completeTime }: Pick<JobSummary, "createTime" | "completeTime">, now: number) {
  const ms = (completeTime === "" ? now : Date.parse(completeTime)) - Date.parse(createTime);
  return ms < 1000 ? "less than 1 s" : durationText(ms);
}

/** The files of an entry as they are called, without the brackets that Milvus puts around them. */
export function fileText({ fileName }: { readonly fileName: string }): string {
  return fileName.replace(/^\[(.*)\]$/s, "$1");
}
