export { readSegmentField, readSegmentStats, type SegmentKeyStats } from "./read-segment.ts";
export {
  insertLogKey,
  insertLogPrefix,
  type SegmentPlace,
  segmentPrefixes,
  statsLogKey,
  statsLogPrefix,
} from "./segment-keys.ts";
export {
  rowIdField,
  type SealedSegment,
  type SegmentBucket,
  type SegmentIds,
  type SegmentLogs,
  timestampField,
} from "./segment-logs.ts";
export { SegmentWriterSet, type SegmentWriterSetOptions } from "./segment-writer-set.ts";
