import { defineRole } from "@sluice/cluster";
import { rootCoordSettings } from "./settings.ts";

/** The rootcoord as a process of its own, or a part of the standalone. */
export const rootCoordRole = defineRole({
  name: "rootcoord",
  description: "names, numbers and import jobs; one leads, others stand by",
  port: 53100,
  leads: true,
  needs: ["sources", "objects", "brought", "exports"],
  settings: rootCoordSettings,
  start: async (settings, { metastore, sources, objects, brought, exports, peers }, telemetry) => {
    const { startRootCoord } = await import("./start.ts");
    const dataCoordAddress = peers.address("datacoord");
    const stores = { store: metastore, sources, objects, brought, exports };
    const queryNodes = () => peers.list("querynode").length;
    return startRootCoord(settings, { ...stores, dataCoordAddress, queryNodes, ...telemetry });
  },
});
