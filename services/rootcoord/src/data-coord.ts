import type { JobRecord, TaskRecord } from "@sluice/catalog";
import { ImportError, statusCodes } from "@sluice/errors";
import { type Client, checkStatus, type dataCoord, importing, segmentOfMessage } from "@sluice/rpc";
import { type SegmentId, segmentId, type VisibleSegment } from "@sluice/schema";

/** What the rootcoord asks of the datacoord, in terms of its own records. Calls end with their signal, which is thrown. */
export class DataCoordClient {
  readonly #client: Client<dataCoord.DataCoordClient>;
  constructor(client: Client<dataCoord.DataCoordClient>) {
    this.#client = client;
  }

  /** Queues tasks in one call; a known one changes nothing. @throws when the datacoord is away or refuses */
  async dispatch([first, ...others]: readonly TaskRecord[], signal?: AbortSignal): Promise<void> {
    if (!first) return;
    const order = { ...deliveryOf(first), more: others.map(deliveryOf) };
    const response = await this.#client.import(order, { signal });
    checkStatus(response.status);
  }

  /** Tasks that the queue or a datanode has. */
  async queuedTasks(signal?: AbortSignal): Promise<ReadonlySet<bigint>> {
    const response = await this.#client.listQueuedTasks({}, { signal });
    checkStatus(response.status);
    return new Set(response.taskIds);
  }

  /** Tasks of any size that could begin now. */
  async freeWorkers(): Promise<number> {
    const response = await this.#client.listQueuedTasks({});
    checkStatus(response.status);
    return response.freeWorkers;
  }

  /**
   * Makes the accepted attempts' segments visible, in place of those that it removes. Idempotent.
   * @throws {ImportError} `job_failed` when another change has removed one of them before
   */
  async commit(
    job: JobRecord,
    tasks: readonly TaskRecord[],
    removes: readonly SegmentId[],
    signal?: AbortSignal,
  ): Promise<{ segmentIds: SegmentId[]; rowCount: number }> {
    const accepted = tasks.map((task) => ({ taskId: task.taskId, attempt: BigInt(task.attempt) }));
    const order = { ...orderOf(job), changeId: job.jobId, accepted, removes: [...removes] };
    const response = await this.#client.commitChange(order, { signal });
    checkStatus(response.status);
    return { segmentIds: response.segmentIds.map(segmentId), rowCount: Number(response.rowCount) };
  }

  /**
   * Makes the rows of a completed job invisible, all at once. Idempotent.
   * @throws {ImportError} `job_failed` when its segments are not as it made them
   */
  async takeOut(job: JobRecord, signal?: AbortSignal): Promise<void> {
    // The job's own change has its id; nobody else's is negative.
    const order = { ...orderOf(job), changeId: -job.jobId, removes: [...job.segmentIds] };
    checkStatus((await this.#client.commitChange(order, { signal })).status);
  }

  /** Takes the tasks of a failed job off the queue. */
  async cancel(tasks: readonly TaskRecord[], signal?: AbortSignal): Promise<void> {
    const order = { taskIds: tasks.map((task) => task.taskId) };
    checkStatus(await this.#client.cancelTasks(order, { signal }));
  }

  /**
   * Segments of some partitions that are visible at a timestamp, in the order in which they became so.
   * @throws {ImportError} `job_failed` when that snapshot is not kept any more
   */
  async visibleSegments(
    collectionId: bigint,
    partitionIds: readonly bigint[],
    timestamp: bigint,
  ): Promise<VisibleSegment[]> {
    const request = { collectionId, partitionIds: [...partitionIds], timestamp, segmentIds: [] };
    const response = await this.#client.getVisibleSegments(request);
    if (response.status && response.status.code === statusCodes.invalidParameter)
      throw new ImportError("job_failed", response.status.reason);
    checkStatus(response.status);
    return response.segments.map((info) => ({ ...segmentOfMessage(info), commitTs: info.commitTimestamp }));
  }

  /** Small segments that are worth merging. */
  async planCompactions(
    order: dataCoord.PlanCompactionsRequest,
    signal?: AbortSignal,
  ): Promise<dataCoord.PlanCompactionsResponse> {
    const response = await this.#client.planCompactions(order, { signal });
    checkStatus(response.status);
    return response;
  }

  /** Visible rows of a collection, whole and by partition. */
  async rowCounts(collectionId: bigint): Promise<{ rows: bigint; partitions: ReadonlyMap<bigint, bigint> }> {
    const response = await this.#client.getRowCounts({ collectionId });
    checkStatus(response.status);
    return {
      rows: response.rowCount,
      partitions: new Map(response.partitions.map((entry) => [entry.partitionId, entry.rowCount])),
    };
  }
}

/** Delivery needs no more: who takes the task asks for its order. */
function deliveryOf({ jobId, taskId, sizeBytes, kind }: TaskRecord): importing.ImportTask {
  const background = kind === "compaction";
  return importing.ImportTask.fromPartial({ jobId, taskId, sizeBytes: BigInt(sizeBytes), background });
}

function orderOf({ jobId, collectionId, partitionIds }: JobRecord): dataCoord.CommitChangeRequest {
  const nothing = { changeId: jobId, accepted: [], removes: [], extends: [] };
  return { ...nothing, jobId, collectionId, partitionIds: [...partitionIds] };
}
