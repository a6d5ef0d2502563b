import { connectPeer, credentialsKeyOf } from "@sluice/cluster";
import { flushesInFlight } from "@sluice/object-store";
import { type Address, dataCoord, RootCoordClient } from "@sluice/rpc";
import type { TaskQueue } from "@sluice/task-queue";
import type { Logger, Metrics } from "@sluice/telemetry";
import { Coordinators } from "./coordinators.ts";
import { Membership } from "./membership.ts";
import { DataNodeMetrics } from "./metrics.ts";
import { type DataNodeSettings, workerCount } from "./settings.ts";
import { TaskWorker } from "./task-worker.ts";
import type { ThreadStores } from "./thread/messages.ts";
import { SmallTaskRunner } from "./thread/small-task-runner.ts";
import { type AttemptRunner, WorkerThread } from "./thread/worker-thread.ts";

/** What a datanode stands on. */
export interface DataNodeDeps {
  readonly queue: TaskQueue;
  readonly stores: ThreadStores;
  readonly rootCoordAddress: Address;
  readonly dataCoordAddress: Address;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** What attempts run in; a worker thread unless given. */
  readonly openRunner?: () => AttemptRunner;
  /** Small tasks at once besides, in one thread; 4 unless given. */
  readonly smallSlots?: number;
}

/** A datanode at work; disposing gives back what it has not finished. */
export interface RunningDataNode extends AsyncDisposable {
  /** What the node waits for before it takes tasks; undefined when it takes them. */
  waitsFor(): string | undefined;
  /** Takes nothing more; finishes what it has, or gives it back when `limit` aborts first. */
  drain(limit: AbortSignal): Promise<void>;
}

/** Source bytes that are parsed into one batch, about. */
const BATCH_BYTES = 4 << 20;
/**
 * Small tasks at once, unless told another number: they mostly wait for syncs and answers. They never wait for
 * a large task, and many of them do not wait for each other.
 */
const SMALL_SLOTS = 4;

/** Starts a datanode: leases import tasks and turns them into sealed segments in its worker threads. */
export async function startDataNode(settings: DataNodeSettings, deps: DataNodeDeps): Promise<RunningDataNode> {
  await using cleanup = new AsyncDisposableStack();
  const root = cleanup.use(connectPeer(RootCoordClient, deps.rootCoordAddress, settings));
  const data = cleanup.use(connectPeer(dataCoord.DataCoordClient, deps.dataCoordAddress, settings));
  const coordinators = new Coordinators(root, data);
  const { smallSlots = SMALL_SLOTS } = deps;
  const slots = workerCount(settings);
  const { flushBytes, workerMemoryBytes, segmentBytes } = settings;
  const limits = {
    ...{ batchBytes: BATCH_BYTES, flushBytes, workerMemoryBytes, segmentBytes },
    flushesInFlight: flushesInFlight(deps.stores.objects),
  };
  const size = { workers: slots + smallSlots, largeWorkers: slots, segmentBytes };
  const membership = cleanup.use(new Membership(coordinators, size, deps.log));
  const metrics = new DataNodeMetrics(deps.metrics);
  const credentialsKey = credentialsKeyOf(settings);
  const { embeddingEndpoint, embeddingKey } = settings;
  const setup = { ...deps.stores, limits, embedding: { embeddingEndpoint, embeddingKey } };
  const openRunner = () => cleanup.use(deps.openRunner?.() ?? new WorkerThread(setup));
  const openSlot = (runner: AttemptRunner, maxSizeBytes: number | undefined) =>
    cleanup.use(
      new TaskWorker({
        ...deps,
        taskLeaseMs: settings.taskLeaseMs,
        credentialsKey,
        joined: membership.joined,
        nodeId: () => membership.nodeId,
        coordinators,
        runner,
        maxSizeBytes,
        smallTaskBytes: settings.smallTaskBytes,
        metrics,
        onTask: (taskId, isRunning) => membership.setTask(taskId, isRunning),
      }),
    );
  const runners = Array.from({ length: slots }, openRunner);
  const workers = runners.map((runner) => openSlot(runner, undefined));
  // A thread of small tasks is there from the first one on that meets no idle one: a thread without work takes 25 MB.
  for (const runner of runners) runner.warmUp?.();
  if (smallSlots > 0) {
    const smallRunner = new SmallTaskRunner(runners, openRunner());
    for (let i = 0; i < smallSlots; i++) workers.push(openSlot(smallRunner, settings.smallTaskBytes));
  }
  const running = cleanup.move();
  return {
    waitsFor: () => (membership.isJoined ? undefined : "datacoord"),
    drain: async (limit) => void (await Promise.all(workers.map((worker) => worker.drain(limit)))),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
