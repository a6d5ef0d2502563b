import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe } from "@jest/globals";
import { BullTaskQueue } from "@sluice/task-queue/bullmq";
import { taskQueueConformance } from "@sluice/task-queue/testing";
import { hasPrograms, type RedisServer, startRedis } from "../support/servers.ts";

(hasPrograms("redis-server") ? describe : describe.skip)("BullTaskQueue", () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(async () => redis[Symbol.asyncDispose]());

  const open = () => BullTaskQueue.open({ url: redis.url, prefix: randomUUID(), smallTaskBytes: 100, leaseMs: 1000 });
  taskQueueConformance("on Redis", async () => ({ queue: await open(), elapse: (ms) => sleep(ms === 0 ? 50 : ms) }));
});
