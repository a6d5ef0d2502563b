export * from "./task-queue.ts";
