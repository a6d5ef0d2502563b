import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { jobId, nodeId, type TaskId, taskId } from "@sluice/schema";
import type { QueuedTask, TaskLease, TaskQueue } from "../task-queue.ts";

/** A queue under test, and how its time passes: a clock that is moved, or a real wait. */
export interface QueueUnderTest {
  readonly queue: TaskQueue;
  /** Resolves when `ms` have passed for the queue. */
  elapse(ms: number): Promise<void>;
}

/** Long for a clock that is moved, bearable for a server. */
const leaseMs = 1_000;
const node = nodeId(1n);

function task(job: number, id: number, sizeBytes = 100): QueuedTask {
  return { jobId: jobId(BigInt(job)), taskId: taskId(BigInt(id)), sizeBytes };
}

/** What every adapter of `TaskQueue` must do. `open` gives an empty queue each time; the suite disposes it. */
export function taskQueueConformance(backend: string, open: () => Promise<QueueUnderTest>): void {
  describe(`TaskQueue conformance on ${backend}`, () => {
    let queue: TaskQueue;
    let elapse: (ms: number) => Promise<void>;
    let never: AbortController;

    const lease = (options: { maxSizeBytes?: number; signal?: AbortSignal } = {}) =>
      queue.lease({ nodeId: node, leaseMs, signal: never.signal, ...options });
    /** Leases a task that must be there. */
    const take = async (maxSizeBytes?: number): Promise<TaskLease> => {
      const taken = await lease({ maxSizeBytes });
      if (!taken) throw new Error("expected a task");
      return taken;
    };
    const takeIds = async (count: number): Promise<number[]> => {
      const ids: number[] = [];
      for (let i = 0; i < count; i++) ids.push(Number((await take()).task.taskId));
      return ids;
    };
    /** Whether a request for any task, or for one of at most so many bytes, would have to wait. */
    const isDry = async (maxSizeBytes?: number) => {
      const abort = new AbortController();
      const waiting = lease({ signal: abort.signal, ...(maxSizeBytes !== undefined && { maxSizeBytes }) });
      await elapse(0);
      abort.abort();
      return (await waiting) === undefined;
    };

    beforeEach(async () => {
      ({ queue, elapse } = await open());
      never = new AbortController();
    });
    afterEach(async () => {
      never.abort();
      await queue[Symbol.asyncDispose]();
    });

    it("leases what was enqueued, first in, first out inside a job", async () => {
      await queue.enqueue([task(1, 10), task(1, 11)]);
      await queue.enqueue([task(1, 12)]);
      const first = await take();
      expect(first.task).toEqual(task(1, 10));
      expect(first.lost.aborted).toBe(false);
      expect(await takeIds(2)).toEqual([11, 12]);
      expect(await queue.depth()).toEqual({ waiting: 0, leased: 3 });
    });

    it("goes round the jobs", async () => {
      await queue.enqueue([1, 2, 3, 4].map((id) => task(1, id)));
      await queue.enqueue([21, 22].map((id) => task(2, id)));
      await queue.enqueue([task(3, 31)]);
      expect(await takeIds(7)).toEqual([1, 21, 31, 2, 22, 3, 4]);
    });

    it("lets a job that comes later in before the rest of a large one", async () => {
      await queue.enqueue([1, 2, 3, 4].map((id) => task(1, id)));
      expect(await takeIds(1)).toEqual([1]);
      await queue.enqueue([task(2, 21)]);
      expect((await takeIds(2)).sort((a, b) => a - b)).toEqual([2, 21]);
    });

    it("takes a task once, whether it waits or is leased", async () => {
      await queue.enqueue([task(1, 10), task(1, 10)]);
      await queue.enqueue([task(1, 10)]);
      expect(await queue.depth()).toEqual({ waiting: 1, leased: 0 });
      await take();
      await queue.enqueue([task(1, 10)]);
      expect(await queue.depth()).toEqual({ waiting: 0, leased: 1 });
    });

    it("serves a request that waits", async () => {
      const waiting = lease();
      await elapse(0);
      await queue.enqueue([task(1, 10)]);
      expect((await waiting)?.task.taskId).toBe(10n);
    });

    it("gives one task to one of many that wait", async () => {
      const abort = new AbortController();
      const requests = Array.from({ length: 5 }, () => lease({ signal: abort.signal }));
      await queue.enqueue([task(1, 10), task(1, 11)]);
      await Promise.race(requests);
      await elapse(0);
      abort.abort();
      const taken = (await Promise.all(requests)).filter((got) => got !== undefined);
      expect(taken.map((got) => got.task.taskId).sort()).toEqual([10n, 11n]);
    });

    it("gives many that ask at once a task each, in the order of the queue", async () => {
      await queue.enqueue(Array.from({ length: 40 }, (_, i) => task(1, i + 1)));
      const leases = await Promise.all(Array.from({ length: 30 }, () => take()));
      expect(leases.map((taken) => Number(taken.task.taskId))).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
      expect(await queue.depth()).toEqual({ waiting: 10, leased: 30 });
    });

    it("removes thousands of tasks", async () => {
      const many = Array.from({ length: 2000 }, (_, i) => task(1, i + 1));
      await queue.enqueue(many);
      await queue.remove(many.map(({ taskId }) => taskId));
      expect(await queue.depth()).toEqual({ waiting: 0, leased: 0 });
    });

    it("ends the wait when the signal aborts", async () => {
      const abort = new AbortController();
      const waiting = lease({ signal: abort.signal });
      abort.abort();
      expect(await waiting).toBeUndefined();
      expect(await lease({ signal: abort.signal })).toBeUndefined();
      await queue.enqueue([task(1, 10)]);
      expect(await lease({ signal: abort.signal })).toBeUndefined();
      expect(await queue.depth()).toEqual({ waiting: 1, leased: 0 });
    });

    it("takes only tasks of the size asked for", async () => {
      await queue.enqueue([task(1, 10, 5000), task(1, 11, 100), task(2, 20, 101)]);
      expect((await take(100)).task.taskId).toBe(11n);
      const small = lease({ maxSizeBytes: 100 });
      expect((await take()).task.taskId).not.toBe(11n);
      await queue.enqueue([task(3, 30, 100)]);
      expect((await small)?.task.taskId).toBe(30n);
    });

    it.each([100, 5000])(
      "takes tasks of %i bytes of the background where nothing else waits, by who takes any size",
      async (sizeBytes) => {
        await queue.enqueue([{ ...task(1, 10, sizeBytes), isBackground: true }]);
        expect(await queue.hasWaiting(100)).toBe(false);
        expect(await isDry(100)).toBe(true);
        await queue.enqueue([task(2, 20, sizeBytes), task(2, 21, sizeBytes), task(3, 31, sizeBytes)]);
        expect(await queue.hasWaiting(100)).toBe(sizeBytes > 100);
        expect(await takeIds(4)).toEqual([20, 31, 21, 10]);
        expect(await queue.hasWaiting(100)).toBe(false);
        await queue.enqueue([{ ...task(3, 30, sizeBytes), isBackground: true }]);
        expect(await queue.depth()).toEqual({ waiting: 1, leased: 4 });
        const again = await take();
        expect(again.task).toEqual({ ...task(3, 30, sizeBytes), isBackground: true });
        await again.giveBack();
        expect((await queue.known()).has(taskId(30n))).toBe(true);
        await queue.remove([taskId(30n)]);
        expect(await isDry()).toBe(true);
      },
    );

    it("forgets a completed task", async () => {
      await queue.enqueue([task(1, 10)]);
      const done = await take();
      await done.complete();
      expect(await queue.depth()).toEqual({ waiting: 0, leased: 0 });
      expect([...(await queue.known())]).toEqual([]);
      expect(await done.renew()).toBe(false);
      await elapse(2 * leaseMs);
      expect(await isDry()).toBe(true);
    });

    it("puts a task that is given back first in its job", async () => {
      await queue.enqueue([task(1, 10), task(1, 11)]);
      const back = await take();
      await back.giveBack();
      expect(await back.renew()).toBe(false);
      expect(await takeIds(2)).toEqual([10, 11]);
    });

    it("leases a task again when its lease was not renewed, and tells the holder", async () => {
      await queue.enqueue([task(1, 10)]);
      const lapsed = await take();
      const next = lease();
      await elapse(leaseMs * 1.5);
      expect((await next)?.task.taskId).toBe(10n);
      expect(lapsed.lost.aborted).toBe(true);
      expect(await lapsed.renew()).toBe(false);
    });

    it("keeps a renewed lease", async () => {
      await queue.enqueue([task(1, 10)]);
      const held = await take();
      for (let i = 0; i < 4; i++) {
        await elapse(leaseMs * 0.6);
        expect(await held.renew()).toBe(true);
      }
      expect(held.lost.aborted).toBe(false);
      expect(await isDry()).toBe(true);
    });

    it("a holder that lost its lease cannot end the next one", async () => {
      await queue.enqueue([task(1, 10)]);
      const lapsed = await take();
      await elapse(leaseMs * 1.5);
      const current = await take();
      await lapsed.complete();
      await lapsed.giveBack();
      expect(await queue.depth()).toEqual({ waiting: 0, leased: 1 });
      expect(await current.renew()).toBe(true);
    });

    it("removes waiting tasks and revokes leases", async () => {
      await queue.enqueue([task(1, 10), task(1, 11), task(2, 20)]);
      const revoked = await take();
      expect(revoked.task.taskId).toBe(10n);
      await queue.remove([10n, 11n, 99n].map(taskId));
      await elapse(leaseMs * 0.5); // A server tells the holder at its next renewal.
      expect(await revoked.renew()).toBe(false);
      expect(revoked.lost.aborted).toBe(true);
      expect([...(await queue.known())]).toEqual([20n]);
      await elapse(leaseMs * 1.5);
      expect(await takeIds(1)).toEqual([20]);
      await queue.enqueue([task(1, 10)]); // A removed task may come again.
      expect(await takeIds(1)).toEqual([10]);
    });

    it("knows what waits and what is leased", async () => {
      await queue.enqueue([task(1, 10), task(1, 11), task(2, 20)]);
      await take();
      const known: TaskId[] = [...(await queue.known())];
      expect(known.sort()).toEqual([10n, 11n, 20n]);
    });

    it("ends waits when it is disposed", async () => {
      const waiting = lease();
      await elapse(0);
      await queue[Symbol.asyncDispose]();
      expect(await waiting).toBeUndefined();
    });
  });
}
