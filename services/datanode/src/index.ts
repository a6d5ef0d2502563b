export * from "./start.ts";
export type { RunTask, TaskContext, TaskKinds, TaskOutcome } from "./tasks/task-kind.ts";
export type { ThreadStores, ThreadTask } from "./thread/messages.ts";
export type { AttemptRunner, RunHooks } from "./thread/worker-thread.ts";
