export type { Clock } from "./clock.ts";
export * from "./embedded/embedded-task-queue.ts";
export * from "./task-queue.ts";
