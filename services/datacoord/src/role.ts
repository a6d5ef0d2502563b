import { advertisedAddress, createBucket, Leading, openObjects, openTaskQueue, type Role } from "@sluice/cluster";
import { startDataCoord } from "./start.ts";

/**
 * How often datanodes say that they live; one counts as gone after five times that. Tasks have leases of their own, so
 * nothing waits for it, and hundreds of nodes send as many at a time.
 */
const HEARTBEAT_MS = 3000;

/** The datacoord as a process: one leads, the others stand by. */
export const dataCoordRole: Role<"datacoord"> = {
  name: "datacoord",
  start: async ({ settings, store, peers, log, metrics }) => {
    await using cleanup = new AsyncDisposableStack();
    await createBucket(settings, log);
    const objects = cleanup.use(await openObjects(settings, metrics));
    const queue = cleanup.use(await openTaskQueue(settings));
    const leading = new Leading({
      role: "datacoord",
      ttlMs: settings.sessionTtl,
      store,
      log,
      metrics,
      advertise: (address) => advertisedAddress(settings.advertiseAddress, address),
      serve: (fenced) =>
        startDataCoord(
          {
            host: settings.host,
            port: settings.port,
            heartbeatMs: HEARTBEAT_MS,
            gcIntervalMs: settings.gcInterval,
            gcGraceMs: settings.gcGrace,
          },
          { store: fenced, objects, queue, rootCoordAddress: peers.address("rootcoord"), log, metrics },
        ),
    });
    cleanup.use(leading);
    const running = cleanup.move();
    return { address: undefined, waitsFor: () => undefined, [Symbol.asyncDispose]: () => running.disposeAsync() };
  },
};
