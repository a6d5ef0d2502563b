import type { CommitRecord } from "@sluice/catalog";
import { type dataCoord, okStatus } from "@sluice/rpc";
import { collectionId, jobId } from "@sluice/schema";
import type { Logger } from "@sluice/telemetry";
import type { DataCoordMetrics } from "./metrics.ts";
import type { SegmentBook } from "./segment-book.ts";
import { segmentInfo } from "./segment-registry.ts";

/** Makes jobs visible, and answers what is visible. */
export class CommitSegments {
  readonly #book: SegmentBook;
  readonly #allocateTs: () => Promise<bigint>;
  readonly #log: Logger;
  readonly #metrics: DataCoordMetrics | undefined;
  constructor(book: SegmentBook, allocateTs: () => Promise<bigint>, log: Logger, metrics?: DataCoordMetrics) {
    this.#book = book;
    this.#allocateTs = allocateTs;
    this.#log = log;
    this.#metrics = metrics;
  }

  /** One commit record for all segments of the accepted attempts. A second call answers the first one's record. */
  async commit(request: dataCoord.CommitSegmentsRequest): Promise<dataCoord.CommitSegmentsResponse> {
    const accepted = new Map(request.accepted.map(({ taskId, attempt }) => [taskId, attempt]));
    const segments = this.#book
      .ofJob(jobId(request.jobId))
      .filter((record) => record.state === "sealed" && accepted.get(record.taskId) === BigInt(record.attempt));
    const record: CommitRecord = {
      jobId: jobId(request.jobId),
      collectionId: collectionId(request.collectionId),
      // Taken after every segment is durable: a read at a smaller timestamp cannot have missed any of them.
      commitTs: await this.#allocateTs(),
      segmentIds: segments.map((segment) => segment.segmentId).sort((a, b) => (a < b ? -1 : 1)),
      rowCount: segments.reduce((sum, segment) => sum + segment.rowCount, 0),
    };
    const isNew = this.#book.commitOf(record.collectionId, record.jobId) === undefined;
    const { commitTs, segmentIds, rowCount } = await this.#book.commit(record);
    if (isNew) this.#metrics?.committed(rowCount);
    const about = { jobId: request.jobId.toString(), segments: segmentIds.length, rows: rowCount };
    this.#log.info("segments of a job are visible", about);
    return { status: okStatus(), commitTimestamp: commitTs, segmentIds: [...segmentIds], rowCount: BigInt(rowCount) };
  }

  /** The segments that a read started now must see. */
  async visible(request: dataCoord.GetVisibleSegmentsRequest): Promise<dataCoord.GetVisibleSegmentsResponse> {
    const wanted = new Set(request.partitionIds);
    const segments = this.#book
      .visible(collectionId(request.collectionId))
      .filter(({ record }) => wanted.size === 0 || wanted.has(record.partitionId))
      .map(({ record, commitTs }) => segmentInfo(record, commitTs));
    return { status: okStatus(), segments, timestamp: await this.#allocateTs() };
  }

  rowCounts(request: dataCoord.GetRowCountsRequest): dataCoord.GetRowCountsResponse {
    const partitions = new Map<bigint, dataCoord.PartitionRows>();
    let rowCount = 0n;
    for (const { record } of this.#book.visible(collectionId(request.collectionId))) {
      const entry = partitions.get(record.partitionId) ?? {
        partitionId: record.partitionId,
        rowCount: 0n,
        segments: 0n,
      };
      const rows = BigInt(record.rowCount);
      partitions.set(record.partitionId, { ...entry, rowCount: entry.rowCount + rows, segments: entry.segments + 1n });
      rowCount += rows;
    }
    return { status: okStatus(), rowCount, partitions: [...partitions.values()] };
  }
}
