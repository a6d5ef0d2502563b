import { openTaskQueue, type Role, Session, threadStores, workerCount } from "@sluice/cluster";
import { startDataNode } from "./start.ts";

/** How often a running task says how far it is. */
const REPORT_MS = 1000;
/** Source bytes that are parsed into one batch, about. */
const BATCH_BYTES = 4 << 20;

/** The datanode as a process; any number of them. */
export const dataNodeRole: Role<"datanode"> = {
  name: "datanode",
  start: async ({ settings, store, peers, log, metrics }) => {
    await using cleanup = new AsyncDisposableStack();
    const queue = cleanup.use(await openTaskQueue(settings));
    const node = cleanup.use(
      await startDataNode(
        {
          workers: workerCount(settings),
          smallTaskBytes: settings.smallTaskSize,
          leaseMs: settings.taskLease,
          reportMs: REPORT_MS,
          limits: {
            batchBytes: BATCH_BYTES,
            flushBytes: settings.flushSize,
            bufferBytes: settings.workerMemory,
            segmentBytes: settings.segmentSize,
          },
        },
        {
          queue,
          stores: await threadStores(settings),
          rootCoordAddress: peers.address("rootcoord"),
          dataCoordAddress: peers.address("datacoord"),
          log,
          metrics,
        },
      ),
    );
    const session = cleanup.use(new Session(store, { role: "datanode", address: "", ttlMs: settings.sessionTtl, log }));
    const running = cleanup.move();
    return {
      address: undefined,
      waitsFor: () => (session.isHeld ? node.waitsFor() : "etcd"),
      drain: (limit) => node.drain(limit),
      [Symbol.asyncDispose]: () => running.disposeAsync(),
    };
  },
};
