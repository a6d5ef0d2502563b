import { advertisedAddress, type Role, Session } from "@sluice/cluster";
import { startProxy } from "./start.ts";

/** Roles without which a proxy can answer next to nothing. */
const needed = ["rootcoord", "datacoord", "querynode"] as const;

/** The proxy as a process; any number of them. */
export const proxyRole: Role<"proxy"> = {
  name: "proxy",
  start: async ({ settings, store, peers, log, metrics }) => {
    await using cleanup = new AsyncDisposableStack();
    const proxy = cleanup.use(
      await startProxy(
        { host: settings.host, port: settings.port },
        {
          rootCoordAddress: peers.address("rootcoord"),
          dataCoordAddress: peers.address("datacoord"),
          queryNodeAddress: peers.address("querynode"),
          log,
          metrics,
        },
      ),
    );
    const address = advertisedAddress(settings.advertiseAddress, `${proxy.host}:${proxy.port}`);
    cleanup.use(new Session(store, { role: "proxy", address, ttlMs: settings.sessionTtl, log }));
    const running = cleanup.move();
    return {
      address: `${proxy.host}:${proxy.port}`,
      waitsFor: () => needed.find((role) => peers.list(role).length === 0),
      [Symbol.asyncDispose]: () => running.disposeAsync(),
    };
  },
};
