import type { CompactionSpec, CompactionTaskInput } from "./compaction.ts";
import type { AppendTaskInput, CopySpec, CopyTaskInput, PullTaskInput, PushTaskInput } from "./copy.ts";
import type { DeletesTaskInput } from "./deletes-task-input.ts";
import type { ExportSpec, ExportTaskInput } from "./export.ts";
import type { ImportSpec } from "./import-spec.ts";
import type { ImportTaskInput } from "./import-task-input.ts";
import type { MergeSpec, MergeTaskInput } from "./merge.ts";

/** Kinds of jobs, and what is asked of each. A kind has a planner in the rootcoord, which says of which tasks it consists. */
export interface JobSpecs {
  readonly import: ImportSpec;
  readonly compaction: CompactionSpec;
  readonly copy: CopySpec;
  readonly export: ExportSpec;
  readonly merge: MergeSpec;
}
/** Stands in records: never renamed once released. */
export type JobKind = keyof JobSpecs;
/** What is asked of a job of any kind. */
export type JobSpec = JobSpecs[JobKind];

/** Kinds of tasks, and what each works on. A kind has code in the datanode; a planner gives it its input. */
export interface TaskInputs {
  readonly import: ImportTaskInput;
  readonly deletes: DeletesTaskInput;
  readonly compaction: CompactionTaskInput;
  readonly copy: CopyTaskInput;
  readonly append: AppendTaskInput;
  readonly pull: PullTaskInput;
  readonly push: PushTaskInput;
  readonly export: ExportTaskInput;
  readonly merge: MergeTaskInput;
}
/** Stands in records: never renamed once released. */
export type TaskKind = keyof TaskInputs;
