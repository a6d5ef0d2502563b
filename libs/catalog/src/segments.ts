import type { CollectionId, JobId, PartitionId, SegmentId, TaskId } from "@sluice/schema";

export interface FieldLogsRecord {
  readonly fieldId: number;
  readonly logIds: readonly bigint[];
  readonly rowCounts: readonly number[];
  readonly sizesBytes: readonly number[];
}

/** Key `segment/<collectionId>/<jobId>/<segmentId>`; written before the segment's first object. */
export interface SegmentRecord {
  readonly segmentId: SegmentId;
  readonly collectionId: CollectionId;
  readonly partitionId: PartitionId;
  readonly vchannel: string;
  readonly jobId: JobId;
  readonly taskId: TaskId;
  readonly attempt: number;
  /** importing: being written; sealed: complete; dropped: GC removes its objects, again after a grace, then the record. */
  readonly state: "importing" | "sealed" | "dropped";
  readonly rowCount: number;
  readonly sizeBytes: number;
  readonly memoryBytes: number;
  readonly timestamp: bigint;
  readonly insertLogs: readonly FieldLogsRecord[];
  readonly statsLogs: readonly FieldLogsRecord[];
  readonly droppedMs: number;
}

/**
 * The one record that makes a job visible: the sealed segments of the accepted attempts. Key
 * `commit/<collectionId>/<jobId>`.
 */
export interface CommitRecord {
  readonly jobId: JobId;
  readonly collectionId: CollectionId;
  readonly commitTs: bigint;
  readonly segmentIds: readonly SegmentId[];
  readonly rowCount: number;
}
