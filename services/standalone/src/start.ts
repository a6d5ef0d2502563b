import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { startDataCoord } from "@sluice/datacoord";
import { startDataNode } from "@sluice/datanode";
import { EmbeddedMetaStore } from "@sluice/metastore";
import { LocalObjectStore, LocalSourceStore } from "@sluice/object-store";
import { startProxy } from "@sluice/proxy";
import { startQueryNode } from "@sluice/querynode";
import { startRootCoord } from "@sluice/rootcoord";
import { EmbeddedTaskQueue } from "@sluice/task-queue";
import type { Telemetry } from "@sluice/telemetry";
import { type StandaloneSettings, workerCount } from "./settings.ts";

/** Services inside the process meet here, whatever address the front door listens on. */
const INTERNAL_HOST = "127.0.0.1";
const LEASE_MS = 30_000;
const BATCH_BYTES = 4 << 20;

export interface RunningStandalone extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** Folders that files may be imported from. */
  readonly importRoots: readonly string[];
  /** Finishes import tasks that run, up to `limit`; what is not finished goes on after the next start. */
  drain(limit: AbortSignal): Promise<void>;
}

/** All services in one process, on an embedded metastore, an embedded queue and a local directory. */
export async function startStandalone(
  settings: StandaloneSettings,
  { log, metrics }: Telemetry,
): Promise<RunningStandalone> {
  await using cleanup = new AsyncDisposableStack();
  const dataDir = resolve(settings.dataDir);
  const importRoots = await openImportRoots(settings, dataDir);
  const storage = join(dataDir, "storage");
  const store = cleanup.use(await EmbeddedMetaStore.open({ path: join(dataDir, "meta") }));
  const objects = cleanup.use(await LocalObjectStore.open({ root: storage }));
  const sources = cleanup.use(await LocalSourceStore.open({ roots: importRoots }));
  const queue = cleanup.use(new EmbeddedTaskQueue());
  const addresses = { rootCoord: Promise.withResolvers<string>(), dataCoord: Promise.withResolvers<string>() };
  const rootCoordAddress = () => addresses.rootCoord.promise;
  const dataCoordAddress = () => addresses.dataCoord.promise;
  const internal = { host: INTERNAL_HOST, port: 0 };

  const rootCoord = cleanup.use(
    await startRootCoord(
      {
        ...internal,
        splitBytes: settings.splitSize,
        maxOpenJobs: settings.maxOpenJobs,
        jobRetentionMs: settings.jobRetention,
        tickMs: 1000,
      },
      { store, sources, dataCoordAddress, log: log.child({ service: "rootcoord" }) },
    ),
  );
  addresses.rootCoord.resolve(rootCoord.address);
  const dataCoord = cleanup.use(
    await startDataCoord(
      { ...internal, heartbeatMs: 1000, gcIntervalMs: 1000, gcGraceMs: 3000 },
      { store, objects, queue, rootCoordAddress, log: log.child({ service: "datacoord" }) },
    ),
  );
  addresses.dataCoord.resolve(dataCoord.address);
  const queryNode = cleanup.use(
    await startQueryNode(
      { ...internal, cacheBytes: settings.cacheSize },
      { objects, dataCoordAddress, log: log.child({ service: "querynode" }) },
    ),
  );
  const dataNode = cleanup.use(
    await startDataNode(
      {
        workers: workerCount(settings),
        smallTaskBytes: settings.smallTaskSize,
        leaseMs: LEASE_MS,
        reportMs: 1000,
        limits: {
          batchBytes: BATCH_BYTES,
          flushBytes: settings.flushSize,
          bufferBytes: settings.workerMemory,
          segmentBytes: settings.segmentSize,
        },
      },
      {
        queue,
        stores: { objects: { kind: "local", root: storage }, sources: { kind: "local", roots: importRoots } },
        rootCoordAddress,
        dataCoordAddress,
        log: log.child({ service: "datanode" }),
        metrics,
      },
    ),
  );
  const proxy = cleanup.use(
    await startProxy(
      { host: settings.host, port: settings.port },
      {
        rootCoordAddress,
        dataCoordAddress,
        queryNodeAddress: queryNode.address,
        log: log.child({ service: "proxy" }),
        metrics,
      },
    ),
  );
  const running = cleanup.move();
  return {
    host: proxy.host,
    port: proxy.port,
    importRoots,
    drain: (limit) => dataNode.drain(limit),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** The folders that were given, or the current one and `bucket/` in the data folder, which is made. */
async function openImportRoots(settings: StandaloneSettings, dataDir: string): Promise<string[]> {
  if (settings.importRoot?.length) return settings.importRoot.map((root) => resolve(root));
  const bucket = join(dataDir, "bucket");
  await mkdir(bucket, { recursive: true });
  return [process.cwd(), bucket];
}
