import type { ImportFindings, TaskProgress, TaskReport } from "@sluice/jobs";
import { decodePlain, encodePlain, type JobId, jobId, nodeId, segmentId, taskId } from "@sluice/schema";
import { ImportState } from "../gen/common.ts";
import { ImportResult } from "../gen/import.ts";
import { failureMessage, failureOfMessage } from "./failures.ts";

/** Key of the infos that a report brings for the user, one each. */
const WARNING = "warning";

/** A report as it travels. */
export function reportMessage(job: JobId, { taskId, attempt, nodeId, progress }: TaskReport): ImportResult {
  const about = { jobId: job, taskId, attempt: BigInt(attempt), nodeId };
  return ImportResult.fromPartial({ ...about, ...progressMessage(progress) });
}

function progressMessage(progress: TaskProgress): Partial<ImportResult> {
  switch (progress.state) {
    case "running": {
      const processedBytes = BigInt(Math.floor(progress.processedBytes));
      return { state: ImportState.ImportStarted, rowCount: BigInt(progress.rowCount), processedBytes };
    }
    case "persisted":
      return persistedMessage(progress);
    case "failed":
      return { state: ImportState.ImportFailed, failure: failureMessage(progress.failure) };
    case "handed_back":
      return { state: ImportState.ImportPending };
  }
}

function persistedMessage(done: Extract<TaskProgress, { state: "persisted" }>): Partial<ImportResult> {
  const { rowCount, groupRows = [], groupSegments = [], autoIds, warnings, warningGroups = [], findings } = done;
  return {
    state: ImportState.ImportPersisted,
    rowCount: BigInt(rowCount),
    groupRows: groupRows.map(BigInt),
    segments: [...groupSegments],
    autoIds: [...autoIds],
    infos: warnings.map((value) => ({ key: WARNING, value })),
    warningGroups: warningGroups.map(BigInt),
    findings: findings === undefined ? "" : encodePlain(findings),
  };
}

/** A report as it came, with the job that it is of. */
export function reportOfMessage(message: ImportResult): { readonly jobId: JobId; readonly report: TaskReport } {
  const { attempt } = message;
  const about = { taskId: taskId(message.taskId), attempt: Number(attempt), nodeId: nodeId(message.nodeId) };
  return { jobId: jobId(message.jobId), report: { ...about, progress: progressOf(message) } };
}

function progressOf(message: ImportResult): TaskProgress {
  const { state, rowCount, processedBytes, autoIds, infos, failure } = message;
  switch (state) {
    case ImportState.ImportPersisted:
      return {
        ...{ state: "persisted", rowCount: Number(rowCount), autoIds, warnings: warningsOf(infos) },
        ...(message.groupRows.length > 0 && { groupRows: message.groupRows.map(Number) }),
        ...(message.segments.length > 0 && { groupSegments: message.segments.map(segmentId) }),
        ...(message.warningGroups.length > 0 && { warningGroups: message.warningGroups.map(Number) }),
        ...(message.findings && { findings: decodePlain(message.findings) as ImportFindings }),
      };
    case ImportState.ImportFailed:
      return { state: "failed", failure: failure ? failureOfMessage(failure) : noReason };
    case ImportState.ImportPending:
      return { state: "handed_back" };
    default:
      return { state: "running", rowCount: Number(rowCount), processedBytes: Number(processedBytes) };
  }
}

function warningsOf(infos: ImportResult["infos"]): string[] {
  return infos.filter(({ key }) => key === WARNING).map(({ value }) => value);
}

const noReason = { code: "internal", reason: "the datanode gave no reason" } as const;
