import { sleep } from "@sluice/async";
import { connectPeer, credentialsKeyOf } from "@sluice/cluster";
import { flushesInFlight } from "@sluice/object-store";
import { type Address, dataCoord, rootCoord } from "@sluice/rpc";
import { type NodeId, nodeId } from "@sluice/schema";
import type { TaskQueue } from "@sluice/task-queue";
import type { Logger, Metrics } from "@sluice/telemetry";
import { Coordinators, type DataNodeSize } from "./coordinators.ts";
import { DataNodeMetrics } from "./metrics.ts";
import { type DataNodeSettings, workerCount } from "./settings.ts";
import { TaskWorker } from "./task-worker.ts";
import type { ThreadStores } from "./thread/messages.ts";
import { SmallTaskRunner } from "./thread/small-task-runner.ts";
import { type AttemptRunner, WorkerThread } from "./thread/worker-thread.ts";

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

export interface RunningDataNode extends AsyncDisposable {
  /** What the node waits for before it takes tasks; undefined when it takes them. */
  waitsFor(): string | undefined;
  /** Takes nothing more; finishes what it has, or gives it back when `limit` aborts first. */
  drain(limit: AbortSignal): Promise<void>;
}

/** How often a running task says how far it is. */
const REPORT_MS = 1000;
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
  const root = cleanup.use(connectPeer(rootCoord.RootCoordClient, deps.rootCoordAddress, settings));
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
        reportMs: REPORT_MS,
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

/** The node's registration with the datacoord: renewed by heartbeats, made anew when the datacoord does not know it. */
class Membership implements AsyncDisposable {
  readonly #coordinators: Coordinators;
  readonly #size: DataNodeSize;
  readonly #log: Logger;
  readonly #tasks = new Set<bigint>();
  readonly #abort = new AbortController();
  #nodeId = nodeId(0n);
  #heartbeatMs = 1000;
  readonly #joined = Promise.withResolvers<void>();
  readonly #beating: Promise<void>;

  constructor(coordinators: Coordinators, size: DataNodeSize, log: Logger) {
    this.#coordinators = coordinators;
    this.#size = size;
    this.#log = log;
    this.#beating = this.#beat();
  }

  get isJoined(): boolean {
    return this.#nodeId !== 0n;
  }

  /** Resolves when the node is registered, which takes until there is a datacoord. */
  get joined(): Promise<void> {
    return this.#joined.promise;
  }

  /** 0 until it has joined. */
  get nodeId(): NodeId {
    return this.#nodeId;
  }

  setTask(taskId: bigint, isRunning: boolean): void {
    if (isRunning) this.#tasks.add(taskId);
    else this.#tasks.delete(taskId);
  }

  async #register(): Promise<void> {
    const { nodeId: id, heartbeatMs } = await this.#coordinators.register(this.#size, this.#abort.signal);
    this.#nodeId = nodeId(id);
    this.#heartbeatMs = heartbeatMs;
    this.#joined.resolve();
    this.#log.info("datanode registered", { nodeId: id, workers: this.#size.workers });
  }

  async #beat(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      await this.#sayAlive().catch((error) => {
        if (!signal.aborted) this.#log.warn("the datacoord does not answer", { err: error });
      });
      await sleep(this.#heartbeatMs, signal);
    }
  }

  /** Registers, when the datacoord does not know the node: at first, and after another datacoord took over. */
  async #sayAlive(): Promise<void> {
    const beat = { nodeId: this.#nodeId, busyWorkers: this.#tasks.size, taskIds: [...this.#tasks] };
    const isKnown = this.isJoined && (await this.#coordinators.heartbeat(beat, this.#abort.signal));
    if (!isKnown) await this.#register();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.#beating;
  }
}
