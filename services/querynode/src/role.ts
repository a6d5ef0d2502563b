import { defineRole } from "@sluice/cluster";
import { queryNodeSettings } from "./settings.ts";

export const queryNodeRole = defineRole({
  name: "querynode",
  description: "reads what was imported; more of them answer more queries",
  port: 21123,
  leads: false,
  needs: ["objects"],
  settings: queryNodeSettings,
  start: async (settings, { objects, peers }, telemetry) => {
    const { startQueryNode } = await import("./start.ts");
    return startQueryNode(settings, { objects, dataCoordAddress: peers.address("datacoord"), ...telemetry });
  },
});
