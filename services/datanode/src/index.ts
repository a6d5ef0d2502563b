export type { ImportTaskInput, ImportTaskOutcome } from "./import-task.ts";
export * from "./start.ts";
export type { ThreadStores } from "./thread-messages.ts";
export type { AttemptRunner, RunHooks } from "./thread-pool.ts";
