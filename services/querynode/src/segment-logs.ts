import type { importing } from "@sluice/rpc";
import type { SegmentLogs } from "@sluice/segment";

/** A segment's logs as the segment library takes them. */
export function segmentLogs(info: importing.SegmentInfo): SegmentLogs {
  return {
    collectionId: info.collectionId,
    partitionId: info.partitionId,
    segmentId: info.segmentId,
    rowCount: Number(info.rowCount),
    insertLogs: info.insertLogs.map(fieldLogs),
    statsLogs: info.statsLogs.map(fieldLogs),
  };
}

function fieldLogs(logs: importing.FieldLogs) {
  return {
    fieldId: Number(logs.fieldId),
    logIds: logs.logIds,
    rowCounts: logs.rowCounts.map(Number),
    sizesBytes: logs.sizesBytes.map(Number),
  };
}
