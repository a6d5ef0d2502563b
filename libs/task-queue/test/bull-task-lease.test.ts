import { once } from "node:events";
import { expect, it, jest } from "@jest/globals";
import { BullTaskLease } from "../src/bullmq/bull-task-lease.ts";
import type { QueueJob } from "../src/bullmq/task-class.ts";

it("a lease whose renewal is answered after its time is lost at once, and no timer is asked for time that has passed", async () => {
  const timers = jest.spyOn(globalThis, "setTimeout");
  const clock = jest.spyOn(performance, "now").mockReturnValueOnce(1000).mockReturnValueOnce(31_000);
  const job = { data: { taskId: "1", jobId: "2", sizeBytes: 3 }, token: "t", extendLock: async () => 1 };
  const lease = new BullTaskLease(job as unknown as QueueJob, 10_000);
  await lease.renew();
  if (!lease.lost.aborted) await once(lease.lost, "abort");
  expect(timers.mock.calls.map(([, delayMs]) => delayMs)).toEqual([10_000, 0]);
  timers.mockRestore();
  clock.mockRestore();
});
