import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { ImportError } from "@sluice/errors";
import { jobId, nodeId, type TaskId, taskId } from "@sluice/schema";
import type { QueuedTask, TaskLease } from "@sluice/task-queue";
import { BullTaskQueue, type BullTaskQueueOptions } from "@sluice/task-queue/bullmq";
import { taskQueueConformance } from "@sluice/task-queue/testing";
import { Redis } from "ioredis";
import { takeRounds } from "../../libs/task-queue/src/bullmq/rounds.ts";
import { eventually } from "../support/eventually.ts";
import { describeWith } from "../support/needs.ts";
import { type RedisServer, startRedis, startSentinel } from "../support/servers.ts";
import { TemporaryFolders } from "../support/temporary-folders.ts";
import { makeTlsFiles } from "../support/tls-files.ts";

const LEASE_MS = 1000;
const never = new AbortController().signal;
const task = (job: number, id: number, sizeBytes = 10): QueuedTask => ({
  jobId: jobId(BigInt(job)),
  taskId: taskId(BigInt(id)),
  sizeBytes,
});
const tasksOf = (job: number, count: number, sizeBytes?: number) =>
  Array.from({ length: count }, (_, i) => task(job, job * 100_000 + i, sizeBytes));

describeWith("redis-server", "redis-cli")("BullTaskQueue", () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(async () => redis[Symbol.asyncDispose]());

  const open = (options: Partial<BullTaskQueueOptions> = {}) =>
    BullTaskQueue.open({ url: redis.url, prefix: randomUUID(), smallTaskBytes: 100, leaseMs: LEASE_MS, ...options });
  const lease = (queue: BullTaskQueue, signal = never) =>
    queue.lease({ nodeId: nodeId(1n), leaseMs: LEASE_MS, signal });
  const take = async (queue: BullTaskQueue) => (await lease(queue)) as TaskLease;

  taskQueueConformance("Redis", async () => ({ queue: await open(), elapse: (ms) => sleep(ms === 0 ? 50 : ms) }));

  it("forgets the rounds of jobs that were served, where something always waits", async () => {
    const client = new Redis(redis.url);
    const [waiting, rounds] = [`${randomUUID()}:prioritized`, `${randomUUID()}:rounds`];
    const serve = (round: number) => client.zadd(waiting, round * 4_294_967_296, "t1");
    await serve(1);
    await takeRounds(
      client,
      waiting,
      rounds,
      [1, 1, 2, 3].map((id) => jobId(BigInt(id))),
      3,
    );
    expect(await client.hgetall(rounds)).toEqual({ 1: "2", 2: "1", 3: "1" });
    await serve(2);
    expect(await takeRounds(client, waiting, rounds, [jobId(4n)], 3)).toEqual([2]);
    expect(await client.hgetall(rounds)).toEqual({ 1: "2", 4: "2" });
    expect(await takeRounds(client, waiting, rounds, [jobId(1n), jobId(2n)], 3)).toEqual([3, 2]);
    client.disconnect();
  });

  describe("of two processes", () => {
    it("gives every task to one of them", async () => {
      const prefix = randomUUID();
      await using one = await open({ prefix });
      await using two = await open({ prefix });
      await one.enqueue(tasksOf(1, 200));
      const taken: TaskId[] = [];
      const abort = new AbortController();
      const work = async (queue: BullTaskQueue) => {
        for (let held = await lease(queue, abort.signal); held; held = await lease(queue, abort.signal)) {
          taken.push(held.task.taskId);
          await held.complete();
          if (taken.length === 200) abort.abort();
        }
      };
      await Promise.all([work(one), work(one), work(two), work(two)]);
      expect(new Set(taken).size).toBe(200);
      expect(await two.depth()).toEqual({ waiting: 0, leased: 0 });
    });

    it("gives the task of one that died to the other, however often", async () => {
      const prefix = randomUUID();
      await using queue = await open({ prefix });
      await queue.enqueue([task(1, 7)]);
      for (let death = 0; death < 4; death++) {
        await using dying = await open({ prefix });
        expect((await take(dying)).task.taskId).toBe(7n);
      }
      const held = await take(queue);
      expect(held.task.taskId).toBe(7n);
      await held.complete();
    });

    it("tells a holder in another process that its task was removed", async () => {
      const prefix = randomUUID();
      await using holder = await open({ prefix });
      await using other = await open({ prefix });
      await holder.enqueue([task(1, 7)]);
      const held = await take(holder);
      await other.remove([taskId(7n)]);
      expect(await held.renew()).toBe(false);
      expect(held.lost.aborted).toBe(true);
    });
  });

  describe("fairness", () => {
    it("serves a job that comes behind thousands of tasks of others within a round", async () => {
      await using queue = await open();
      for (const job of [1, 2, 3]) await queue.enqueue(tasksOf(job, 2000));
      for (let i = 0; i < 30; i++) await (await take(queue)).complete();
      await queue.enqueue([task(9, 900_000)]);
      const next: bigint[] = [];
      for (let i = 0; i < 4; i++) next.push((await take(queue)).task.jobId);
      expect(next).toContain(9n);
    });

    it("does not let small tasks wait behind large ones, nor for those who may take both", async () => {
      await using queue = await open();
      await queue.enqueue(tasksOf(1, 50, 1000));
      await queue.enqueue([task(2, 200_000)]);
      const small = await queue.lease({ nodeId: nodeId(1n), leaseMs: LEASE_MS, signal: never, maxSizeBytes: 100 });
      expect(small?.task.jobId).toBe(2n);
      expect((await take(queue)).task.sizeBytes).toBe(1000);
    });
  });

  describe("a Redis that fails", () => {
    let own: RedisServer;
    beforeAll(async () => {
      own = await startRedis({ inMemory: true });
    });
    afterAll(async () => own[Symbol.asyncDispose]());

    it("makes calls fail soon, with words; requests wait and are served when it is back", async () => {
      await using queue = await open({ url: own.url });
      const waiting = lease(queue);
      await own.server.kill9();
      const startedMs = performance.now();
      const error = await queue.enqueue([task(1, 7)]).catch((thrown) => thrown);
      expect(error).toBeInstanceOf(ImportError);
      expect(error.message).toMatch(/cannot enqueue tasks: Redis does not serve/);
      expect(error.spec.retry).toBe("backoff");
      expect(performance.now() - startedMs).toBeLessThan(5000);
      await own.server.start();
      await eventually(() => queue.enqueue([task(1, 7)]));
      expect((await waiting)?.task.taskId).toBe(7n);
    });

    it("that was flushed knows nothing, and takes tasks again", async () => {
      await using queue = await open({ url: own.url });
      await queue.enqueue(tasksOf(1, 3));
      const held = await take(queue);
      const { Redis } = await import("ioredis");
      const client = new Redis(own.url);
      await client.flushall().finally(() => client.disconnect());
      expect([...(await queue.known())]).toEqual([]);
      expect(await held.renew()).toBe(false);
      await queue.enqueue(tasksOf(2, 1));
      expect((await take(queue)).task.jobId).toBe(2n);
    });

    it("that is away does not hold up the start or the end", async () => {
      await own.server.kill9();
      const startedMs = performance.now();
      const queue = await open({ url: own.url });
      await expect(queue.depth()).rejects.toThrow("Redis does not serve");
      await queue[Symbol.asyncDispose]();
      expect(performance.now() - startedMs).toBeLessThan(8000);
      await own.server.start();
    });

    it("that comes after the queue was opened is used", async () => {
      await own.server.kill9();
      await using queue = await open({ url: own.url });
      const waiting = lease(queue);
      await own.server.start();
      await eventually(() => queue.enqueue([task(1, 7)]));
      expect((await waiting)?.task.taskId).toBe(7n);
    });
  });

  it("speaks TLS, and sends user and password", async () => {
    await using folders = new TemporaryFolders();
    const tls = await makeTlsFiles(await folders.create());
    await using server = await startRedis({ tls, password: "hush" });
    const caPem = await readFile(tls.ca, "utf8");
    await using queue = await open({ url: server.url.replace("//", "//:hush@"), tls: { caPem } });
    await queue.enqueue([task(1, 7)]);
    expect((await take(queue)).task.taskId).toBe(7n);
    await using wrong = await open({ url: server.url.replace("//", "//:guess@"), tls: { caPem } });
    const error = await wrong.enqueue([task(1, 8)]).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(ImportError);
    expect(error.message).not.toContain("guess");
  });

  it("follows sentinels to the replica that is promoted", async () => {
    await using primary = await startRedis();
    await using _replica = await startRedis({ args: ["--replicaof", "127.0.0.1", String(primary.port)] });
    await using sentinel = await startSentinel(primary.port);
    const { Redis } = await import("ioredis");
    const watcher = new Redis(sentinel.port, "127.0.0.1");
    // The sentinel must know the replica before it can promote it.
    const known = async () => expect(await watcher.info("sentinel")).toContain("slaves=1");
    await eventually(known).finally(() => watcher.disconnect());
    await using queue = await open({ url: sentinel.url });
    await queue.enqueue(tasksOf(1, 3));
    const client = new Redis(primary.url);
    expect(await client.wait(1, 30_000).finally(() => client.disconnect())).toBe(1);
    await primary.server.kill9();
    await eventually(() => queue.enqueue(tasksOf(2, 1)));
    for (let i = 0; i < 4; i++) await (await take(queue)).complete();
    expect(await queue.depth()).toEqual({ waiting: 0, leased: 0 });
  });

  it("works on a Redis cluster", async () => {
    await using server = await startRedis({ args: ["--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1"] });
    const { Redis } = await import("ioredis");
    const client = new Redis(server.url);
    await client.cluster("ADDSLOTSRANGE", 0, 16_383);
    for (let isUp = false; !isUp; await sleep(50)) isUp = /cluster_state:ok/.test(String(await client.cluster("INFO")));
    client.disconnect();
    await using queue = await open({ url: server.url.replace("redis://", "redis+cluster://") });
    await queue.enqueue([...tasksOf(1, 20), ...tasksOf(2, 20, 1000)]);
    for (let i = 0; i < 40; i++) await (await take(queue)).complete();
    expect(await queue.depth()).toEqual({ waiting: 0, leased: 0 });
  });
});
