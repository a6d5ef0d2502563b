import type { ImportError } from "@sluice/errors";
import type { FormatName } from "@sluice/formats";
import { common, decodeStoredSchema, type importing, okStatus } from "@sluice/rpc";
import type { NodeId } from "@sluice/schema";
import type { SealedSegment } from "@sluice/segment";
import type { ImportTaskInput, ImportTaskLimits, ImportTaskOutcome } from "./import-task.ts";

type TaskOrder = importing.TaskOrder;

/** The order as the worker thread takes it. */
export function inputOf(order: TaskOrder, limits: ImportTaskLimits): ImportTaskInput {
  return {
    collectionId: order.collectionId,
    schema: decodeStoredSchema(
      order.schema,
      order.properties.map(({ key, value }) => [key, value]),
    ),
    vchannels: order.vchannels,
    partitionIds: order.partitionIds,
    format: order.format as FormatName,
    files: order.files.map(({ path, key, sizeBytes }) => ({ path, key, sizeBytes: Number(sizeBytes) })),
    range: order.range && { begin: Number(order.range.begin), end: Number(order.range.end) },
    timestamp: order.timestamp,
    options: Object.fromEntries(order.options.map(({ key, value }) => [key, value])),
    limits,
  };
}

/** The sealed segments of an attempt as the datacoord takes them. */
export function segmentInfos(order: TaskOrder, outcome: ImportTaskOutcome): importing.SegmentInfo[] {
  return outcome.segments.map((segment) => ({
    segmentId: segment.segmentId,
    collectionId: order.collectionId,
    partitionId: segment.partitionId,
    vchannel: segment.vchannel,
    rowCount: BigInt(segment.rowCount),
    sizeBytes: BigInt(segment.sizeBytes),
    jobId: order.jobId,
    taskId: order.taskId,
    attempt: order.attempt,
    timestamp: order.timestamp,
    insertLogs: segment.insertLogs.map(fieldLogs),
    statsLogs: segment.statsLogs.map(fieldLogs),
    commitTimestamp: 0n,
    state: "sealed",
    memoryBytes: BigInt(segment.memoryBytes),
  }));
}

function fieldLogs(logs: SealedSegment["insertLogs"][number]): importing.FieldLogs {
  return {
    fieldId: BigInt(logs.fieldId),
    logIds: [...logs.logIds],
    rowCounts: logs.rowCounts.map(BigInt),
    sizesBytes: logs.sizesBytes.map(BigInt),
  };
}

/** Reports on an attempt. */
export const resultOf = {
  running: (order: TaskOrder, node: NodeId, rows: number, sourceBytes: number): importing.ImportResult => ({
    ...base(order, node),
    state: common.ImportState.ImportStarted,
    rowCount: BigInt(rows),
    processedBytes: BigInt(Math.floor(sourceBytes)),
  }),
  persisted: (order: TaskOrder, node: NodeId, outcome: ImportTaskOutcome): importing.ImportResult => ({
    ...base(order, node),
    state: common.ImportState.ImportPersisted,
    segments: outcome.segments.map((segment) => segment.segmentId),
    autoIds: [...outcome.autoIds],
    rowCount: BigInt(outcome.rowCount),
    segmentBytes: BigInt(outcome.segments.reduce((sum, segment) => sum + segment.sizeBytes, 0)),
  }),
  failed: (order: TaskOrder, node: NodeId, error: ImportError): importing.ImportResult => ({
    ...base(order, node),
    state: common.ImportState.ImportFailed,
    failure: {
      code: error.code,
      reason: error.reason,
      file: error.at?.file ?? "",
      row: BigInt(error.at?.row ?? -1),
      field: error.at?.field ?? "",
      byteOffset: BigInt(error.at?.byteOffset ?? -1),
      retriable: error.spec.retry === "backoff",
    },
  }),
};

function base(order: TaskOrder, node: NodeId): importing.ImportResult {
  return {
    status: okStatus(),
    taskId: order.taskId,
    state: common.ImportState.ImportStarted,
    segments: [],
    autoIds: [],
    rowCount: 0n,
    infos: [],
    jobId: order.jobId,
    attempt: order.attempt,
    nodeId: node,
    processedBytes: 0n,
    failure: undefined,
    segmentBytes: 0n,
  };
}
