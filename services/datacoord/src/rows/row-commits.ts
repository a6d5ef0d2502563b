import type { SegmentRecord } from "@sluice/catalog";
import type { ObjectWrites } from "@sluice/object-store";
import { type CollectionId, type JobId, jobId, type StoredSegment, segmentId, taskId } from "@sluice/schema";
import type { SegmentIds } from "@sluice/segment";
import type { ChangeBook } from "../change-book.ts";
import type { SegmentBook } from "../segment-book.ts";
import { newSegment } from "../segment-registry.ts";
import type { RowCall } from "./row-call.ts";
import { writeRowSegments } from "./row-segments.ts";

export interface RowCommitsDeps {
  readonly book: SegmentBook;
  readonly changes: ChangeBook;
  readonly objects: ObjectWrites;
  readonly allocateIds: (count: number) => Promise<bigint>;
  readonly allocateTs: () => Promise<bigint>;
  readonly now: () => number;
}

/** Makes the rows of calls visible, by one change each time. Its id is also that of the job that its segments belong to. */
export class RowCommits {
  readonly #deps: RowCommitsDeps;
  readonly #open = new Set<JobId>();

  constructor(deps: RowCommitsDeps) {
    this.#deps = deps;
  }

  /** Whether segments of this id are being written: nobody sees them yet, and they are no garbage. */
  isOpen(id: JobId): boolean {
    return this.#open.has(id);
  }

  /**
   * The rows of calls with one target. Answers from which timestamp on they count.
   * @throws {ImportError} when storage fails: what was written is garbage
   */
  async insert(calls: readonly RowCall[], signal: AbortSignal): Promise<bigint> {
    const id = jobId(await this.#deps.allocateIds(1));
    this.#open.add(id);
    try {
      const segments = await this.#write(id, calls, signal);
      const { record } = await this.#deps.changes.commit({
        ...{ collectionId: calls[0].collectionId, changeId: id, removes: [], extends: [] },
        adds: segments.map((segment) => segmentId(segment.segmentId)),
        rowCount: segments.reduce((sum, { rowCount }) => sum + rowCount, 0),
        callIds: calls.map(({ callId }) => callId),
      });
      return record.commitTs;
    } finally {
      this.#open.delete(id);
    }
  }

  /** Sealed segments, recorded. */
  async #write(id: JobId, calls: readonly RowCall[], signal: AbortSignal): Promise<StoredSegment[]> {
    const { objects, allocateTs, book, now } = this.#deps;
    const timestamp = await allocateTs();
    const ids = this.#idsOf(id, calls[0].collectionId);
    const segments = await writeRowSegments(calls, { objects, ids, timestamp, nowMs: now(), signal });
    await book.replace(
      segments.flatMap((segment) => {
        const record = book.get(segmentId(segment.segmentId));
        return record ? [sealed(record, segment)] : [];
      }),
    );
    return segments;
  }

  /** Recorded before anything is written (S1). */
  #idsOf(id: JobId, collectionId: CollectionId): SegmentIds {
    const { allocateIds, book } = this.#deps;
    const owner = { collectionId, jobId: id, taskId: taskId(id), attempt: 1n };
    return {
      logIds: allocateIds,
      segments: async (buckets) => {
        const first = await allocateIds(buckets.length);
        const records = buckets.map((bucket, i) => newSegment(owner, bucket, segmentId(first + BigInt(i))));
        await book.add(records);
        return records.map((record) => record.segmentId);
      },
    };
  }
}

function sealed(record: SegmentRecord, segment: StoredSegment): SegmentRecord {
  const { rowCount, sizeBytes, memoryBytes, timestamp, insertLogs, statsLogs, bm25Logs } = segment;
  const logs = { insertLogs, statsLogs, ...(bm25Logs && { bm25Logs }) };
  return { ...record, state: "sealed", rowCount, sizeBytes, memoryBytes, timestamp, ...logs };
}
