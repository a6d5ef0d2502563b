import type { CollectionSchema, PartitionId } from "@sluice/schema";

/** Forms of an export: files with rows, or the folder of a milvus-backup, which has the logs of segments as they are. */
export const exportForms = ["parquet", "jsonl", "numpy", "backup"] as const;
export type ExportForm = (typeof exportForms)[number];

/** When rows expire, as queries have it. */
export interface RowExpiry {
  /** After their commit; 0 = never. */
  readonly ttlSeconds: number;
  /** A field of times, each row's own; "" = none. */
  readonly ttlField: string;
}

/** What is asked of an export: the rows of a collection as of the job's timestamp, in files. */
export interface ExportSpec {
  /** As sent, in order. */
  readonly options: readonly (readonly [key: string, value: string])[];
  readonly warnings: readonly string[];
  readonly form: ExportForm;
  /** Name of the export root, and the folder below it that is the job's own; without slashes around it. */
  readonly root: string;
  readonly folder: string;
  /** Expression that rows must pass; "" = all. */
  readonly filter: string;
  /** What is written, in this order: the collection's schema with some of its fields. */
  readonly output: CollectionSchema;
  readonly expiry: RowExpiry;
  readonly partitions: readonly { readonly partitionId: PartitionId; readonly name: string }[];
}

/** What a task of kind `export` works on. Where the segments' logs lie the datanode asks when it begins. */
export interface ExportTaskInput extends Pick<ExportSpec, "form" | "root" | "folder" | "filter" | "output" | "expiry"> {
  readonly collectionId: bigint;
  readonly schema: CollectionSchema;
  /** Hybrid: rows are those of then. */
  readonly timestamp: bigint;
  /** Of one partition. */
  readonly partitionName: string;
  readonly segmentIds: readonly bigint[];
  /** Of a file, about: whoever writes them, the files are the same. */
  readonly fileBytes: number;
}

/** A file that was exported; of a backup the folder of a segment's logs. */
export interface ExportedFile {
  /** Below the export's folder; a folder ends in `/`. */
  readonly path: string;
  readonly partition: string;
  /** Of a backup those that lie there, deleted or not; 0 of a folder of deletes. */
  readonly rows: number;
  readonly sizeBytes: number;
  /** In hex; of a folder that of its logs, one after the other, by field and number. */
  readonly sha256: string;
}

/**
 * Folder of a segment's insert logs in a milvus-backup, below that of the backup. Each segment is a group of its own, so that
 * one import call can name it. Source: binlog format, §10.
 */
export function backupSegmentFolder(place: BackupPlace): string {
  return `binlogs/insert_log/${groupFolder(place)}`;
}

/** The same of its delta logs. */
export function backupDeltaFolder(place: BackupPlace): string {
  return `binlogs/delta_log/${groupFolder(place)}`;
}

interface BackupPlace {
  readonly collectionId: bigint;
  readonly partitionId: bigint;
  readonly segmentId: bigint;
}

function groupFolder({ collectionId, partitionId, segmentId }: BackupPlace): string {
  return `${collectionId}/${partitionId}/${segmentId}/${segmentId}/`;
}
