import type { CollectionSchema, PartitionId } from "@sluice/schema";

/** Forms of files that rows are exported into. */
export const exportForms = ["parquet", "jsonl", "numpy"] as const;
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

/** A file that was exported. */
export interface ExportedFile {
  /** Below the export's folder. */
  readonly path: string;
  readonly partition: string;
  readonly rows: number;
  readonly sizeBytes: number;
  /** In hex. */
  readonly sha256: string;
}
