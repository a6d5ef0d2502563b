export * from "./start.ts";
export type { RunTask, TaskContext, TaskKinds, TaskOutcome, TaskResult } from "./tasks/task-kind.ts";
export type { ThreadSetup, ThreadStores, ThreadTask } from "./thread/messages.ts";
export { serveTasks } from "./thread/serve-tasks.ts";
export { type AttemptRunner, type RunHooks, WorkerThread } from "./thread/worker-thread.ts";
