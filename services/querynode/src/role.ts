import { defineRole, thisProcess } from "@sluice/cluster";
import { queryNodeSettings } from "./settings.ts";

/** A querynode as a process of its own, or a part of the standalone. */
export const queryNodeRole = defineRole({
  name: "querynode",
  description: "reads what was imported; several share the segments",
  port: 21123,
  leads: false,
  needs: ["objects"],
  settings: queryNodeSettings,
  start: async (settings, { objects, peers }, telemetry) => {
    const { startQueryNode } = await import("./start.ts");
    const nodes = { self: thisProcess.node, living: () => peers.endpoints("querynode") };
    return startQueryNode(settings, { objects, dataCoordAddress: peers.address("datacoord"), nodes, ...telemetry });
  },
});
