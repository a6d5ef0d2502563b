import { defineRole } from "@sluice/cluster";
import { dataCoordSettings } from "./settings.ts";

/** The datacoord as a process of its own, or a part of the standalone. */
export const dataCoordRole = defineRole({
  name: "datacoord",
  description: "segments, task queue and garbage collection; one leads, others stand by",
  port: 13333,
  leads: true,
  needs: ["bucket", "objects", "queue"],
  settings: dataCoordSettings,
  start: async (settings, { metastore, objects, queue, peers }, telemetry) => {
    const { startDataCoord } = await import("./start.ts");
    const addresses = { rootCoordAddress: peers.address("rootcoord"), queryNodeAddress: peers.address("querynode") };
    return startDataCoord(settings, { store: metastore, objects, queue, ...addresses, ...telemetry });
  },
});
