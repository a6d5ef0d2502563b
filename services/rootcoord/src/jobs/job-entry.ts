import type { JobRecord, TaskRecord } from "@sluice/catalog";
import {
  checkedView,
  isCleaningUp,
  isEnded,
  isOpenWebhook,
  type JobWebhook,
  mergeChecked,
  phaseOf,
  progressPercent,
  rejectsPathOf,
  specOf,
  totalRows,
  waitsFor,
} from "@sluice/jobs";
import { failureMessage, type rootCoord } from "@sluice/rpc";
import { copyOutcome } from "./copy-outcome.ts";
import { exportOutcome } from "./export-manifest.ts";
import { bytesOf, detailOf, duplicateRowsIn, partsByGroup, reasonText, rejectedRowsIn } from "./file-details.ts";
import type { JobView } from "./job-book.ts";
import { correctedJobOf } from "./job-index.ts";
import type { Pace } from "./job-pace.ts";
import { restStateOf } from "./job-words.ts";
import { mergeOutcome } from "./merge-outcome.ts";

/** What is known of a job besides its records. */
export interface JobNews {
  readonly pace?: Pace;
  /** Why its step is tried again. */
  readonly trouble?: string;
}

/** With each file. */
export function entryOf(view: JobView, news: JobNews): rootCoord.JobEntry {
  const { job, tasks } = view;
  const isOver = isEnded(job.state);
  const parts = partsByGroup(job, tasks);
  const details = job.groups.map((group, i) => detailOf(group, parts[i], isOver));
  return { ...summaryOf(view, news), warnings: warningsOf(view), details };
}

/** Of the request, and of all files: each once. */
export function warningsOf({ job, tasks }: JobView): string[] {
  return [...new Set([...job.spec.warnings, ...tasks.flatMap((task) => task.warnings)])];
}

/** An entry of a list: a thousand jobs of a thousand files are too many to be told of each file. */
export function summaryOf(view: JobView, news: JobNews): rootCoord.JobEntry {
  const { job, tasks } = view;
  return {
    ...targetOf(job),
    ...stateOf(view),
    ...rowCountsOf(view),
    ...importOf(job),
    ...precursorsOf(job),
    ...movementOf(view, news),
    sizeBytes: BigInt(job.groups.reduce((sum, group) => sum + bytesOf(group), 0)),
    details: [],
    segmentIds: [...job.segmentIds],
    warnings: [...job.spec.warnings],
    kind: job.kind,
    webhooks: (job.webhooks ?? []).map((webhook) => webhookEntry(webhook, isEnded(job.state))),
    checked: isDryRun(job) ? checkedText(tasks) : "",
    rejects: rejectsText(job),
    outcome: outcomeText(view),
  };
}

function targetOf({ jobId, collectionId, collectionName, dbName, partitionName }: JobRecord) {
  return { jobId, collectionId, collectionName, dbName, partitionName };
}

function stateOf(view: JobView) {
  const { job } = view;
  const { failure, rollback } = job;
  return {
    state: restStateOf(job),
    paused: job.isPaused === true,
    rollbackRefusal: rollback?.refusal ? reasonText(rollback.refusal) : "",
    progressPercent: percentOf(view),
    progressAtFailure: job.lastProgress ?? 0,
    reason: failure ? reasonText(failure) : "",
    failure: failure && failureMessage(failure),
    ...{ createdMs: BigInt(job.createdMs), completedMs: BigInt(job.completedMs) },
  };
}

/** Of a completed job the total is what became of its rows; before, what its tasks expect. */
function rowCountsOf(view: JobView) {
  const { job, tasks } = view;
  const [imported, rejected, duplicate] = [rowsOf(view), rejectedRowsIn(tasks), duplicateRowsIn(tasks)];
  const isDone = job.state === "completed";
  const total = isDone ? { rows: imported + rejected + duplicate, isEstimate: false } : totalRows(tasks);
  return {
    importedRows: BigInt(imported),
    ...{ totalRows: BigInt(total.rows), totalRowsEstimated: total.isEstimate },
    ...{ rejectedRows: BigInt(rejected), duplicateRows: BigInt(duplicate) },
  };
}

/** What is special to imports. */
function importOf(job: JobRecord) {
  const { isDeletes = false, isBackup = false } = job.kind === "import" ? specOf(job, "import") : {};
  return { dryRun: isDryRun(job), deletes: isDeletes, binlogs: isDeletes || isBackup };
}

/** Followers are known to the book alone, which adds them. */
function precursorsOf(job: JobRecord) {
  return { corrects: correctedJobOf(job) ?? 0n, correctedBy: [], retryOf: job.retryOf ?? 0n, retriedBy: [] };
}

/** Of a job that has not completed, where they will be. */
function rejectsText(job: JobRecord): string {
  const { rejectsFolder } = job.kind === "import" ? specOf(job, "import") : {};
  return rejectsFolder ? JSON.stringify({ path: rejectsPathOf(rejectsFolder, job.jobId), ...job.rejects }) : "";
}

function webhookEntry(webhook: JobWebhook, isDue: boolean): rootCoord.WebhookEntry {
  const { host, attempts, nextMs, deliveredMs = 0, failure = "" } = webhook;
  const next = isDue && isOpenWebhook(webhook) ? nextMs : 0;
  return {
    host,
    attempts: BigInt(attempts),
    deliveredMs: BigInt(deliveredMs),
    nextMs: BigInt(next),
    failure,
  };
}

/** Whether it goes on, and how fast. */
function movementOf(
  view: JobView,
  { pace, trouble }: JobNews,
): Pick<rootCoord.JobEntry, "phase" | "waitsFor" | "rowsPerSecond" | "remainingMs"> {
  const { job, tasks } = view;
  const phase = phaseOf(job, tasks);
  if (phase === "ended") {
    const seconds = (job.completedMs - job.createdMs) / 1000;
    const left = isCleaningUp(job) ? (trouble ?? "") : "";
    return { phase, waitsFor: left, rowsPerSecond: seconds > 0 ? rowsOf(view) / seconds : 0, remainingMs: 0n };
  }
  const bytes = tasks.reduce((sum, { state, sizeBytes, processedBytes }) => {
    return state === "persisted" ? sum : sum + Math.max(0, sizeBytes - processedBytes);
  }, 0);
  const { rowsPerSecond = 0, bytesPerSecond = 0 } = phase === "working" ? (pace ?? {}) : {};
  const remainingMs = BigInt(bytesPerSecond > 0 ? Math.ceil((1000 * bytes) / bytesPerSecond) : 0);
  return { phase, waitsFor: waitsFor(job, tasks) || (trouble ?? ""), rowsPerSecond, remainingMs };
}

/** 0 to 100; 0 of a failed job. */
export function percentOf({ job, tasks }: JobView): number {
  // As Milvus has it; how far the job had come is told beside it (D16).
  if (job.state === "failed") return 0;
  return progressPercent({ state: job.state, tasks });
}

/** Of a dry run those that would have been imported. */
export function rowsOf({ job, tasks }: JobView): number {
  return job.state === "completed" && !isDryRun(job)
    ? job.rowCount
    : tasks.reduce((sum, task) => sum + task.rowCount, 0);
}

/** As the views of each kind have it. */
function outcomeText({ job, tasks }: JobView): string {
  if (job.kind === "export") return JSON.stringify(exportOutcome(job, tasks));
  if (job.kind === "copy") return JSON.stringify(copyOutcome(job, tasks));
  return job.kind === "merge" ? JSON.stringify(mergeOutcome(job, tasks)) : "";
}

/** What the tasks of a dry run found out, as JSON; nothing before all are done. */
function checkedText(tasks: readonly TaskRecord[]): string {
  const parts = tasks.flatMap(({ findings }) => findings?.checked ?? []);
  const checked = parts.length === tasks.length ? mergeChecked(parts) : undefined;
  return checked ? JSON.stringify(checkedView(checked)) : "";
}

/** An import that checks its files and makes nothing. */
export function isDryRun(job: JobRecord): boolean {
  return job.kind === "import" && specOf(job, "import").isDryRun === true;
}
