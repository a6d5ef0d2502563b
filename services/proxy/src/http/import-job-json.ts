import { failureOfMessage, type importing, type rootCoord } from "@sluice/rpc";
import { timeText } from "./time-text.ts";

/** A job as `describe` of imports shows it. */
export function jobJson(job: rootCoord.JobEntry) {
  return {
    jobId: String(job.jobId),
    ...(job.kind !== "import" && { kind: job.kind }),
    collectionName: job.collectionName,
    createTime: timeText(job.createdMs),
    completeTime: timeText(job.completedMs),
    state: job.state,
    progress: job.progressPercent,
    ...(job.state === "Failed" && { progressAtFailure: job.progressAtFailure }),
    ...rowsJson(job, job.dryRun),
    fileSize: Number(job.sizeBytes),
    ...(job.paused && { paused: true }),
    ...(job.rollbackRefusal && { rollbackRefused: job.rollbackRefusal }),
    ...(job.dryRun && { dryRun: true }),
    ...(job.deletes && { deletes: true }),
    ...(job.corrects > 0n && { corrects: String(job.corrects) }),
    ...(job.correctedBy.length > 0 && { correctedBy: job.correctedBy.map(String) }),
    ...outcomeJson(job),
    ...movementJson(job),
    ...(job.retryOf > 0n && { retryOf: String(job.retryOf) }),
    ...(job.retriedBy.length > 0 && { retriedBy: job.retriedBy.map(String) }),
    ...(job.webhooks.length > 0 && { webhooks: job.webhooks.map(webhookJson) }),
    details: job.details.map((detail) => detailJson(detail, job.dryRun)),
  };
}

/** What was found, left out and warned of, and why it failed. */
function outcomeJson({ checked, rejects, reason, warnings, failure }: rootCoord.JobEntry) {
  return {
    ...(checked && { checked: JSON.parse(checked) }),
    ...(rejects && { rejects: JSON.parse(rejects) }),
    ...(reason && { reason }),
    ...(warnings.length > 0 && { warnings }),
    ...(failure && { failure: placeOf(failure) }),
  };
}

/** One file, or the files of one set. */
function detailJson(detail: rootCoord.JobDetail, isDryRun: boolean) {
  return {
    fileName: `[${detail.paths.join(" ")}]`,
    fileSize: Number(detail.sizeBytes),
    progress: detail.progressPercent,
    startTime: timeText(detail.startedMs),
    completeTime: timeText(detail.completedMs),
    state: detail.state,
    ...rowsJson(detail, isDryRun),
    ...(detail.reason && { reason: detail.reason }),
    ...(detail.nodeIds.length > 0 && { datanodes: detail.nodeIds.map(String) }),
    ...(detail.endedAttempts.length > 0 && { attempts: detail.endedAttempts.map(attemptJson) }),
    ...(detail.warnings.length > 0 && { warnings: detail.warnings }),
    ...(detail.rejectedReasonKeys.length > 0 && {
      rejectedFiles: { rows: detail.rejectedRowKeys, reasons: detail.rejectedReasonKeys },
    }),
    ...(detail.mapping && { mapping: JSON.parse(detail.mapping) }),
    ...(detail.rejected.length > 0 && { rejected: detail.rejected.map(failureOfMessage) }),
  };
}

/** Who is told of the job's end, and whether that was done. */
function webhookJson({ host, attempts, deliveredMs, nextMs, failure }: rootCoord.WebhookEntry) {
  return {
    ...{ host, attempts: Number(attempts) },
    ...(deliveredMs > 0n && { deliveredTime: timeText(deliveredMs) }),
    ...(nextMs > 0n && { nextTime: timeText(nextMs) }),
    ...(failure && { failure }),
  };
}

/** The same in a list. */
export function jobSummaryJson(job: rootCoord.JobEntry) {
  return {
    jobId: String(job.jobId),
    collectionName: job.collectionName,
    state: job.state,
    progress: job.progressPercent,
    ...(job.state === "Failed" && { progressAtFailure: job.progressAtFailure }),
    createTime: timeText(job.createdMs),
    completeTime: timeText(job.completedMs),
    ...rowsJson(job, job.dryRun),
    ...(job.dryRun && { dryRun: true }),
    ...(job.paused && { paused: true }),
    ...(job.phase !== "ended" && movementJson(job)),
    ...(job.retryOf > 0n && { retryOf: String(job.retryOf) }),
    ...(job.reason && { reason: job.reason }),
  };
}

/** Where it is, how fast, and what keeps it; a time that nobody knows is not said. */
export function movementJson({ phase, waitsFor, rowsPerSecond, remainingMs }: rootCoord.JobEntry) {
  return {
    phase,
    ...(waitsFor && { waitsFor }),
    ...(rowsPerSecond > 0 && { rowsPerSecond: Math.round(rowsPerSecond) }),
    ...(remainingMs > 0n && { remainingSeconds: Math.ceil(Number(remainingMs) / 1000) }),
  };
}

/** An attempt that made nothing, and why. */
function attemptJson({ attempt, nodeId, startedMs, endedMs, cause }: rootCoord.EndedAttempt) {
  const times = { startTime: timeText(startedMs), endTime: timeText(endedMs) };
  return { attempt: Number(attempt), datanode: String(nodeId), ...times, cause };
}

/** A total that is projected from what was read so far says so; a dry run imports nothing. */
function rowsJson(
  rows: Pick<
    rootCoord.JobEntry,
    "importedRows" | "rejectedRows" | "duplicateRows" | "totalRows" | "totalRowsEstimated"
  >,
  isDryRun: boolean,
) {
  return {
    importedRows: isDryRun ? 0 : Number(rows.importedRows),
    ...(isDryRun && { checkedRows: Number(rows.importedRows) }),
    ...(rows.duplicateRows > 0n && { duplicateRows: Number(rows.duplicateRows) }),
    ...(rows.rejectedRows > 0n && { rejectedRows: Number(rows.rejectedRows) }),
    totalRows: Number(rows.totalRows),
    ...(rows.totalRowsEstimated && { totalRowsEstimated: true }),
  };
}

/** Its reason is the job's, in words that hold the place too. */
function placeOf(failure: importing.TaskFailure) {
  const { reason: _, ...place } = failureOfMessage(failure);
  return place;
}
