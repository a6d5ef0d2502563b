import { expiredBefore } from "@sluice/query";
import { type dataCoord, segmentOfMessage } from "@sluice/rpc";
import type { StoredSegment } from "@sluice/schema";
import type { SegmentLogs } from "@sluice/segment";

/** A visible segment, and from when on its rows count. */
export interface VisibleSegment {
  readonly logs: SegmentLogs;
  /** Of its rows, but for a merged segment. */
  readonly commitTs: bigint;
  /** Of a merged segment, whose timestamp column says it row by row. */
  readonly rowTimestamps: StoredSegment["rowTimestamps"];
  /** Rows up to it have expired; undefined when none has. */
  readonly expiredTs: bigint | undefined;
}

/** Rows expire by the time of their commit: all rows of a segment at once, of a merged one each by its own. */
export function unexpiredSegments(
  { segments, timestamp }: dataCoord.GetVisibleSegmentsResponse,
  ttlSeconds: bigint,
): VisibleSegment[] {
  const limit = expiredBefore(timestamp, Number(ttlSeconds));
  return segments.flatMap((info) => {
    const { rowTimestamps, ...logs } = segmentOfMessage(info);
    const { commitTimestamp: commitTs } = info;
    const { min, max } = rowTimestamps ?? { min: commitTs, max: commitTs };
    if (max <= limit) return [];
    return [{ logs, commitTs, rowTimestamps, expiredTs: min <= limit ? limit : undefined }];
  });
}
