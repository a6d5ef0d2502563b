export { BullTaskQueue, type BullTaskQueueOptions } from "./bull-task-queue.ts";
