import { segmentLevels } from "@sluice/formats";
import { copiedFolder, type LogKind } from "@sluice/jobs";
import type { FieldLogs, VisibleSegment } from "@sluice/schema";

/** Segments have a log for each field and flush: storage version 1, which Milvus writes as 0. */
const STORAGE_VERSION = 0;

/** Inclusive bounds of hybrid timestamps. */
interface Times {
  readonly from: bigint;
  readonly to: bigint;
}

/**
 * What the manifest of a segment says, in the terms of its schema. Positions say a time and no message, as those of Milvus's own
 * imports: there is no log of messages to read on from. Rows count from the segment's change on, whatever their timestamp column says,
 * and those of a merged one from the time on that the column says of each.
 */
export function segmentEntry(segment: VisibleSegment, exportTs: bigint) {
  const { segmentId, partitionId, vchannel, rowCount, rowTimestamps, timestamp, commitTs } = segment;
  const times = rowTimestamps ? { from: rowTimestamps.min, to: rowTimestamps.max } : { from: timestamp, to: timestamp };
  const position = { channel_name: vchannel, msg_id: new Uint8Array(), msg_group: "", timestamp: times.to };
  return {
    ...{ segment_id: segmentId, partition_id: partitionId, segment_level: segmentLevels.l1 },
    ...{ channel_name: vchannel, num_of_rows: rowCount, start_position: position, dml_position: position },
    ...{ storage_version: STORAGE_VERSION, is_sorted: false, commit_timestamp: rowTimestamps ? 0n : commitTs },
    binlog_files: insertFiles(segment, times),
    // Of no field, as Milvus has them; nothing that was deleted before the rows counted, or after the export, is among them.
    deltalog_files: (segment.deltaLogs ?? []).map((logs) =>
      fieldFiles(segment, "delta_log", { ...logs, fieldId: 0 }, { from: commitTs, to: exportTs }),
    ),
    statslog_files: segment.statsLogs.map((logs) => fieldFiles(segment, "stats_log", logs, times)),
    bm25_statslog_files: (segment.bm25Logs ?? []).map((logs) => fieldFiles(segment, "bm25_stats", logs, times)),
    ...{ index_files: [], text_index_files: [], json_key_index_files: [] },
  };
}

/** What rows take in memory is known of the segment alone: logs have the share of it that they have of its bytes. */
function insertFiles(segment: VisibleSegment, times: Times) {
  const sizes = segment.insertLogs.flatMap(({ sizesBytes }) => sizesBytes);
  const factor = segment.memoryBytes / Math.max(1, sum(sizes));
  return segment.insertLogs.map((logs) => fieldFiles(segment, "insert_log", logs, times, factor));
}

/** @param memoryFactor bytes in memory for each of a file */
function fieldFiles(segment: VisibleSegment, kind: LogKind, logs: FieldLogs, times: Times, memoryFactor = 1) {
  const folder = copiedFolder("snapshot", kind, segment);
  const { fieldId, logIds, rowCounts, sizesBytes } = logs;
  const path = kind === "delta_log" ? folder : `${folder}${fieldId}/`;
  const files = logIds.map((logId, i) => ({
    ...{ entries_num: rowCounts[i], timestamp_from: times.from, timestamp_to: times.to },
    ...{ log_path: `${path}${logId}`, log_size: sizesBytes[i], log_id: logId },
    memory_size: Math.round(sizesBytes[i] * memoryFactor),
  }));
  return { field_id: fieldId, child_fields: [], format: "", binlogs: files };
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}
