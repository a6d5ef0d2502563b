import { expect, it } from "@jest/globals";
import type { dataCoord } from "@sluice/rpc";
import { createLogger } from "@sluice/telemetry";
import { Membership } from "../src/membership.ts";

const size = { workers: 2, largeWorkers: 2, segmentBytes: 1 };

/** A datacoord that wants to hear nothing for an hour, and the heartbeats that it gets, one after the other. */
function quietDataCoord() {
  const beats: dataCoord.HeartbeatRequest[] = [];
  const waiting: ((beat: dataCoord.HeartbeatRequest) => void)[] = [];
  return {
    register: async () => ({ nodeId: 7n, heartbeatMs: 3_600_000 }),
    heartbeat: async (beat: dataCoord.HeartbeatRequest) => {
      const taken = waiting.shift();
      if (taken) taken(beat);
      else beats.push(beat);
      return true;
    },
    next: () =>
      new Promise<dataCoord.HeartbeatRequest>((resolve) => {
        const beat = beats.shift();
        if (beat) resolve(beat);
        else waiting.push(resolve);
      }),
  };
}

it("the datacoord hears of the end of a task at once, so that the next job is cut for all workers", async () => {
  const dataCoord = quietDataCoord();
  await using membership = new Membership(dataCoord, size, createLogger("datanode", { level: "silent" }));
  await membership.joined;
  membership.setTask(1n, true);
  membership.setTask(2n, true);
  membership.setTask(1n, false);
  expect(await dataCoord.next()).toEqual({ nodeId: 7n, busyWorkers: 1, taskIds: [2n] });
  membership.setTask(2n, false);
  expect(await dataCoord.next()).toEqual({ nodeId: 7n, busyWorkers: 0, taskIds: [] });
});
