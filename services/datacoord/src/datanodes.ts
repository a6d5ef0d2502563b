import { StatusError, statusCodes } from "@sluice/errors";
import type { dataCoord } from "@sluice/rpc";
import { type NodeId, nodeId } from "@sluice/schema";

/** A datanode as it was when it last reported; times are in milliseconds, `seenMs` of this process's clock. */
export interface DataNodeEntry {
  readonly nodeId: NodeId;
  readonly workers: number;
  /** Of these, those that take tasks of any size. */
  readonly largeWorkers: number;
  /** Bytes of rows at which it seals a segment. */
  readonly segmentBytes: number;
  readonly busyWorkers: number;
  readonly taskIds: readonly bigint[];
  /** How often it says that it lives. */
  readonly heartbeatMs: number;
  readonly seenMs: number;
}

/**
 * How often datanodes say that they live where there are few. Tasks have leases of their own, so nothing waits for it; where there
 * are many, each says it less often.
 */
const HEARTBEAT_MS = { least: 3000, most: 15_000 };
/** Of all nodes together, about: they would be a third of the calls that 500 nodes make. */
const HEARTBEATS_PER_SECOND = 20;
/** Silent for so many of them, a node counts as gone. */
const MISSED_HEARTBEATS = 5;

/** The datanodes that report. Memory only: a node that is asked to registers again. */
export class DataNodes {
  readonly #nodes = new Map<NodeId, DataNodeEntry>();
  readonly #allocateIds: (count: number) => Promise<bigint>;
  readonly #now: () => number;

  constructor(options: { allocateIds: (count: number) => Promise<bigint>; now: () => number }) {
    this.#allocateIds = options.allocateIds;
    this.#now = options.now;
  }

  /** Under a new id, free until its first heartbeat says otherwise. */
  async register({ workers, largeWorkers, segmentBytes }: dataCoord.RegisterDataNodeRequest): Promise<DataNodeEntry> {
    const id = nodeId(await this.#allocateIds(1));
    const node = {
      ...{ nodeId: id, workers, largeWorkers, segmentBytes: Number(segmentBytes) },
      ...{ busyWorkers: 0, taskIds: [], heartbeatMs: heartbeatMs(this.#nodes.size + 1), seenMs: this.#now() },
    };
    this.#nodes.set(id, node);
    return node;
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
    const nowMs = this.#now();
    for (const node of this.#nodes.values())
      if (node.seenMs < nowMs - MISSED_HEARTBEATS * node.heartbeatMs) this.#nodes.delete(node.nodeId);
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

/** Of the last one of so many nodes. */
function heartbeatMs(nodes: number): number {
  const wantedMs = Math.ceil((1000 * nodes) / HEARTBEATS_PER_SECOND);
  return Math.min(HEARTBEAT_MS.most, Math.max(HEARTBEAT_MS.least, wantedMs));
}
