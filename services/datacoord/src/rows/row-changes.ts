import type { ChangeRecord, SegmentExtension, SegmentRecord, StagedWrite } from "@sluice/catalog";
import { StatusError, statusCodes } from "@sluice/errors";
import type { ObjectWrites } from "@sluice/object-store";
import { type JobId, jobId, type SegmentId, type StoredSegment, segmentId } from "@sluice/schema";
import { ChangeTooLarge, type Snapshot } from "../change.ts";
import type { ChangeBook } from "../change-book.ts";
import type { SegmentBook } from "../segment-book.ts";
import type { DeleteCall, RowCall } from "./row-call.ts";
import { newAhead, RowSegmentIds } from "./row-segment-ids.ts";
import { writeRowSegments } from "./row-segments.ts";
import { type Ahead, momentOfNow, SegmentsAhead, targetOf } from "./segments-ahead.ts";

/** What changes by rows of clients need; `now` is in Unix milliseconds. */
export interface RowChangesDeps {
  readonly book: SegmentBook;
  readonly changes: ChangeBook;
  readonly objects: ObjectWrites;
  readonly allocateIds: (count: number) => Promise<bigint>;
  readonly allocateTs: () => Promise<bigint>;
  readonly now: () => number;
  /** So long segments that are recorded ahead may be used (W10). */
  readonly aheadMs: number;
}

/** Of segments whose records go with their change into one transaction, which etcd bounds. */
const MAX_SEALED_WITH_CHANGE = 16;
/** Of segments that are recorded for the next call, in the same transaction. */
const MAX_AHEAD = 8;

/** What a change does. */
export interface Decided {
  readonly adds: readonly StoredSegment[];
  readonly removes?: readonly SegmentId[];
  readonly extends?: readonly SegmentExtension[];
  readonly deleteCount?: number;
}

/** Calls that change rows, in either form. */
export type AnyCall = RowCall | DeleteCall;

/** Writes segments and their change: its id is that of the job that they belong to. What it writes is no garbage meanwhile. */
export class RowChanges {
  readonly #deps: RowChangesDeps;
  /** With what was recorded for it before. */
  readonly #open = new Map<JobId, Ahead | undefined>();
  readonly #ahead: SegmentsAhead;

  constructor(deps: RowChangesDeps) {
    this.#deps = deps;
    this.#ahead = new SegmentsAhead(deps.aheadMs);
  }

  /** Whether segments of this id are being written, or will be: nobody sees them yet, and they are no garbage. */
  isOpen(id: JobId): boolean {
    return this.#open.has(id) || this.#ahead.isOpen(id);
  }

  /** What is written for a change is no garbage until it is made, or given up. */
  async owned<T>([call]: readonly AnyCall[], run: (id: JobId) => Promise<T>): Promise<T> {
    const ahead = call.kind === "delete" ? undefined : this.#ahead.take(targetOf(call));
    const id = ahead?.id ?? jobId(await this.#deps.allocateIds(1));
    this.#open.set(id, ahead);
    try {
      return await run(id);
    } finally {
      this.#open.delete(id);
    }
  }

  /** @throws {StatusError} 1100 when it is about more segments than one record holds; as `ChangeBook.commit` */
  async commit(
    id: JobId,
    calls: readonly AnyCall[],
    { adds, removes = [], extends: extensions = [], deleteCount }: Decided,
    snapshot?: Snapshot,
  ): Promise<ChangeRecord> {
    const change = {
      ...{ collectionId: calls[0].collectionId, changeId: id, removes, extends: extensions },
      adds: adds.map((segment) => segmentId(segment.segmentId)),
      rowCount: adds.reduce((sum, { rowCount }) => sum + rowCount, 0),
      callIds: calls.map(({ callId }) => callId),
      ...(deleteCount !== undefined && { deleteCount }),
    };
    // A delete that found nothing changes nothing.
    if (snapshot && adds.length + removes.length + extensions.length === 0)
      return { ...change, commitTs: snapshot.timestamp };
    return this.#withAhead(calls[0], adds, async (records) => {
      const also = [...(await this.#sealed(adds)), ...this.#deps.book.stage(records)];
      const made = await this.#deps.changes.commit(change, { lastTs: snapshot?.lastTs, also });
      return made.record;
    }).catch((error: unknown) => {
      // Of a job it is the reason why that has failed; here a client is told.
      if (!(error instanceof ChangeTooLarge)) throw error;
      throw new StatusError(statusCodes.invalidParameter, `${error.reason}: invalid parameter`, { cause: error });
    });
  }

  /** @param commit records segments for the next call, besides what it does; open already, since they may be met before it resolves */
  async #withAhead<T>(
    call: AnyCall,
    adds: readonly StoredSegment[],
    commit: (records: readonly SegmentRecord[]) => Promise<T>,
  ): Promise<T> {
    if (call.kind === "delete") return commit([]);
    const moment = momentOfNow();
    const ahead = await this.#nextOf(call, adds);
    if (ahead) this.#open.set(ahead.id, undefined);
    try {
      const made = await commit(ahead?.records ?? []);
      this.#ahead.made(targetOf(call), ahead, moment);
      return made;
    } finally {
      if (ahead) this.#open.delete(ahead.id);
    }
  }

  /** Segments like these, for the call that comes next, where calls follow each other. */
  async #nextOf(call: RowCall, adds: readonly StoredSegment[]): Promise<Ahead | undefined> {
    if (adds.length === 0 || adds.length > MAX_AHEAD) return undefined;
    if (!this.#ahead.isBusy(targetOf(call))) return undefined;
    return newAhead(this.#deps, call.collectionId, adds);
  }

  /** What is said of sealed segments, for the transaction of their change; of many it is recorded before. */
  async #sealed(segments: readonly StoredSegment[]): Promise<StagedWrite[]> {
    const { book } = this.#deps;
    const records = segments.flatMap((segment) => {
      const record = book.get(segmentId(segment.segmentId));
      return record ? [sealed(record, segment)] : [];
    });
    if (records.length <= MAX_SEALED_WITH_CHANGE) return book.stage(records);
    await book.replace(records);
    return [];
  }

  /** Sealed segments, which are recorded as being written. */
  async write(id: JobId, calls: readonly RowCall[], timestamp: bigint, signal: AbortSignal): Promise<StoredSegment[]> {
    const { objects, now } = this.#deps;
    const ids = new RowSegmentIds(this.#deps, id, calls[0].collectionId, this.#open.get(id));
    const mayAppear = () => ids.mayAppear();
    return await writeRowSegments(calls, { objects, ids, mayAppear, timestamp, nowMs: now(), signal });
  }
}
function sealed(record: SegmentRecord, segment: StoredSegment): SegmentRecord {
  const { rowCount, sizeBytes, memoryBytes, timestamp, insertLogs, statsLogs, bm25Logs } = segment;
  const logs = { insertLogs, statsLogs, ...(bm25Logs && { bm25Logs }) };
  return { ...record, state: "sealed", rowCount, sizeBytes, memoryBytes, timestamp, ...logs };
}
