import { advertisedAddress, Leading, openImportSources, type Role } from "@sluice/cluster";
import { startRootCoord } from "./start.ts";

/** How often jobs are looked at again, whether or not they changed. */
const TICK_MS = 1000;

/** The rootcoord as a process: one leads, the others stand by. */
export const rootCoordRole: Role<"rootcoord"> = {
  name: "rootcoord",
  start: async ({ settings, store, peers, log, metrics }) => {
    await using cleanup = new AsyncDisposableStack();
    const sources = cleanup.use(await openImportSources(settings));
    const leading = new Leading({
      role: "rootcoord",
      ttlMs: settings.sessionTtl,
      store,
      log,
      metrics,
      advertise: (address) => advertisedAddress(settings.advertiseAddress, address),
      serve: (fenced) =>
        startRootCoord(
          {
            host: settings.host,
            port: settings.port,
            splitBytes: settings.splitSize,
            maxOpenJobs: settings.maxOpenJobs,
            jobRetentionMs: settings.jobRetention,
            tickMs: TICK_MS,
          },
          { store: fenced, sources, dataCoordAddress: peers.address("datacoord"), log, metrics },
        ),
    });
    cleanup.use(leading);
    const running = cleanup.move();
    return { address: undefined, waitsFor: () => undefined, [Symbol.asyncDispose]: () => running.disposeAsync() };
  },
};
