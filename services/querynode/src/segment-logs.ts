import type { importing } from "@sluice/rpc";
import type { FieldLogs, SegmentLogs } from "@sluice/segment";

/** A visible segment's logs as the segment library takes them. */
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

function fieldLogs(logs: importing.FieldLogs): FieldLogs {
  return {
    fieldId: Number(logs.fieldId),
    logIds: logs.logIds,
    rowCounts: logs.rowCounts.map(Number),
    sizesBytes: logs.sizesBytes.map(Number),
  };
}

/**
 * A segment as one segment per log: the n-th logs of all fields hold the same rows. Ten rows of a segment of a gigabyte
 * then cost a log of each field, not the columns whole.
 */
export function segmentParts(segment: SegmentLogs): SegmentLogs[] {
  const rowCounts = segment.insertLogs[0]?.rowCounts ?? [];
  return rowCounts.map((rowCount, n) => ({
    ...segment,
    rowCount,
    insertLogs: segment.insertLogs.map((logs) => nthLog(logs, n)),
    statsLogs: [],
  }));
}

function nthLog({ fieldId, logIds, rowCounts, sizesBytes }: FieldLogs, n: number): FieldLogs {
  return { fieldId, logIds: [logIds[n]], rowCounts: [rowCounts[n]], sizesBytes: [sizesBytes[n]] };
}
