import type { CollectionSchema, PartitionId, SegmentId } from "@sluice/schema";

/** Visible segments of one shard of one partition that become one. */
export interface SegmentMerge {
  readonly partitionId: PartitionId;
  readonly vchannel: string;
  /** In the order in which they became visible. */
  readonly segmentIds: readonly SegmentId[];
  /** Of all their rows in memory. */
  readonly memoryBytes: number;
}

/** What is asked of a compaction: small segments of one collection, to be replaced by larger ones in one change. */
export interface CompactionSpec {
  readonly merges: readonly SegmentMerge[];
  /** Nobody sends any. */
  readonly options: readonly [];
  readonly warnings: readonly [];
}

/** What a task of kind `compaction` works on. Where the segments' logs lie the datanode asks when it begins. */
export interface CompactionTaskInput {
  readonly collectionId: bigint;
  readonly schema: CollectionSchema;
  /** One after the other, or some of them at once. */
  readonly merges: readonly SegmentMerge[];
}
