export {
  type ExtendContext,
  type ExtendTarget,
  type NewColumns,
  SegmentExtender,
} from "./extend-segment.ts";
export type { ExtendSource } from "./extended-logs.ts";
export { appendSegments, type MergeOptions, type MergeSource } from "./merge-segments.ts";
export { type PlainValues, readPlainRows } from "./read-rows.ts";
export {
  readBm25Stats,
  readSegmentField,
  readSegmentStats,
  SegmentGone,
  type SegmentKeyStats,
} from "./read-segment.ts";
export { type KeyDeletes, readDeletes, readDeltaLog, writeDeltaLog } from "./segment-deletes.ts";
export {
  bm25LogKey,
  DELTA_LOGS_PREFIX,
  deltaLogKey,
  deltaLogOf,
  insertLogKey,
  type SegmentPlace,
  segmentPrefixes,
  statsLogKey,
} from "./segment-keys.ts";
export type { SealedSegment, SegmentBucket, SegmentIds, SegmentLogs } from "./segment-logs.ts";
export { segmentParts } from "./segment-parts.ts";
export { maxSegmentRows } from "./segment-writer.ts";
export type { SegmentWriterSetOptions } from "./segment-writer-options.ts";
export { SegmentWriterSet } from "./segment-writer-set.ts";
