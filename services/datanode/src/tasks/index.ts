import type { TaskInputs, TaskKind } from "@sluice/jobs";
import { runCompaction } from "./compaction.ts";
import { runCopy } from "./copy.ts";
import { runDeletes } from "./deletes.ts";
import { runImport } from "./import.ts";
import type { RunTask } from "./task-kind.ts";

/** Every kind of task that a datanode runs. */
export const taskKinds: { readonly [Kind in TaskKind]: RunTask<TaskInputs[Kind]> } = {
  import: runImport,
  deletes: runDeletes,
  compaction: runCompaction,
  copy: runCopy,
  // What is rare is loaded with the first one: each thread has a heap of its own. This one brings expressions and the writers of formats.
  export: async (input, context) => (await import("./export/export.ts")).runExport(input, context),
  append: async (input, context) => (await import("./append/append.ts")).runAppend(input, context),
  merge: async (input, context) => (await import("./merge/merge.ts")).runMerge(input, context),
  // A client of gRPC, in the few threads that need one.
  pull: async (input, context) => (await import("./pull.ts")).runPull(input, context),
  push: async (input, context) => (await import("./push.ts")).runPush(input, context),
};
