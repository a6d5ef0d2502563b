export { BullTaskQueue, type BullTaskQueueOptions } from "./bull-task-queue.ts";
export { parseRedisUrl, type RedisAddress } from "./redis-url.ts";
