import { ImportError } from "@sluice/errors";
import type { TaskProgress } from "@sluice/jobs";
import {
  type Client,
  checkStatus,
  type dataCoord,
  type importing,
  isOk,
  type RootCoordClient,
  reportMessage,
  segmentMessage,
  segmentOfMessage,
} from "@sluice/rpc";
import {
  type JobId,
  jobId,
  type NodeId,
  type StoredSegment,
  type TaskId,
  taskId,
  type VisibleSegment,
} from "@sluice/schema";
import { AttemptIds } from "./attempt-ids.ts";
import type { CoordinatorQuestion } from "./thread/messages.ts";

/** What the datacoord has to know of a datanode. */
export interface DataNodeSize {
  /** Tasks that it runs at once. */
  readonly workers: number;
  /** Of these, those that take tasks of any size. */
  readonly largeWorkers: number;
  /** Bytes of rows at which it seals a segment. */
  readonly segmentBytes: number;
}

/** What a datanode asks of rootcoord and datacoord. Refusals are thrown as ImportError, silence as other errors. */
export class Coordinators {
  readonly #root: Client<RootCoordClient>;
  readonly #data: Client<dataCoord.DataCoordClient>;
  constructor(root: Client<RootCoordClient>, data: Client<dataCoord.DataCoordClient>) {
    this.#root = root;
    this.#data = data;
  }

  /** Under an id of its own each time. `heartbeatMs`: how often the datacoord wants to hear from it. */
  async register(
    { workers, largeWorkers, segmentBytes }: DataNodeSize,
    signal: AbortSignal,
  ): Promise<{ nodeId: bigint; heartbeatMs: number }> {
    const size = { workers, largeWorkers, segmentBytes: BigInt(segmentBytes) };
    const response = await this.#data.registerDataNode(size, { signal });
    checkStatus(response.status);
    return { nodeId: response.nodeId, heartbeatMs: Number(response.heartbeatMs) };
  }

  /** False when the datacoord does not know the node. */
  async heartbeat(request: dataCoord.HeartbeatRequest, signal: AbortSignal): Promise<boolean> {
    return isOk(await this.#data.heartbeat(request, { signal }));
  }

  /** Begins the next attempt; no order when the task is obsolete. */
  async startTask(jobId: JobId, taskId: TaskId, nodeId: NodeId): Promise<{ order: importing.TaskOrder | undefined }> {
    const response = await this.#root.startTask({ jobId, taskId, nodeId });
    checkStatus(response.status);
    return { order: response.obsolete ? undefined : response.order };
  }

  /**
   * Progress, or the end of an attempt; may be sent again.
   * @throws {ImportError} `attempt_superseded` where another one is current
   */
  async report(order: importing.TaskOrder, nodeId: NodeId, progress: TaskProgress): Promise<void> {
    const report = { taskId: taskId(order.taskId), attempt: Number(order.attempt), nodeId, progress };
    checkStatus(await this.#root.reportImport(reportMessage(jobId(order.jobId), report)));
  }

  /** Records what the attempt has sealed, before its end is reported; may be sent again. */
  async saveSegments(order: importing.TaskOrder, sealed: readonly StoredSegment[]): Promise<void> {
    const { jobId, taskId, attempt, taskRevision } = order;
    const segments = sealed.map((segment) => segmentMessage(segment));
    checkStatus(await this.#data.saveSegments({ jobId, taskId, attempt, segments, taskRevision }));
  }

  /** Answers the questions of the thread that runs `order`. */
  answerer(order: importing.TaskOrder): (question: CoordinatorQuestion) => Promise<unknown> {
    const ids = new AttemptIds((buckets, logIds) => this.#assign(order, buckets, logIds));
    return async (question) => {
      switch (question.kind) {
        case "ids":
          return this.#allocateIds(question.count);
        case "log_ids":
          return ids.logIds(question.count);
        case "visible_segments":
          return this.#visibleSegments(order, question);
        case "segments":
          return ids.segments(question.buckets);
      }
    };
  }

  async #visibleSegments(
    order: importing.TaskOrder,
    { segmentIds, timestamp, collectionId: other }: Extract<CoordinatorQuestion, { kind: "visible_segments" }>,
  ): Promise<VisibleSegment[]> {
    const collectionId = other || order.collectionId;
    const request = { collectionId, partitionIds: [], timestamp, segmentIds: [...segmentIds] };
    const response = await this.#data.getVisibleSegments(request);
    checkStatus(response.status);
    const found = new Map(
      response.segments.map((info) => [info.segmentId, { ...segmentOfMessage(info), commitTs: info.commitTimestamp }]),
    );
    if (segmentIds.length === 0) return [...found.values()];
    return segmentIds.map((id) => {
      const segment = found.get(id);
      if (segment) return segment;
      throw new ImportError("job_failed", `segment ${id} is not visible any more: another change has removed it`);
    });
  }

  async #allocateIds(count: number): Promise<bigint> {
    const response = await this.#root.allocIds({ count: BigInt(count) });
    checkStatus(response.status);
    return response.first;
  }

  async #assign(
    order: importing.TaskOrder,
    buckets: dataCoord.SegmentBucket[],
    logIds: number,
  ): Promise<dataCoord.AssignSegmentsResponse> {
    const { jobId, taskId, attempt, collectionId, taskRevision } = order;
    const response = await this.#data.assignSegments({
      jobId,
      taskId,
      attempt,
      collectionId,
      buckets,
      logIds: BigInt(logIds),
      taskRevision,
    });
    checkStatus(response.status);
    return response;
  }
}
