import type { JobState, TaskState } from "@sluice/jobs";
import type { CollectionId, JobId, NodeId, PartitionId, SegmentId, TaskId } from "@sluice/schema";

/** Why a job or task failed; the reason keeps its place. */
export interface FailureRecord {
  readonly code: string;
  /** Milvus's wording and what was expected and found; without the place. */
  readonly reason: string;
  readonly file?: string;
  readonly row?: number;
  readonly field?: string;
  readonly byteOffset?: number;
}

export interface SourceFileRecord {
  /** As the user gave it. */
  readonly path: string;
  /** In the source store. */
  readonly key: string;
  readonly sizeBytes: number;
}

/** One row-based file, or one set of column files. */
export interface FileGroupRecord {
  readonly format: string;
  readonly files: readonly SourceFileRecord[];
}

/** One import request and its outcome. Key `job/<jobId>`. */
export interface JobRecord {
  readonly jobId: JobId;
  readonly collectionId: CollectionId;
  readonly collectionName: string;
  readonly dbName: string;
  /** As requested, `""` = none named. */
  readonly partitionName: string;
  readonly partitionIds: readonly PartitionId[];
  readonly vchannels: readonly string[];
  /** Serialized stored schema at submit, base64: a running job keeps it. */
  readonly schema: string;
  readonly properties: readonly (readonly [key: string, value: string])[];
  readonly groups: readonly FileGroupRecord[];
  readonly options: readonly (readonly [key: string, value: string])[];
  readonly idempotencyKey: string;
  readonly state: JobState;
  /** Hybrid timestamp of all rows. */
  readonly timestamp: bigint;
  readonly createdMs: number;
  /** Unix milliseconds after which the job fails; 0 = never. */
  readonly deadlineMs: number;
  /** Number of tasks, 0 before they are planned. */
  readonly taskCount: number;
  readonly completedMs: number;
  readonly failure?: FailureRecord;
  /** Of a completed job. */
  readonly rowCount: number;
  readonly segmentIds: readonly SegmentId[];
  /** [begin, end) pairs of automatic keys, of a completed job. */
  readonly autoIds: readonly bigint[];
  /** Progress of a failed job at its end. */
  readonly lastProgress?: number;
  /** W3C `traceparent` of the request, when it was traced: tasks join its trace. */
  readonly traceParent?: string;
}

/** One file, set or range, and its attempts. Key `task/<jobId>/<taskId>`. */
export interface TaskRecord {
  readonly taskId: TaskId;
  readonly jobId: JobId;
  /** Which group of the job. */
  readonly group: number;
  readonly range?: { readonly begin: number; readonly end: number };
  /** Source bytes of the range. */
  readonly sizeBytes: number;
  readonly state: TaskState;
  /** The current attempt, from 1; 0 before the first. Only its reports count. */
  readonly attempt: number;
  readonly nodeId: NodeId;
  /** Attempts that failed with a retriable error. */
  readonly failures: number;
  readonly rowCount: number;
  readonly processedBytes: number;
  readonly segmentIds: readonly SegmentId[];
  readonly autoIds: readonly bigint[];
  readonly failure?: FailureRecord;
  readonly startedMs: number;
  readonly endedMs: number;
}
