import type { ChangeRecord, SegmentExtension, SegmentRecord, StagedWrite } from "@sluice/catalog";
import { ImportError, StatusError, statusCodes } from "@sluice/errors";
import type { ObjectWrites } from "@sluice/object-store";
import { type CollectionId, type JobId, jobId, type SegmentId, type StoredSegment, segmentId } from "@sluice/schema";
import { type ChangeBook, ChangeTooLarge, type Snapshot, VisibleMoved } from "../change-book.ts";
import type { SegmentBook } from "../segment-book.ts";
import { newestRows } from "./newest-rows.ts";
import type { DeleteCall, RowCall } from "./row-call.ts";
import type { FoundRows, RowDeletes } from "./row-deletes.ts";
import { newAhead, RowSegmentIds } from "./row-segment-ids.ts";
import { writeRowSegments } from "./row-segments.ts";
import { type Ahead, momentOfNow, SegmentsAhead, targetOf } from "./segments-ahead.ts";

export interface RowCommitsDeps {
  readonly book: SegmentBook;
  readonly changes: ChangeBook;
  readonly objects: ObjectWrites;
  readonly deletes: RowDeletes;
  readonly allocateIds: (count: number) => Promise<bigint>;
  readonly allocateTs: () => Promise<bigint>;
  readonly now: () => number;
  /** So long segments that are recorded ahead may be used (W10). */
  readonly aheadMs: number;
}

/** Rows that an update was made of are not what they were: read them again. */
export class ReadRowsMoved extends ImportError {
  constructor() {
    super("internal", "the rows that are changed have changed meanwhile");
  }
}

/** Of segments whose records go with their change into one transaction, which etcd bounds. */
const MAX_SEALED_WITH_CHANGE = 16;
/** Of segments that are recorded for the next call, in the same transaction. */
const MAX_AHEAD = 8;

/** What a change does. */
interface Decided {
  readonly adds: readonly StoredSegment[];
  readonly removes?: readonly SegmentId[];
  readonly extends?: readonly SegmentExtension[];
  readonly deleteCount?: number;
}

/** Makes the rows of calls visible, or deleted, by one change each time. Its id is also that of the job that its segments belong to. */
export class RowCommits {
  readonly #deps: RowCommitsDeps;
  /** With what was recorded for it before. */
  readonly #open = new Map<JobId, Ahead | undefined>();
  readonly #ahead: SegmentsAhead;

  constructor(deps: RowCommitsDeps) {
    this.#deps = deps;
    this.#ahead = new SegmentsAhead(deps.aheadMs);
  }

  /** Whether segments of this id are being written, or will be: nobody sees them yet, and they are no garbage. */
  isOpen(id: JobId): boolean {
    return this.#open.has(id) || this.#ahead.isOpen(id);
  }

  /**
   * Rows of calls with one target.
   * @throws {ImportError} when storage fails: what was written is garbage
   */
  insert(calls: readonly RowCall[], signal: AbortSignal): Promise<ChangeRecord> {
    return this.#owned(calls, async (id) => {
      const timestamp = await this.#deps.allocateTs();
      return this.#commit(id, calls, { adds: await this.#write(id, calls, timestamp, signal) });
    });
  }

  /**
   * The same, in the place of the rows that have their keys: deletes and rows have one timestamp, up to which rows are deleted. What
   * another change does meanwhile is met by beginning anew.
   */
  upsert(calls: readonly RowCall[], signal: AbortSignal): Promise<ChangeRecord> {
    const { keys, calls: newest } = newestRows(calls);
    const [{ collectionId, schema }] = calls;
    return this.#untilSettled(
      async (id, snapshot) => {
        const found = await this.#deps.deletes.findKeys(snapshot, calls[0], keys, signal);
        checkRead(calls[0], found.rows, snapshot);
        const deleted = await this.#deps.deletes.write(found.rows, schema, snapshot.timestamp);
        const adds = await this.#write(id, newest, snapshot.timestamp, signal);
        return { adds, extends: deleted };
      },
      calls,
      collectionId,
    );
  }

  /**
   * The keys that an expression selects, with all rows that have them: a delete says keys, and which rows lie in one segment must make no
   * difference.
   * @throws {StatusError} 1100 for a bad one
   */
  delete(call: DeleteCall, signal: AbortSignal): Promise<ChangeRecord> {
    const { request, partitionIds, schema } = call;
    const { deletes } = this.#deps;
    return this.#untilSettled(
      async (_id, snapshot) => {
        const selected = await deletes.find(snapshot, request, partitionIds, signal);
        const keys = [...new Set(selected.rows.flatMap((rows) => rows.keys))];
        const isAll = selected.namedKeys > 0 || keys.length === 0;
        const { rows } = isAll ? selected : await deletes.findKeys(snapshot, call, keys, signal);
        const deleted = await deletes.write(rows, schema, snapshot.timestamp);
        return { adds: [], extends: deleted, deleteCount: selected.namedKeys || keys.length };
      },
      [call],
      call.collectionId,
    );
  }

  /** All rows at once: what is visible goes, also what other jobs have read or are merging, which then find it gone. */
  truncate(call: DeleteCall): Promise<ChangeRecord> {
    const decide = async (_id: JobId, { visible }: Snapshot) => ({ adds: [], removes: [...visible.keys()] });
    return this.#untilSettled(decide, [call], call.collectionId);
  }

  /** Decides on a change by what is visible, as often as something else has changed that meanwhile. */
  async #untilSettled(
    decide: (id: JobId, snapshot: Snapshot) => Promise<Decided>,
    calls: readonly AnyCall[],
    collectionId: CollectionId,
  ): Promise<ChangeRecord> {
    for (;;) {
      const snapshot = await this.#deps.changes.snapshot(collectionId);
      // A change was made while its timestamp was waited for: it is not in the snapshot.
      if (snapshot.lastTs > snapshot.timestamp) continue;
      const steady = { ...snapshot, visible: new Map(snapshot.visible) };
      try {
        return await this.#owned(calls, async (id) => this.#commit(id, calls, await decide(id, steady), steady));
      } catch (error) {
        if (!(error instanceof VisibleMoved)) throw error;
      }
    }
  }

  /** What is written for a change is no garbage until it is made, or given up. */
  async #owned<T>([call]: readonly AnyCall[], run: (id: JobId) => Promise<T>): Promise<T> {
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
  async #commit(
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
  async #write(id: JobId, calls: readonly RowCall[], timestamp: bigint, signal: AbortSignal): Promise<StoredSegment[]> {
    const { objects, now } = this.#deps;
    const ids = new RowSegmentIds(this.#deps, id, calls[0].collectionId, this.#open.get(id));
    const mayAppear = () => ids.mayAppear();
    return await writeRowSegments(calls, { objects, ids, mayAppear, timestamp, nowMs: now(), signal });
  }
}

type AnyCall = RowCall | DeleteCall;

function sealed(record: SegmentRecord, segment: StoredSegment): SegmentRecord {
  const { rowCount, sizeBytes, memoryBytes, timestamp, insertLogs, statsLogs, bm25Logs } = segment;
  const logs = { insertLogs, statsLogs, ...(bm25Logs && { bm25Logs }) };
  return { ...record, state: "sealed", rowCount, sizeBytes, memoryBytes, timestamp, ...logs };
}

/**
 * Rows are as they were read when all that are there now were there then, and none is gone. A merge makes rows new to this look:
 * then they are read once more for nothing.
 * @throws {ReadRowsMoved}
 */
function checkRead({ read }: RowCall, found: readonly FoundRows[], { visible }: Snapshot): void {
  if (!read) return;
  const isOld = ({ segment }: FoundRows) =>
    (visible.get(segmentId(segment.segmentId))?.commitTs ?? read.timestamp + 1n) <= read.timestamp;
  const there = new Set(found.flatMap(({ keys }) => keys));
  if (!found.every(isOld) || !read.keys.every((key) => there.has(key))) throw new ReadRowsMoved();
}
