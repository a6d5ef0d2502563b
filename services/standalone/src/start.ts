import { mkdir } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { createBucket, objectsDescription, openTaskQueue, sourcesDescription } from "@sluice/cluster";
import { startDataCoord } from "@sluice/datacoord";
import { startDataNode, type ThreadStores } from "@sluice/datanode";
import { CountingObjectStore, openObjectStore, openSourceStore } from "@sluice/object-store";
import { startProxy } from "@sluice/proxy";
import { startQueryNode } from "@sluice/querynode";
import { startRootCoord } from "@sluice/rootcoord";
import { EmbeddedTaskQueue } from "@sluice/task-queue";
import { startTracing, type Telemetry } from "@sluice/telemetry";
import { Coordinators } from "./coordinators.ts";
import type { StandaloneSettings } from "./settings.ts";

/** Services inside the process meet here, whatever address the front door listens on. */
const INTERNAL_HOST = "127.0.0.1";
const LEASE_MS = 30_000;
/** An embedded queue has no nodes that are cut off and come back; a shared one has. */
const GRACE_MS = 3000;
const SHARED_GRACE_MS = 60_000;
const BATCH_BYTES = 4 << 20;

export interface RunningStandalone extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** Folders that files may be imported from. */
  readonly importRoots: readonly string[];
  /** Finishes import tasks that run, up to `limit`; what is not finished goes on after the next start. */
  drain(limit: AbortSignal): Promise<void>;
}

/** All services in one process; state, queue and files are embedded and local, each unless a server is given for it. */
export async function startStandalone(
  settings: StandaloneSettings,
  { log, metrics }: Telemetry,
): Promise<RunningStandalone> {
  await using cleanup = new AsyncDisposableStack();
  cleanup.use(await startTracing({ service: "standalone", endpoint: settings.otlpEndpoint }));
  const dataDir = resolve(settings.dataDir);
  const importRoots = await openImportRoots(settings, dataDir);
  const stores = await describeStores(settings, dataDir, importRoots);
  if (settings.s3) await createBucket(settings, log);
  const objects = cleanup.use(CountingObjectStore.scraped(await openObjectStore(stores.objects), metrics));
  const sources = cleanup.use(await openSourceStore(stores.sources));
  const queue = cleanup.use(settings.redis ? await openTaskQueue(settings) : new EmbeddedTaskQueue());
  const coordinators = await Coordinators.open(settings, dataDir, { log, metrics }, cleanup);
  const internal = { host: INTERNAL_HOST, port: 0 };
  const rootCoordAddress = coordinators.address("rootcoord");
  const dataCoordAddress = coordinators.address("datacoord");

  await coordinators.serve("rootcoord", (store) =>
    startRootCoord(
      {
        ...internal,
        splitBytes: settings.splitSize,
        maxOpenJobs: settings.maxOpenJobs,
        jobRetentionMs: settings.jobRetention,
        tickMs: 1000,
      },
      { store, sources, dataCoordAddress, log: log.child({ service: "rootcoord" }), metrics },
    ),
  );
  await coordinators.serve("datacoord", (store) =>
    startDataCoord(
      { ...internal, heartbeatMs: 1000, gcIntervalMs: 1000, gcGraceMs: settings.redis ? SHARED_GRACE_MS : GRACE_MS },
      { store, objects, queue, rootCoordAddress, log: log.child({ service: "datacoord" }), metrics },
    ),
  );
  const queryNode = cleanup.use(
    await startQueryNode(
      { ...internal, cacheBytes: settings.cacheSize },
      { objects, dataCoordAddress, log: log.child({ service: "querynode" }), metrics },
    ),
  );
  const dataNode = cleanup.use(
    await startDataNode(
      {
        workers: settings.workers ?? availableParallelism(),
        smallTaskBytes: settings.smallTaskSize,
        leaseMs: settings.redis ? settings.taskLease : LEASE_MS,
        reportMs: 1000,
        limits: {
          batchBytes: BATCH_BYTES,
          flushBytes: settings.flushSize,
          bufferBytes: settings.workerMemory,
          segmentBytes: settings.segmentSize,
        },
      },
      { queue, stores, rootCoordAddress, dataCoordAddress, log: log.child({ service: "datanode" }), metrics },
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
    importRoots: settings.s3 ? (settings.importRoot ?? []) : importRoots,
    drain: (limit) => dataNode.drain(limit),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Local folders, or S3; beside S3 only the folders that were given are open to imports. */
async function describeStores(
  settings: StandaloneSettings,
  dataDir: string,
  importRoots: readonly string[],
): Promise<ThreadStores> {
  if (settings.s3) {
    const roots = settings.importRoot ? importRoots : [];
    return { objects: await objectsDescription(settings), sources: await sourcesDescription(settings, roots) };
  }
  return {
    objects: { kind: "local", root: join(dataDir, "storage") },
    sources: { kind: "local", roots: importRoots },
  };
}

/** The folders that were given, or the current one and `bucket/` in the data folder, which is made. */
async function openImportRoots(settings: StandaloneSettings, dataDir: string): Promise<string[]> {
  if (settings.importRoot?.length) return settings.importRoot.map((root) => resolve(root));
  const bucket = join(dataDir, "bucket");
  await mkdir(bucket, { recursive: true });
  return [process.cwd(), bucket];
}
