import { type CredentialsKey, connectPeer, credentialsKeyOf } from "@sluice/cluster";
import { flushesInFlight } from "@sluice/object-store";
import { type Address, dataCoord, RootCoordClient } from "@sluice/rpc";
import type { TaskQueue } from "@sluice/task-queue";
import type { Logger, Metrics } from "@sluice/telemetry";
import { Coordinators } from "./coordinators.ts";
import { Membership } from "./membership.ts";
import { DataNodeMetrics } from "./metrics.ts";
import { type DataNodeSettings, workerCount } from "./settings.ts";
import { TaskWorker } from "./task-worker.ts";
import type { ThreadSetup, ThreadStores } from "./thread/messages.ts";
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

/** What the slots of a node share. */
interface Node extends DataNodeDeps {
  readonly settings: DataNodeSettings;
  readonly coordinators: Coordinators;
  readonly membership: Membership;
  readonly nodeMetrics: DataNodeMetrics;
  readonly credentialsKey: CredentialsKey | undefined;
}

/** Starts a datanode: leases import tasks and turns them into sealed segments in its worker threads. */
export async function startDataNode(settings: DataNodeSettings, deps: DataNodeDeps): Promise<RunningDataNode> {
  await using cleanup = new AsyncDisposableStack();
  const { smallSlots = SMALL_SLOTS } = deps;
  const slots = workerCount(settings);
  const node = openNode(settings, deps, { workers: slots + smallSlots, largeWorkers: slots }, cleanup);
  const workers = openSlots(node, slots, smallSlots, cleanup);
  const running = cleanup.move();
  return {
    waitsFor: () => (node.membership.isJoined ? undefined : "datacoord"),
    drain: async (limit) => void (await Promise.all(workers.map((worker) => worker.drain(limit)))),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

function openNode(
  settings: DataNodeSettings,
  deps: DataNodeDeps,
  size: { readonly workers: number; readonly largeWorkers: number },
  cleanup: AsyncDisposableStack,
): Node {
  const root = cleanup.use(connectPeer(RootCoordClient, deps.rootCoordAddress, settings));
  const data = cleanup.use(connectPeer(dataCoord.DataCoordClient, deps.dataCoordAddress, settings));
  const coordinators = new Coordinators(root, data);
  const { segmentBytes } = settings;
  const membership = cleanup.use(new Membership(coordinators, { ...size, segmentBytes }, deps.log));
  const nodeMetrics = new DataNodeMetrics(deps.metrics);
  return { ...deps, settings, coordinators, membership, nodeMetrics, credentialsKey: credentialsKeyOf(settings) };
}

/** Each large slot has a thread of its own; small ones share one, or take what is idle of the others. */
function openSlots(node: Node, slots: number, smallSlots: number, cleanup: AsyncDisposableStack): TaskWorker[] {
  const setup = threadSetup(node);
  const openRunner = () => cleanup.use(node.openRunner?.() ?? new WorkerThread(setup));
  const runners = Array.from({ length: slots }, openRunner);
  const workers = runners.map((runner) => cleanup.use(openSlot(node, runner, undefined)));
  // A thread of small tasks is there from the first one on that meets no idle one: a thread without work takes 25 MB.
  for (const runner of runners) runner.warmUp?.();
  if (smallSlots === 0) return workers;
  const smallRunner = new SmallTaskRunner(runners, openRunner());
  for (let i = 0; i < smallSlots; i++)
    workers.push(cleanup.use(openSlot(node, smallRunner, node.settings.smallTaskBytes)));
  return workers;
}

function threadSetup({ stores, settings }: Node): ThreadSetup {
  const { flushBytes, workerMemoryBytes, segmentBytes, embeddingEndpoint, embeddingKey } = settings;
  const limits = {
    ...{ batchBytes: BATCH_BYTES, flushBytes, workerMemoryBytes, segmentBytes },
    flushesInFlight: flushesInFlight(stores.objects),
  };
  return { ...stores, limits, embedding: { embeddingEndpoint, embeddingKey } };
}

/** @param maxSizeBytes source bytes of the greatest task that it takes; undefined = any */
function openSlot(node: Node, runner: AttemptRunner, maxSizeBytes: number | undefined): TaskWorker {
  const { queue, log, coordinators, membership, nodeMetrics: metrics, credentialsKey } = node;
  const { taskLeaseMs, smallTaskBytes } = node.settings;
  return new TaskWorker({
    ...{ queue, log, coordinators, metrics, runner, maxSizeBytes, smallTaskBytes, taskLeaseMs, credentialsKey },
    joined: membership.joined,
    nodeId: () => membership.nodeId,
    onTask: (taskId, isRunning) => membership.setTask(taskId, isRunning),
  });
}
