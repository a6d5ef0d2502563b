import {
  COLLECTIONS,
  type CollectionRecord,
  JOBS,
  RecordReader,
  type SegmentRecord,
  type StoredJob,
  TASKS,
} from "@sluice/catalog";
import { isEnded, sourceOf } from "@sluice/jobs";
import type { MetaStore } from "@sluice/metastore";
import { type CollectionId, type JobId, physicalMs, type TaskId } from "@sluice/schema";
import type { ChangeBook } from "../change-book.ts";
import type { SegmentBook } from "../segment-book.ts";

/** What the rules ask; `now` is in Unix milliseconds. */
export interface GarbageRulesDeps {
  readonly store: MetaStore;
  readonly book: SegmentBook;
  readonly changes: ChangeBook;
  readonly now: () => number;
  /** Whether rows of clients are being written as the segments of this job. */
  readonly isOpen: (id: JobId) => boolean;
  /** How long a segment that a change removed is kept for readers that began before it. */
  readonly readerGraceMs: number;
}

/**
 * Which segments are garbage, by records alone:
 * G1. a segment that no change added, whose job ended or is gone, or whose attempt is not its task's current one;
 * G2. a segment of a collection or partition that was dropped;
 * G3. A segment is judged only by records that were read after it was seen: by older ones, a segment of a new attempt, of a
 *     new partition or of a new collection would look like garbage.
 * G4. a segment that a change removed, once the readers have ended that began before it.
 * G8. segments of rows that clients send belong to no job: while they are written the writer knows them, in this process and in
 *     no other, since one datacoord leads; afterwards a change has added them, or nobody will. It knows those
 *     that are recorded for the next call (W10) as long as they may be used.
 * G7. what a change removed that an open export, copy or merge still reads, as of its timestamp, is no garbage, however long it takes.
 */
export class GarbageRules {
  readonly #deps: GarbageRulesDeps;
  /** Attempts of tasks that are persisted, of open jobs: they change no more, and a job may have thousands. */
  readonly #persisted = new Map<JobId, Map<TaskId, number>>();
  /** G7, of this pass; read when a segment is about to go by G4. */
  #reads: Promise<ReadonlyMap<CollectionId, bigint>> | undefined;
  readonly #jobs;
  readonly #tasks;
  readonly #collections;

  constructor(deps: GarbageRulesDeps) {
    this.#deps = deps;
    this.#jobs = new RecordReader(deps.store, JOBS);
    this.#tasks = new RecordReader(deps.store, TASKS);
    this.#collections = new RecordReader(deps.store, COLLECTIONS);
  }

  /** What was read for the pass before is read again when it is needed. */
  beginPass(): void {
    this.#reads = undefined;
  }

  /** G3. `collections` is as old as the pass: it makes a segment suspect, and what is read afterwards decides. */
  async garbageOf(jobId: JobId, collections: ReadonlyMap<CollectionId, CollectionRecord>): Promise<SegmentRecord[]> {
    const { book, isOpen } = this.#deps;
    // G8. Asked before the changes are looked up: what ends in between is visible by then.
    if (isOpen(jobId)) return [];
    const suspects = book.ofJob(jobId).filter((record) => this.#isSuspect(record, collections));
    if (suspects.length === 0) {
      this.#persisted.delete(jobId); // All visible, or not begun.
      return [];
    }
    const collection = (await this.#collections.get(suspects[0].collectionId))?.record;
    // The job's state is read before the changes are looked up: were it the other way round, a job that completes in
    // between would look like one that ended without a change.
    const attempts = await this.#currentAttempts(jobId, suspects);
    const isRead = await this.#isRead(suspects);
    const isGarbage = (record: SegmentRecord) =>
      record.state === "dropped" ||
      isDropped(record, collection) ||
      (this.#isUnseen(record, attempts) && !isRead(record));
    return suspects.flatMap(({ segmentId }) => book.get(segmentId) ?? []).filter(isGarbage);
  }

  #isSuspect(record: SegmentRecord, collections: ReadonlyMap<CollectionId, CollectionRecord>): boolean {
    if (record.state === "dropped" || isDropped(record, collections.get(record.collectionId))) return true;
    return !(this.#isVisible(record) || this.#isKept(record));
  }

  #isVisible({ collectionId, segmentId }: SegmentRecord): boolean {
    return this.#deps.changes.visible(collectionId).has(segmentId);
  }

  /** G4. It stays for readers that began before the change that removed it: thousands may, and nothing has to be read. */
  #isKept({ collectionId, segmentId }: SegmentRecord): boolean {
    const { changes, now, readerGraceMs } = this.#deps;
    const removedTs = changes.removedTs(collectionId, segmentId);
    return removedTs !== undefined && now() - physicalMs(removedTs) < readerGraceMs;
  }

  /** G7. Who records one later reads as of later, by when these were removed longer ago than the grace. */
  async #isRead(suspects: readonly SegmentRecord[]): Promise<(record: SegmentRecord) => boolean> {
    const { changes } = this.#deps;
    const removedTs = ({ collectionId, segmentId }: SegmentRecord) => changes.removedTs(collectionId, segmentId);
    if (suspects.every((record) => removedTs(record) === undefined)) return () => false;
    this.#reads ??= this.#openReads();
    const reads = await this.#reads;
    return (record) => {
      const [readTs, endTs] = [reads.get(record.collectionId), removedTs(record)];
      return readTs !== undefined && endTs !== undefined && endTs > readTs;
    };
  }

  /** G7. The earliest timestamp as of which an open job reads a collection; read anew. */
  async oldestReadTs(id: CollectionId): Promise<bigint | undefined> {
    return (await this.#openReads()).get(id);
  }

  /** The earliest timestamp of the open exports, copies and merges of each collection. */
  async #openReads(): Promise<Map<CollectionId, bigint>> {
    const reads = new Map<CollectionId, bigint>();
    for await (const { record } of this.#jobs.scan()) {
      const { state, timestamp } = record;
      const collectionId = isEnded(state) ? undefined : readCollection(record);
      if (collectionId === undefined) continue;
      if (timestamp < (reads.get(collectionId) ?? timestamp + 1n)) reads.set(collectionId, timestamp);
    }
    return reads;
  }

  /** G1, G4. No reader sees it, and none will. */
  #isUnseen(record: SegmentRecord, attempts: ReadonlyMap<TaskId, number> | undefined): boolean {
    if (this.#isVisible(record)) return false;
    const { collectionId, segmentId } = record;
    if (this.#deps.changes.removedTs(collectionId, segmentId) !== undefined) return !this.#isKept(record);
    return attempts?.get(record.taskId) !== record.attempt;
  }

  /** The attempt that counts of each task (G1); undefined when the job has ended without them or is gone. */
  async #currentAttempts(jobId: JobId, segments: readonly SegmentRecord[]): Promise<Map<TaskId, number> | undefined> {
    const job = (await this.#jobs.get(jobId))?.record;
    if (!job || isEnded(job.state)) {
      this.#persisted.delete(jobId);
      return undefined;
    }
    const persisted = this.#persisted.get(jobId) ?? new Map<TaskId, number>();
    this.#persisted.set(jobId, persisted);
    const attempts = new Map(persisted);
    const ids = new Set(segments.map((record) => record.taskId));
    // Together: they are one read.
    const read = [...ids].filter((id) => !persisted.has(id)).map((id) => this.#tasks.get([jobId, id]));
    for (const task of await Promise.all(read)) {
      if (!task || task.record.state === "failed") continue;
      const { taskId, attempt, state } = task.record;
      attempts.set(taskId, attempt);
      if (state === "persisted") persisted.set(taskId, attempt);
    }
    return attempts;
  }
}

/** G2. An unknown collection is a dropped one whose tombstone is gone. */
function isDropped(record: SegmentRecord, collection: CollectionRecord | undefined): boolean {
  if (!collection || collection.state === "dropped") return true;
  return !collection.partitions.some((partition) => partition.partitionId === record.partitionId);
}

/** The collection that a job reads as of its timestamp. */
function readCollection(job: StoredJob): CollectionId | undefined {
  return job.kind === "export" ? job.collectionId : sourceOf(job)?.sourceCollectionId;
}
