import { expect, it } from "@jest/globals";
import { DataNodes } from "../src/datanodes.ts";

it("workers are free by what the queue has, whatever their nodes told last", async () => {
  let nowMs = 0;
  const nodes = new DataNodes({ allocateIds: async () => 7n, now: () => nowMs });
  const { nodeId } = await nodes.register({ workers: 6, largeWorkers: 2, segmentBytes: 1n });
  nodes.heartbeat({ nodeId, busyWorkers: 2, taskIds: [1n, 2n] });
  expect([2, 1, 0, 5].map((queued) => nodes.freeWorkers(queued))).toEqual([0, 1, 2, 0]);
  nowMs = 15_001;
  expect(nodes.freeWorkers(0)).toBe(0);
});

it("few datanodes say every three seconds that they live, many less often, and count as gone after five times that", async () => {
  let nowMs = 0;
  let nextId = 1n;
  const nodes = new DataNodes({ allocateIds: async () => nextId++, now: () => nowMs });
  const size = { workers: 1, largeWorkers: 1, segmentBytes: 1n };
  const registered = await Promise.all(Array.from({ length: 500 }, () => nodes.register(size)));
  expect([0, 59, 79, 199, 299, 499].map((i) => registered[i].heartbeatMs)).toEqual([
    3000, 3000, 4000, 10_000, 15_000, 15_000,
  ]);
  nowMs = 15_001;
  expect(nodes.alive()).toHaveLength(440);
  nowMs = 75_000;
  expect(nodes.alive()).toHaveLength(201);
  nowMs = 75_001;
  expect(nodes.alive()).toHaveLength(0);
});
