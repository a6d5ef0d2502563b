import type { CollectionSchema } from "@sluice/schema";
import type { KeyRule } from "./key-rule.ts";
import type { RowTolerance } from "./row-tolerance.ts";
import type { BroughtSource, FolderValuesRecord, SourceFileRecord } from "./source-file.ts";

/** Files that are read together. */
export interface SourceSet {
  /** Name of a format. */
  readonly format: string;
  /** One row-based file, or the files of one set. */
  readonly files: readonly SourceFileRecord[];
  /** What the folders of their path say of all rows. */
  readonly folders?: FolderValuesRecord;
  /** Laid over the options of the task, for these files. */
  readonly options?: Readonly<Record<string, string>>;
}

/** What a task of kind `import` works on, as plain data: the rootcoord's planner makes it, the datanode's task takes it. */
export interface ImportTaskInput {
  readonly collectionId: bigint;
  readonly schema: CollectionSchema;
  readonly vchannels: readonly string[];
  /** The target partition, or all of the partition key's in order of their number. */
  readonly partitionIds: readonly bigint[];
  /** Read one after the other, into the same segments. */
  readonly sets: readonly SourceSet[];
  /** The job has other sets too, here or in other tasks. */
  readonly isOneOfSeveral?: boolean;
  /** Storages that the job brings besides those of the settings, by the names that its files carry; without secrets. */
  readonly sources?: readonly BroughtSource[];
  /** Half-open part of the one set, in the unit of its format; absent = all of it. */
  readonly range?: { readonly begin: number; readonly end: number };
  /** Hybrid timestamp of every row. */
  readonly timestamp: bigint;
  /** Options of the request that a reader may know, keys as sent. */
  readonly options: Readonly<Record<string, string>>;
  /** Where the rows go: into segments of the collection, or nowhere after they were checked. */
  readonly sink: "segments" | "none";
  /** Rows that cannot be imported are left out, so many of them; absent = the first one fails the task. */
  readonly tolerance?: RowTolerance;
  /** One row of each primary key is taken, of the keys that fall to this task; absent = all rows. */
  readonly keyRule?: KeyRule;
  /** Where objects with the rows that are left out lie; absent = they are only counted. */
  readonly rejectsPrefix?: string;
}
