import type { FieldLogs } from "@sluice/schema";
import type { SegmentLogs } from "./segment-logs.ts";

/**
 * A segment as one segment per log: the n-th logs of all fields hold the same rows. Ten rows of a segment of a gigabyte
 * then cost a log of each field, not the columns whole.
 */
export function segmentParts<S extends SegmentLogs>(segment: S): S[] {
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
