import { setTimeout as sleep } from "node:timers/promises";
import { type Address, connectClient, dataCoord, rootCoord } from "@sluice/rpc";
import { type NodeId, nodeId } from "@sluice/schema";
import type { TaskQueue } from "@sluice/task-queue";
import type { Logger, Metrics } from "@sluice/telemetry";
import { Coordinators } from "./coordinators.ts";
import type { ImportTaskLimits } from "./import-task.ts";
import { DataNodeMetrics } from "./metrics.ts";
import { TaskWorker } from "./task-worker.ts";
import type { ThreadStores } from "./thread-messages.ts";
import { ImportThread } from "./thread-pool.ts";

export interface DataNodeSettings {
  /** Threads that take tasks of any size. One more takes small ones only, several at once. */
  readonly workers: number;
  /** Greatest source bytes of a small task. */
  readonly smallTaskBytes: number;
  readonly leaseMs: number;
  /** How often a running task says how far it is. */
  readonly reportMs: number;
  readonly limits: ImportTaskLimits;
}

export interface DataNodeDeps {
  readonly queue: TaskQueue;
  readonly stores: ThreadStores;
  readonly rootCoordAddress: Address;
  readonly dataCoordAddress: Address;
  readonly log: Logger;
  readonly metrics: Metrics;
}

export interface RunningDataNode extends AsyncDisposable {
  /** Takes nothing more; finishes what it has, or gives it back when `limit` aborts first. */
  drain(limit: AbortSignal): Promise<void>;
}

/**
 * Small tasks at once, in one thread: they mostly wait for syncs and answers. They never wait for a large task, and many
 * of them do not wait for each other.
 */
const SMALL_SLOTS = 4;

/** Starts a datanode: leases import tasks and turns them into sealed segments in its worker threads. */
export async function startDataNode(settings: DataNodeSettings, deps: DataNodeDeps): Promise<RunningDataNode> {
  await using cleanup = new AsyncDisposableStack();
  const root = cleanup.use(connectClient(rootCoord.RootCoordClient, deps.rootCoordAddress));
  const data = cleanup.use(connectClient(dataCoord.DataCoordClient, deps.dataCoordAddress));
  const coordinators = new Coordinators(root, data);
  const membership = cleanup.use(await Membership.join(coordinators, settings.workers + SMALL_SLOTS, deps.log));
  const metrics = new DataNodeMetrics(deps.metrics);
  const openThread = () => {
    const thread = cleanup.use(new ImportThread(deps.stores));
    thread.warmUp();
    return thread;
  };
  const openSlot = (thread: ImportThread, maxSizeBytes: number | undefined) =>
    cleanup.use(
      new TaskWorker({
        ...deps,
        ...settings,
        nodeId: () => membership.nodeId,
        coordinators,
        thread,
        maxSizeBytes,
        metrics,
        onTask: (taskId, isRunning) => membership.setTask(taskId, isRunning),
      }),
    );
  const workers = Array.from({ length: settings.workers }, () => openSlot(openThread(), undefined));
  const smallThread = openThread();
  for (let i = 0; i < SMALL_SLOTS; i++) workers.push(openSlot(smallThread, settings.smallTaskBytes));
  const running = cleanup.move();
  return {
    drain: async (limit) => void (await Promise.all(workers.map((worker) => worker.drain(limit)))),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** The node's registration with the datacoord: renewed by heartbeats, made anew when the datacoord does not know it. */
class Membership implements AsyncDisposable {
  readonly #coordinators: Coordinators;
  readonly #workers: number;
  readonly #log: Logger;
  readonly #tasks = new Set<bigint>();
  readonly #abort = new AbortController();
  #nodeId = nodeId(0n);
  #heartbeatMs = 1000;
  #beating: Promise<void> = Promise.resolve();

  private constructor(coordinators: Coordinators, workers: number, log: Logger) {
    this.#coordinators = coordinators;
    this.#workers = workers;
    this.#log = log;
  }

  static async join(coordinators: Coordinators, workers: number, log: Logger): Promise<Membership> {
    const membership = new Membership(coordinators, workers, log);
    await membership.#register();
    membership.#beating = membership.#beat();
    return membership;
  }

  get nodeId(): NodeId {
    return this.#nodeId;
  }

  setTask(taskId: bigint, isRunning: boolean): void {
    if (isRunning) this.#tasks.add(taskId);
    else this.#tasks.delete(taskId);
  }

  async #register(): Promise<void> {
    const { nodeId: id, heartbeatMs } = await this.#coordinators.register("", this.#workers);
    this.#nodeId = nodeId(id);
    this.#heartbeatMs = heartbeatMs;
    this.#log.info("datanode registered", { nodeId: id, workers: this.#workers });
  }

  async #beat(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      await sleep(this.#heartbeatMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      const beat = { nodeId: this.#nodeId, busyWorkers: this.#tasks.size, taskIds: [...this.#tasks] };
      await this.#coordinators
        .heartbeat(beat)
        .catch(() => this.#register().catch((error) => this.#log.warn("datacoord does not answer", { err: error })));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.#beating;
  }
}
