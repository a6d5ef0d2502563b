import type { LogLists, StoredSegment } from "@sluice/schema";
import type { SegmentPlace } from "./segment-keys.ts";

/** A segment as its readers need it. Plain data. */
export interface SegmentLogs extends SegmentPlace, LogLists {
  readonly rowCount: number;
}

/** A segment that is written completely and takes no more rows. Plain data: it crosses threads. */
export interface SealedSegment extends StoredSegment {
  /** Inclusive bounds; text by its UTF-8 bytes. */
  readonly minPk: bigint | string;
  readonly maxPk: bigint | string;
}

/** Rows of a bucket are those of one shard and one partition; each of its segments belongs to both. */
export interface SegmentBucket {
  readonly vchannel: string;
  readonly partitionId: bigint;
}

/** Ids from the datacoord. Each call leaves the process. */
export interface SegmentIds {
  /** A new segment for each bucket, recorded before the call resolves, or before `mayAppear` does; parallel to `buckets`. */
  segments(buckets: readonly SegmentBucket[]): Promise<readonly bigint[]>;
  /** The first of `count` consecutive log ids, which no one else gets. Later calls give greater ones. */
  logIds(count: number): Promise<bigint>;
}
