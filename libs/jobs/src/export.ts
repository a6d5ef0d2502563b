import type { CollectionSchema, PartitionId } from "@sluice/schema";

/** Forms of an export that have the logs of segments as they are: the folder of a milvus-backup, and the snapshot of a Milvus 3. */
const copiedForms = ["backup", "snapshot"] as const;
/** Forms whose files are copies of logs, byte for byte. */
export type CopiedForm = (typeof copiedForms)[number];
/** Forms of an export: files with rows, or copies of segments. */
export const exportForms = ["parquet", "jsonl", "numpy", ...copiedForms] as const;
/** What an export writes; the option `format` names it. */
export type ExportForm = (typeof exportForms)[number];

/** Such a form has all rows and fields of the segments: it is never filtered. */
export function isCopiedForm(form: ExportForm): form is CopiedForm {
  return copiedForms.some((copied) => copied === form);
}

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

/** A file that was exported; of copied segments the folder of a segment's logs of a kind. */
export interface ExportedFile {
  /** Below the export's folder; a folder ends in `/`. */
  readonly path: string;
  readonly partition: string;
  /** Of copied segments those that lie there, deleted or not; 0 of a folder of other logs. */
  readonly rows: number;
  readonly sizeBytes: number;
  /** In hex; of a folder that of its logs, one after the other, by field and number. */
  readonly sha256: string;
}

/** Kinds of logs, called as the folders that Milvus keeps them in. */
export type LogKind = "insert_log" | "delta_log" | "stats_log" | "bm25_stats";

/**
 * Folder of a segment's logs of a kind, below that of the export; ends in `/`. In a milvus-backup each segment is a group of its own, so
 * that one import call can name it; in a snapshot it lies below `files/` as in a Milvus, whose ids in paths a restore replaces. Source:
 * binlog format, §10; Milvus `internal/snapshotio/storage`.
 */
export function copiedFolder(form: CopiedForm, kind: LogKind, place: SegmentPlace): string {
  const { collectionId, partitionId, segmentId } = place;
  const ids = `${collectionId}/${partitionId}/${segmentId}/`;
  return `${copiedRoots[form]}/${kind}/${ids}${form === "backup" ? `${segmentId}/` : ""}`;
}

/** Where an export has its logs, below its folder. */
export const copiedRoots: Readonly<Record<CopiedForm, string>> = { backup: "binlogs", snapshot: "files" };

interface SegmentPlace {
  readonly collectionId: bigint;
  readonly partitionId: bigint;
  readonly segmentId: bigint;
}
