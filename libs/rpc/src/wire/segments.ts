import type { FieldLogs, LogLists, StoredSegment } from "@sluice/schema";
import type {
  FieldLogs as FieldLogsMessage,
  LogLists as LogListsMessage,
  SegmentInfo as SegmentMessage,
} from "../gen/import.ts";

// Segments and their logs as they travel. This is the only place that knows the messages' form of them.

/** @param commitTs of the change that made it visible; none before */
export function segmentMessage(segment: StoredSegment, commitTs = 0n): SegmentMessage {
  return {
    segmentId: segment.segmentId,
    collectionId: segment.collectionId,
    partitionId: segment.partitionId,
    vchannel: segment.vchannel,
    rowCount: BigInt(segment.rowCount),
    sizeBytes: BigInt(segment.sizeBytes),
    memoryBytes: BigInt(segment.memoryBytes),
    timestamp: segment.timestamp,
    logs: logListsMessage(segment),
    commitTimestamp: commitTs,
    minRowTimestamp: segment.rowTimestamps?.min ?? 0n,
    maxRowTimestamp: segment.rowTimestamps?.max ?? 0n,
  };
}

/** A segment as it came; its times of rows are absent where the message has 0. */
export function segmentOfMessage(message: SegmentMessage): StoredSegment {
  const { minRowTimestamp: min, maxRowTimestamp: max } = message;
  return {
    segmentId: message.segmentId,
    collectionId: message.collectionId,
    partitionId: message.partitionId,
    vchannel: message.vchannel,
    rowCount: Number(message.rowCount),
    sizeBytes: Number(message.sizeBytes),
    memoryBytes: Number(message.memoryBytes),
    timestamp: message.timestamp,
    ...(max > 0n && { rowTimestamps: { min, max } }),
    ...logListsOfMessage(message.logs),
  };
}

function logListsMessage({ deletedRows = 0, ...lists }: LogLists): LogListsMessage {
  const { insertLogs, statsLogs, bm25Logs = [], deltaLogs = [] } = lists;
  const [insert, stats, bm25, delta] = [insertLogs, statsLogs, bm25Logs, deltaLogs].map((logs) =>
    logs.map(logsMessage),
  );
  return { insertLogs: insert, statsLogs: stats, bm25Logs: bm25, deltaLogs: delta, deletedRows: BigInt(deletedRows) };
}

/** No message at all is a segment without logs. */
export function logListsOfMessage(message: LogListsMessage | undefined): LogLists {
  const { insertLogs = [], statsLogs = [], bm25Logs = [], deltaLogs = [], deletedRows = 0n } = message ?? {};
  return {
    insertLogs: insertLogs.map(logsOf),
    statsLogs: statsLogs.map(logsOf),
    ...(bm25Logs.length > 0 && { bm25Logs: bm25Logs.map(logsOf) }),
    ...(deltaLogs.length > 0 && { deltaLogs: deltaLogs.map(logsOf), deletedRows: Number(deletedRows) }),
  };
}

function logsMessage({ fieldId, logIds, rowCounts, sizesBytes }: FieldLogs): FieldLogsMessage {
  return {
    fieldId: BigInt(fieldId),
    logIds: [...logIds],
    rowCounts: rowCounts.map(BigInt),
    sizesBytes: sizesBytes.map(BigInt),
  };
}

function logsOf({ fieldId, logIds, rowCounts, sizesBytes }: FieldLogsMessage): FieldLogs {
  return {
    fieldId: Number(fieldId),
    logIds,
    rowCounts: rowCounts.map(Number),
    sizesBytes: sizesBytes.map(Number),
  };
}
