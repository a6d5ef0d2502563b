import { expiredBefore } from "@sluice/query";
import { type dataCoord, type importing, segmentOfMessage } from "@sluice/rpc";
import type { StoredSegment } from "@sluice/schema";

/** A visible segment, and from when on its rows count. */
export interface VisibleSegment {
  readonly logs: Omit<StoredSegment, "rowTimestamps">;
  /** The same as it was sent. */
  readonly message: importing.SegmentInfo;
  /** Of its rows, but for a merged segment. */
  readonly commitTs: bigint;
  /** Of a merged segment, whose timestamp column says it row by row. */
  readonly rowTimestamps: StoredSegment["rowTimestamps"];
  /** Rows up to it have expired; undefined when none has. */
  readonly expiredTs: bigint | undefined;
}

/** Those of a snapshot of which some rows have not expired. */
export function unexpiredSegments(
  { segments, timestamp }: dataCoord.GetVisibleSegmentsResponse,
  ttlSeconds: bigint,
): VisibleSegment[] {
  return unexpired(segments, expiredBefore(timestamp, Number(ttlSeconds)));
}

/**
 * Rows expire by the time of their commit: all rows of a segment at once, of a merged one each by its own.
 * @param limit rows that count from then on or from before have expired; 0 = none
 */
export function unexpired(segments: readonly importing.SegmentInfo[], limit: bigint): VisibleSegment[] {
  return segments.flatMap((message) => {
    const { rowTimestamps, ...logs } = segmentOfMessage(message);
    const { commitTimestamp: commitTs } = message;
    const { min, max } = rowTimestamps ?? { min: commitTs, max: commitTs };
    if (max <= limit) return [];
    return [{ logs, message, commitTs, rowTimestamps, expiredTs: min <= limit ? limit : undefined }];
  });
}
