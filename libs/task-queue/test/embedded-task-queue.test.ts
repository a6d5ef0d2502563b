import { describe, expect, it } from "@jest/globals";
import { jobId, nodeId, taskId } from "@sluice/schema";
import { EmbeddedTaskQueue, type QueuedTask } from "@sluice/task-queue";
import { ManualClock } from "@sluice/task-queue/testing";
import fc from "fast-check";

const nothing = new AbortController().signal;

/** A lease that is there at once, or undefined. */
function tryLease(queue: EmbeddedTaskQueue, maxSizeBytes?: number) {
  const abort = new AbortController();
  const waiting = queue.lease({ nodeId: nodeId(1n), leaseMs: 100, maxSizeBytes, signal: abort.signal });
  abort.abort();
  return waiting;
}

describe("EmbeddedTaskQueue", () => {
  it("leaves no timer behind", async () => {
    const clock = new ManualClock();
    const queue = new EmbeddedTaskQueue({ clock });
    const tasks = [1n, 2n, 3n, 4n].map((id) => ({ taskId: taskId(id), jobId: jobId(9n), sizeBytes: 1 }));
    await queue.enqueue(tasks);
    const [done, back, removed, open] = await Promise.all(
      tasks.map(() => queue.lease({ nodeId: nodeId(1n), leaseMs: 10, signal: nothing })),
    );
    await done?.renew();
    await done?.complete();
    await back?.giveBack();
    await queue.remove([removed!.task.taskId]);
    expect(clock.pending).toBe(1);
    await queue[Symbol.asyncDispose]();
    expect(clock.pending).toBe(0);
    expect(open?.lost.aborted).toBe(true);
    await expect(queue.enqueue(tasks)).rejects.toThrow("closed");
  });

  it("refuses a lease without duration", async () => {
    await using queue = new EmbeddedTaskQueue();
    const request = { nodeId: nodeId(1n), leaseMs: 0, signal: nothing };
    await expect(queue.lease(request)).rejects.toThrow(RangeError);
  });

  it("serves the request behind one that no task fits", async () => {
    await using queue = new EmbeddedTaskQueue();
    const abort = new AbortController();
    const request = { nodeId: nodeId(1n), leaseMs: 100, signal: abort.signal };
    const small = queue.lease({ ...request, maxSizeBytes: 10 });
    const any = queue.lease(request);
    await queue.enqueue([{ taskId: taskId(1n), jobId: jobId(9n), sizeBytes: 11 }]);
    expect((await any)?.task.taskId).toBe(1n);
    abort.abort();
    expect(await small).toBeUndefined();
  });

  it("never loses or doubles a task, whatever happens to leases", async () => {
    type Step = ["lease" | "complete" | "giveBack" | "renew" | "wait" | "enqueue", number];
    const steps = fc.array(
      fc.tuple(fc.constantFrom("lease", "complete", "giveBack", "renew", "wait", "enqueue"), fc.nat(1000)),
      { maxLength: 120 },
    ) as fc.Arbitrary<Step[]>;
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        const clock = new ManualClock();
        await using queue = new EmbeddedTaskQueue({ clock });
        const open = new Set<bigint>();
        const held: NonNullable<Awaited<ReturnType<typeof tryLease>>>[] = [];
        for (const [step, n] of script) {
          const at = held[n % (held.length || 1)];
          if (step === "enqueue") {
            const task: QueuedTask = { taskId: taskId(BigInt(n)), jobId: jobId(BigInt(n % 3)), sizeBytes: n };
            await queue.enqueue([task]);
            open.add(task.taskId);
          } else if (step === "lease") {
            const lease = await tryLease(queue, n);
            if (lease) held.push(lease);
          } else if (step === "wait") clock.advance(n % 80);
          else if (step === "complete" && at) {
            if (await at.renew()) open.delete(at.task.taskId);
            await at.complete();
          } else if (at) await at[step as "giveBack" | "renew"]();
          expect(new Set(await queue.known())).toEqual(open);
        }
      }),
      { seed: 11, numRuns: 100 },
    );
  });
});
