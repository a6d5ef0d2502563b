import { defineRole } from "@sluice/cluster";
import { proxySettings } from "./settings.ts";

/** Roles without which a proxy can answer next to nothing. */
const needed = ["rootcoord", "datacoord", "querynode"] as const;

/** The proxy as a process of its own, or a part of the standalone. */
export const proxyRole = defineRole({
  name: "proxy",
  description: "front door: the public gRPC service and REST on one port",
  port: 19530,
  leads: false,
  needs: ["uploads"],
  settings: proxySettings,
  start: async (settings, { uploads, peers, problems }, telemetry) => {
    const { startProxy } = await import("./start.ts");
    const waitsFor = () => needed.find((role) => peers.list(role).length === 0);
    const proxy = await startProxy(settings, {
      readiness: () => problems.readiness(waitsFor()),
      rootCoordAddress: peers.address("rootcoord"),
      dataCoordAddress: peers.address("datacoord"),
      queryNodeAddress: peers.address("querynode"),
      uploads,
      members: () => peers.all(),
      ...telemetry,
    });
    return {
      address: `${proxy.host}:${proxy.port}`,
      waitsFor,
      [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
    };
  },
});
