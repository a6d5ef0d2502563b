import { expect, it } from "@jest/globals";
import { DataNodes } from "../src/datanodes.ts";

it("workers are free by what the queue has, whatever their nodes told last", async () => {
  let nowMs = 0;
  const nodes = new DataNodes({ allocateIds: async () => 7n, now: () => nowMs, expiryMs: 1000 });
  const nodeId = await nodes.register({ workers: 6, largeWorkers: 2, segmentBytes: 1n });
  nodes.heartbeat({ nodeId, busyWorkers: 2, taskIds: [1n, 2n] });
  expect([2, 1, 0, 5].map((queued) => nodes.freeWorkers(queued))).toEqual([0, 1, 2, 0]);
  nowMs = 1001;
  expect(nodes.freeWorkers(0)).toBe(0);
});
