import type { FieldSchema } from "@sluice/schema";
import type { SourceSet } from "./import-task-input.ts";
import type { BroughtSource } from "./source-file.ts";

/** What a task of kind `deletes` works on: delta logs, whose deletes it brings into one that the job's commit reads. Plain data. */
export interface DeletesTaskInput {
  readonly collectionId: bigint;
  /** Where the logs are kept until then. */
  readonly bucket: { readonly partitionId: bigint; readonly vchannel: string };
  readonly primaryKey: FieldSchema;
  /** Files are delta logs. */
  readonly sets: readonly SourceSet[];
  /** Storages that the job brings besides those of the settings. */
  readonly sources?: readonly BroughtSource[];
  /** Of the request: bounds of time. */
  readonly options: Readonly<Record<string, string>>;
  /** Hybrid timestamp of the job: no delete is later. */
  readonly timestamp: bigint;
  /** Everything is read and checked, nothing is written. */
  readonly isDryRun: boolean;
}
