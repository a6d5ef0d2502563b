import type { BroughtSource, FolderValuesRecord, Job, JobWebhook, SourceFileRecord } from "@sluice/jobs";
import type { CollectionId, JobId, PartitionId } from "@sluice/schema";
import type { Table } from "./table.ts";

/** One row-based file, or one set of column files. */
export interface FileGroupRecord {
  readonly format: string;
  readonly files: readonly SourceFileRecord[];
  /** The folder or pattern of the request that they were found by; absent where the request names them. */
  readonly from?: string;
  /** What stands for its files where they are many: the folder of a segment. */
  readonly shownAs?: string;
  /** The partition that its rows go to, where groups have partitions of their own. */
  readonly partitionId?: PartitionId;
  /** What the folders of the path that it was found in say of all rows. */
  readonly folders?: FolderValuesRecord;
  /** Laid over the options of the request, for these files. */
  readonly options?: Readonly<Record<string, string>>;
}

/** A request for work on a collection, and its outcome. Its files lie in records of their own (`JobFilesRecord`). */
export interface StoredJob extends Job {
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
  /** Stores that it brings, without their credentials. */
  readonly sources?: readonly BroughtSource[];
  /** Those, sealed; absent where they are only held in memory, and once the job has ended. */
  readonly sealedCredentials?: string;
  /** Who has brought them; absent where nobody was asked who calls. */
  readonly requestedBy?: string;
  readonly idempotencyKey: string;
  /** Of the partition, paths and options as they were sent: what a repeated request is compared with. */
  readonly requestDigest: string;
  /** Hybrid timestamp of all rows. */
  readonly timestamp: bigint;
  readonly createdMs: number;
  /** Who is told of its end; absent = nobody. */
  readonly webhooks?: readonly JobWebhook[];
  /** The failed job whose files it imports again. */
  readonly retryOf?: JobId;
  /** W3C `traceparent` of the request, when it was traced: tasks join its trace. */
  readonly traceParent?: string;
}

/** Written by the rootcoord. */
export const JOBS: Table<StoredJob, JobId> = { name: "job", idOf: ({ jobId }) => jobId };

/** A job with its files: put together from its records. */
export interface JobRecord extends StoredJob {
  readonly groups: readonly FileGroupRecord[];
}

/** Which job a request's idempotency key has led to; kept as long as the job. */
export interface IdempotencyRecord {
  readonly collectionId: CollectionId;
  readonly key: string;
  readonly jobId: JobId;
}

/** Written by the rootcoord, together with the job. */
export const IDEMPOTENCY_KEYS: Table<IdempotencyRecord, readonly [CollectionId, key: string]> = {
  name: "idempotency",
  idOf: ({ collectionId, key }) => [collectionId, key],
};
