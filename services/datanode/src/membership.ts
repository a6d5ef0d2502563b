import { sleep } from "@sluice/async";
import { type NodeId, nodeId } from "@sluice/schema";
import type { Logger } from "@sluice/telemetry";
import type { Coordinators, DataNodeSize } from "./coordinators.ts";

/** The node's registration with the datacoord: renewed by heartbeats, made anew when the datacoord does not know it. */
export class Membership implements AsyncDisposable {
  readonly #coordinators: Pick<Coordinators, "register" | "heartbeat">;
  readonly #size: DataNodeSize;
  readonly #log: Logger;
  readonly #tasks = new Set<bigint>();
  readonly #abort = new AbortController();
  #nodeId = nodeId(0n);
  #heartbeatMs = 1000;
  readonly #joined = Promise.withResolvers<void>();
  readonly #beating: Promise<void>;

  constructor(coordinators: Pick<Coordinators, "register" | "heartbeat">, size: DataNodeSize, log: Logger) {
    this.#coordinators = coordinators;
    this.#size = size;
    this.#log = log;
    this.#beating = this.#beat();
  }

  /** Whether the datacoord has given it an id. */
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

  /** Tells what the next heartbeat says. */
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
    // A worker may have a task beside one that is about to end.
    const busyWorkers = Math.min(this.#tasks.size, this.#size.workers);
    const beat = { nodeId: this.#nodeId, busyWorkers, taskIds: [...this.#tasks] };
    const isKnown = this.isJoined && (await this.#coordinators.heartbeat(beat, this.#abort.signal));
    if (!isKnown) await this.#register();
  }

  /** Ends the heartbeats; the datacoord notices by their silence. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.#beating;
  }
}
