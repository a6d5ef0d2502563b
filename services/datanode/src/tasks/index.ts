import type { TaskInputs, TaskKind } from "@sluice/jobs";
import { runCompaction } from "./compaction.ts";
import { runCopy } from "./copy.ts";
import { runImport } from "./import.ts";
import { runMerge } from "./merge/merge.ts";
import type { RunTask } from "./task-kind.ts";

/** Every kind of task that a datanode runs. */
export const taskKinds: { readonly [Kind in TaskKind]: RunTask<TaskInputs[Kind]> } = {
  import: runImport,
  compaction: runCompaction,
  copy: runCopy,
  // It brings expressions and the writers of formats: megabytes in each thread, which are loaded with the first one.
  export: async (input, context) => (await import("./export/export.ts")).runExport(input, context),
  merge: runMerge,
  // A client of gRPC, in the few threads that need one.
  pull: async (input, context) => (await import("./pull.ts")).runPull(input, context),
  push: async (input, context) => (await import("./push.ts")).runPush(input, context),
};
