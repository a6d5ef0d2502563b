import type { CollectionId, JobId, PartitionId, SegmentId, StoredSegment, TaskId } from "@sluice/schema";
import type { Table } from "./table.ts";

/** A segment that was ever begun; recorded before its first object (S1). */
export interface SegmentRecord extends StoredSegment {
  readonly segmentId: SegmentId;
  readonly collectionId: CollectionId;
  readonly partitionId: PartitionId;
  readonly jobId: JobId;
  readonly taskId: TaskId;
  readonly attempt: number;
  /** importing: being written; sealed: complete; dropped: GC removes its objects, again after a grace, then the record. */
  readonly state: "importing" | "sealed" | "dropped";
  /** Unix milliseconds of the first sweep, 0 before it. */
  readonly droppedMs: number;
}

/** Written by the datacoord. */
export const SEGMENTS: Table<SegmentRecord, readonly [CollectionId, JobId, SegmentId]> = {
  name: "segment",
  idOf: ({ collectionId, jobId, segmentId }) => [collectionId, jobId, segmentId],
};
