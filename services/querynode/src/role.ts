import { advertisedAddress, openObjects, type Role, Session } from "@sluice/cluster";
import { startQueryNode } from "./start.ts";

/** The querynode as a process; any number of them. */
export const queryNodeRole: Role<"querynode"> = {
  name: "querynode",
  start: async ({ settings, store, peers, log, metrics }) => {
    await using cleanup = new AsyncDisposableStack();
    const objects = cleanup.use(await openObjects(settings, metrics));
    const node = cleanup.use(
      await startQueryNode(
        { host: settings.host, port: settings.port, cacheBytes: settings.cacheSize },
        { objects, dataCoordAddress: peers.address("datacoord"), log, metrics },
      ),
    );
    const address = advertisedAddress(settings.advertiseAddress, node.address);
    const session = cleanup.use(new Session(store, { role: "querynode", address, ttlMs: settings.sessionTtl, log }));
    const running = cleanup.move();
    return {
      address: node.address,
      waitsFor: () => (session.isHeld ? undefined : "etcd"),
      [Symbol.asyncDispose]: () => running.disposeAsync(),
    };
  },
};
