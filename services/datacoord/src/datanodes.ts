import { StatusError, statusCodes } from "@sluice/errors";
import type { dataCoord } from "@sluice/rpc";
import { type NodeId, nodeId } from "@sluice/schema";

export interface DataNodeEntry {
  readonly nodeId: NodeId;
  readonly workers: number;
  /** Of these, those that take tasks of any size. */
  readonly largeWorkers: number;
  /** Bytes of rows at which it seals a segment. */
  readonly segmentBytes: number;
  readonly busyWorkers: number;
  readonly taskIds: readonly bigint[];
  readonly seenMs: number;
}

/** The datanodes that report. Memory only: a node that is asked to registers again. */
export class DataNodes {
  readonly #nodes = new Map<NodeId, DataNodeEntry>();
  readonly #allocateIds: (count: number) => Promise<bigint>;
  readonly #now: () => number;
  readonly #expiryMs: number;

  constructor(options: { allocateIds: (count: number) => Promise<bigint>; now: () => number; expiryMs: number }) {
    this.#allocateIds = options.allocateIds;
    this.#now = options.now;
    this.#expiryMs = options.expiryMs;
  }

  async register({ workers, largeWorkers, segmentBytes }: dataCoord.RegisterDataNodeRequest): Promise<NodeId> {
    const id = nodeId(await this.#allocateIds(1));
    this.#nodes.set(id, {
      ...{ nodeId: id, workers, largeWorkers, segmentBytes: Number(segmentBytes) },
      ...{ busyWorkers: 0, taskIds: [], seenMs: this.#now() },
    });
    return id;
  }

  /** @throws {StatusError} when the node is unknown: it registers again */
  heartbeat(request: dataCoord.HeartbeatRequest): void {
    const node = this.#nodes.get(nodeId(request.nodeId));
    if (!node) throw new StatusError(statusCodes.notReady, `datanode ${request.nodeId} is not registered`);
    const { busyWorkers, taskIds } = request;
    this.#nodes.set(node.nodeId, { ...node, busyWorkers, taskIds, seenMs: this.#now() });
  }

  /** Nodes heard of lately; the others are forgotten. */
  alive(): DataNodeEntry[] {
    const oldest = this.#now() - this.#expiryMs;
    for (const node of this.#nodes.values()) if (node.seenMs < oldest) this.#nodes.delete(node.nodeId);
    return [...this.#nodes.values()];
  }

  /**
   * Tasks of any size that could begin now.
   * @param queuedTasks that wait or are leased: nodes tell of a task that has ended until their next heartbeat
   */
  freeWorkers(queuedTasks: number): number {
    const workers = this.alive().reduce((sum, node) => sum + node.largeWorkers, 0);
    return Math.max(0, workers - queuedTasks);
  }

  /** Tasks that run on nodes heard of lately. */
  runningTasks(): bigint[] {
    return this.alive().flatMap((node) => node.taskIds);
  }
}
