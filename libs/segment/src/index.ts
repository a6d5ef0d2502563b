export { readSegmentField, readSegmentStats, type SegmentKeyStats } from "./read-segment.ts";
export {
  type SegmentPlace,
  segmentPrefixes,
} from "./segment-keys.ts";
export type {
  SealedSegment,
  SegmentBucket,
  SegmentIds,
  SegmentLogs,
} from "./segment-logs.ts";
export { SegmentWriterSet, type SegmentWriterSetOptions } from "./segment-writer-set.ts";
