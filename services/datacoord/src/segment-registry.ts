import { RecordReader, type SegmentRecord, TASKS } from "@sluice/catalog";
import { ImportError } from "@sluice/errors";
import type { Guard, MetaStore } from "@sluice/metastore";
import { type dataCoord, type importing, segmentOfMessage } from "@sluice/rpc";
import {
  collectionId,
  type JobId,
  jobId,
  partitionId,
  type SegmentId,
  segmentId,
  type TaskId,
  taskId,
} from "@sluice/schema";
import type { SegmentBook } from "./segment-book.ts";

/** Whose segments a call is about. */
type AttemptRequest = Pick<dataCoord.SaveSegmentsRequest, "jobId" | "taskId" | "attempt" | "taskRevision">;

/**
 * Hands out segment and log ids to attempts, and takes what they sealed. S8: all that it writes of an attempt is guarded by the
 * task's record, in which the attempt is the current one: what is superseded meanwhile writes nothing.
 */
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
    const first = await this.#allocateIds(wanted);
    const records = request.buckets.map((bucket, i) => newSegment(request, bucket, segmentId(first + BigInt(i))));
    if (records.length > 0) await this.#whileCurrent(request, (guard) => this.#book.addWhile(records, [guard]));
    else await this.#currentTask(request);
    return { segmentIds: records.map((record) => record.segmentId), firstLogId: first + BigInt(records.length) };
  }

  /** Records an attempt's sealed segments. Saying it twice changes nothing. @throws as `assign` */
  async save(request: dataCoord.SaveSegmentsRequest): Promise<void> {
    const sealed = request.segments.map((info) => this.#sealed(request, info));
    if (sealed.length > 0) await this.#whileCurrent(request, (guard) => this.#book.replaceWhile(sealed, [guard]));
    else await this.#currentTask(request);
  }

  /** Writes while the attempt is the current one (S8): as it was told, or else as it is read. */
  async #whileCurrent(request: AttemptRequest, write: (guard: Guard) => Promise<boolean>): Promise<void> {
    const told = this.#tasks.guardAt(taskOf(request), request.taskRevision);
    if (told.revision > 0n && (await write(told))) return;
    const current = await this.#currentTask(request);
    if (current.revision === told.revision || !(await write(current)))
      throw new ImportError("internal", "segment records had moved; they were read again");
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

  /** @throws {ImportError} `attempt_superseded` when the attempt is not the task's current one */
  async #currentTask(request: AttemptRequest): Promise<Guard> {
    const entry = await this.#tasks.get(taskOf(request));
    if (entry?.record.state === "running" && BigInt(entry.record.attempt) === request.attempt)
      return { key: entry.key, revision: entry.revision };
    throw new ImportError(
      "attempt_superseded",
      `attempt ${request.attempt} of task ${request.taskId} is no longer the current one`,
    );
  }
}

function taskOf(request: AttemptRequest): readonly [JobId, TaskId] {
  return [jobId(request.jobId), taskId(request.taskId)];
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
