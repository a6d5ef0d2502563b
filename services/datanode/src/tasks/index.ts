import type { TaskInputs, TaskKind } from "@sluice/jobs";
import { runCompaction } from "./compaction.ts";
import { runCopy } from "./copy.ts";
import { runExport } from "./export/export.ts";
import { runImport } from "./import.ts";
import { runMerge } from "./merge/merge.ts";
import type { RunTask } from "./task-kind.ts";

/** Every kind of task that a datanode runs. */
export const taskKinds: { readonly [Kind in TaskKind]: RunTask<TaskInputs[Kind]> } = {
  import: runImport,
  compaction: runCompaction,
  copy: runCopy,
  export: runExport,
  merge: runMerge,
};
