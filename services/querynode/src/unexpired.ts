import type { Column } from "@sluice/columns";
import { type dataCoord, segmentOfMessage } from "@sluice/rpc";
import { composeTso, type StoredSegment } from "@sluice/schema";
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
  const limit = ttlSeconds > 0n ? timestamp - composeTso(Number(ttlSeconds) * 1000) : 0n;
  return segments.flatMap((info) => {
    const { rowTimestamps, ...logs } = segmentOfMessage(info);
    const { commitTimestamp: commitTs } = info;
    const { min, max } = rowTimestamps ?? { min: commitTs, max: commitTs };
    if (max <= limit) return [];
    return [{ logs, commitTs, rowTimestamps, expiredTs: min <= limit ? limit : undefined }];
  });
}

/** Those of `rows` that count from after `limit` on. */
export function rowsAfter(limit: bigint, timestamps: Column, rows: Uint32Array): Uint32Array {
  const { data } = timestamps;
  const values = new BigInt64Array(data.buffer, data.byteOffset, data.byteLength >>> 3);
  return rows.filter((row) => values[row] > limit);
}
