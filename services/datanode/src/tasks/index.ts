import type { TaskKind } from "@sluice/jobs";
import { runImport } from "./import.ts";
import type { RunTask } from "./task-kind.ts";

/** Every kind of task that a datanode runs. */
export const taskKinds = {
  import: runImport,
} as const satisfies Record<TaskKind, RunTask<never>>;
