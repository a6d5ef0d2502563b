import { RecordReader, type SegmentRecord, TASKS } from "@sluice/catalog";
import { ImportError } from "@sluice/errors";
import type { MetaStore } from "@sluice/metastore";
import { type dataCoord, type importing, segmentOfMessage } from "@sluice/rpc";
import { collectionId, jobId, partitionId, type SegmentId, segmentId, taskId } from "@sluice/schema";
import type { SegmentBook } from "./segment-book.ts";

/** Hands out segment and log ids to attempts, and takes what they sealed. */
export class SegmentRegistry {
  readonly #tasks;
  readonly #book: SegmentBook;
  readonly #allocateIds: (count: number) => Promise<bigint>;
  constructor(store: MetaStore, book: SegmentBook, allocateIds: (count: number) => Promise<bigint>) {
    this.#tasks = new RecordReader(store, TASKS);
    this.#book = book;
    this.#allocateIds = allocateIds;
  }

  /**
   * One new segment for each bucket, recorded before it is answered, and a range of log ids.
   * @throws {ImportError} `attempt_superseded` when the attempt is not the task's current one
   */
  async assign(request: dataCoord.AssignSegmentsRequest): Promise<{ segmentIds: bigint[]; firstLogId: bigint }> {
    const wanted = request.buckets.length + Number(request.logIds);
    const [first] = await Promise.all([this.#allocateIds(wanted), this.#checkAttempt(request)]);
    const records = request.buckets.map((bucket, i) => newSegment(request, bucket, segmentId(first + BigInt(i))));
    await this.#book.add(records);
    return { segmentIds: records.map((record) => record.segmentId), firstLogId: first + BigInt(records.length) };
  }

  /** Records an attempt's sealed segments. Saying it twice changes nothing. @throws as `assign` */
  async save(request: dataCoord.SaveSegmentsRequest): Promise<void> {
    await this.#checkAttempt(request);
    await this.#book.replace(request.segments.map((info) => this.#sealed(request, info)));
  }

  #sealed(request: dataCoord.SaveSegmentsRequest, info: importing.SegmentInfo): SegmentRecord {
    const record = this.#book.get(segmentId(info.segmentId));
    const isOwn =
      record?.taskId === request.taskId && BigInt(record.attempt) === request.attempt && record.state !== "dropped";
    if (!record || !isOwn)
      throw new ImportError(
        "attempt_superseded",
        `segment ${info.segmentId} does not belong to attempt ${request.attempt}`,
      );
    const { rowCount, sizeBytes, memoryBytes, timestamp, rowTimestamps, ...logs } = segmentOfMessage(info);
    const { insertLogs, statsLogs, bm25Logs, deltaLogs, deletedRows } = logs;
    const stored = {
      ...{ rowCount, sizeBytes, memoryBytes, timestamp, insertLogs, statsLogs },
      ...(bm25Logs && { bm25Logs }),
      // Of a copy: those of its source.
      ...(deltaLogs && { deltaLogs, deletedRows }),
    };
    return { ...record, state: "sealed", ...stored, ...(rowTimestamps && { rowTimestamps }) };
  }

  async #checkAttempt(request: { jobId: bigint; taskId: bigint; attempt: bigint }): Promise<void> {
    const task = (await this.#tasks.get([jobId(request.jobId), taskId(request.taskId)]))?.record;
    if (task?.state === "running" && BigInt(task.attempt) === request.attempt) return;
    throw new ImportError(
      "attempt_superseded",
      `attempt ${request.attempt} of task ${request.taskId} is no longer the current one`,
    );
  }
}

/** Whose a segment is. */
type SegmentOwner = Pick<dataCoord.AssignSegmentsRequest, "collectionId" | "jobId" | "taskId" | "attempt">;

/** The record of a segment before its first object. */
export function newSegment(request: SegmentOwner, bucket: dataCoord.SegmentBucket, id: SegmentId): SegmentRecord {
  return {
    segmentId: id,
    collectionId: collectionId(request.collectionId),
    partitionId: partitionId(bucket.partitionId),
    vchannel: bucket.vchannel,
    jobId: jobId(request.jobId),
    taskId: taskId(request.taskId),
    attempt: Number(request.attempt),
    state: "importing",
    rowCount: 0,
    sizeBytes: 0,
    memoryBytes: 0,
    timestamp: 0n,
    insertLogs: [],
    statsLogs: [],
    droppedMs: 0,
  };
}
