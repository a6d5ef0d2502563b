import { setTimeout as sleep } from "node:timers/promises";
import { EmbeddedTaskQueue } from "@sluice/task-queue";
import { ManualClock, taskQueueConformance } from "@sluice/task-queue/testing";

taskQueueConformance("embedded", async () => {
  const clock = new ManualClock();
  const elapse = async (ms: number) => {
    clock.advance(ms);
    await sleep(0);
  };
  return { queue: new EmbeddedTaskQueue({ clock }), elapse };
});
