import { defineRole } from "@sluice/cluster";
import { dataNodeSettings } from "./settings.ts";

/** A datanode as a process of its own, or a part of the standalone. */
export const dataNodeRole = defineRole({
  name: "datanode",
  description: "turns files into segments; more of them are faster",
  port: 21124,
  leads: false,
  needs: ["queue", "stores"],
  settings: dataNodeSettings,
  start: async (settings, { queue, stores, peers }, telemetry) => {
    const { startDataNode } = await import("./start.ts");
    const rootCoordAddress = peers.address("rootcoord");
    const dataCoordAddress = peers.address("datacoord");
    return startDataNode(settings, { queue, stores, rootCoordAddress, dataCoordAddress, ...telemetry });
  },
});
