import type { JobState, TaskState } from "@sluice/import-job";
import type { CollectionId, JobId, NodeId, PartitionId, SegmentId, TaskId } from "@sluice/schema";

// Every record of the cluster, and who writes it. Keys are `<table>/<id>…`, ids in decimal without padding unless said
// otherwise. Rootcoord writes databases, collections, names, jobs and tasks; datacoord writes segments and commits.

export interface DatabaseRecord {
  readonly dbId: bigint;
  readonly name: string;
  /** Hybrid timestamp. */
  readonly createdTs: bigint;
  readonly properties: Readonly<Record<string, string>>;
}

export interface PartitionRecord {
  readonly partitionId: PartitionId;
  readonly name: string;
  readonly createdMs: number;
  readonly createdTs: bigint;
  readonly loaded: boolean;
}

export interface IndexRecord {
  readonly indexId: bigint;
  readonly name: string;
  readonly fieldId: number;
  readonly fieldName: string;
  /** Parameters to echo, in order. */
  readonly params: readonly (readonly [key: string, value: string])[];
  /** Parameters as sent, flattened: two definitions are equal when these are. */
  readonly definition: Readonly<Record<string, string>>;
  readonly createdTs: bigint;
}

/** A collection with its partitions and indexes: one record, so that a guard on it covers them all. */
export interface CollectionRecord {
  readonly collectionId: CollectionId;
  readonly dbName: string;
  readonly name: string;
  /** Serialized schema.CollectionSchema as the client sent it, with field ids assigned; base64. Without `$meta`. */
  readonly declaredSchema: string;
  /** The same with the hidden `$meta` field: what readers, writers and queries use; base64. */
  readonly storedSchema: string;
  readonly shardsNum: number;
  readonly vchannels: readonly string[];
  readonly consistencyLevel: number;
  readonly properties: readonly (readonly [key: string, value: string])[];
  /** `_default` first; with a partition key `_default_0` … in order of their number. */
  readonly partitions: readonly PartitionRecord[];
  readonly hasPartitionKey: boolean;
  /** Request's num_partitions, 0 when none. */
  readonly numPartitions: number;
  readonly indexes: readonly IndexRecord[];
  readonly aliases: readonly string[];
  readonly loaded: boolean;
  readonly createdMs: number;
  readonly createdTs: bigint;
  readonly updatedTs: bigint;
  /** Dropped collections keep their record until GC has removed their segments. */
  readonly state: "active" | "dropped";
}

/** Taken names of a database: collections and aliases share them. Key `name/<db>/<name>`. */
export interface NameRecord {
  readonly kind: "collection" | "alias";
  readonly collectionId: CollectionId;
}

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
