import { expect, it } from "@jest/globals";
import type { dataCoord } from "@sluice/rpc";
import { createLogger } from "@sluice/telemetry";
import { Membership } from "../src/membership.ts";

const size = { workers: 2, largeWorkers: 2, segmentBytes: 1 };

it("each heartbeat tells the tasks that run then", async () => {
  let beaten = Promise.withResolvers<dataCoord.HeartbeatRequest>();
  const dataCoord = {
    register: async () => ({ nodeId: 7n, heartbeatMs: 1 }),
    heartbeat: async (beat: dataCoord.HeartbeatRequest) => {
      beaten.resolve(beat);
      return true;
    },
  };
  /** The first one that is sent from now on. */
  const next = () => (beaten = Promise.withResolvers()).promise;
  await using membership = new Membership(dataCoord, size, createLogger("datanode", { level: "silent" }));
  await membership.joined;
  membership.setTask(1n, true);
  membership.setTask(2n, true);
  expect(await next()).toEqual({ nodeId: 7n, busyWorkers: 2, taskIds: [1n, 2n] });
  membership.setTask(1n, false);
  expect(await next()).toEqual({ nodeId: 7n, busyWorkers: 1, taskIds: [2n] });
});
