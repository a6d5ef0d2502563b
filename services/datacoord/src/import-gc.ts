import { forEachConcurrent, sleep } from "@sluice/async";
import {
  COLLECTIONS,
  type CollectionRecord,
  JOBS,
  RecordReader,
  RecordTable,
  type SegmentRecord,
  type StoredJob,
  TASKS,
} from "@sluice/catalog";
import { isEnded, REJECTS_PREFIX, sourceOf } from "@sluice/jobs";
import type { MetaStore } from "@sluice/metastore";
import type { ObjectStore } from "@sluice/object-store";
import { type CollectionId, type JobId, jobId, physicalMs, type TaskId } from "@sluice/schema";
import type { Logger } from "@sluice/telemetry";
import type { ChangeBook } from "./change-book.ts";
import type { DataCoordMetrics } from "./metrics.ts";
import type { SegmentBook } from "./segment-book.ts";

export interface ImportGcDeps {
  readonly store: MetaStore;
  readonly objects: ObjectStore;
  readonly book: SegmentBook;
  readonly changes: ChangeBook;
  readonly now: () => number;
  readonly log: Logger;
  readonly metrics?: DataCoordMetrics;
  readonly intervalMs: number;
  /** How long after its first sweep a segment's keys are swept again: longer than any lease, so that no writer is left. */
  readonly graceMs: number;
  /** How long a segment that a change removed is kept for readers that began before it. */
  readonly readerGraceMs: number;
  /** Segment prefixes of a segment: insert logs, stats logs. */
  readonly prefixesOf: (record: SegmentRecord) => readonly string[];
}

/** Jobs that a line of the log names. */
const MAX_NAMED_JOBS = 10;
/** Jobs whose garbage is removed at once: thousands of small ones mostly wait for storage. */
const JOBS_AT_ONCE = 8;
/** Segments of one of them. */
const SEGMENTS_AT_ONCE = 4;

/**
 * Removes what failed, aborted, superseded or dropped work left behind. What is garbage follows from the records alone:
 * G1. a segment that no change added, whose job ended or is gone, or whose attempt is not its task's current one;
 * G2. a segment of a collection or partition that was dropped;
 * G4. a segment that a change removed, once the readers have ended that began before it.
 * G7. what a change removed that an open export, copy or merge still reads, as of its timestamp, is no garbage, however long it takes.
 * G3. A segment is judged only by records that were read after it was seen: by older ones, a segment of a new attempt, of a
 *     new partition or of a new collection would look like garbage.
 * G5. rejected rows of a job whose records are gone;
 * G6. a change whose segments are all gone, removed by others, once its job has ended and does not ask for it again.
 * Objects go first and the record last, after a second sweep, since a writer cut off from the cluster may finish a put
 * that it had begun.
 */
export class ImportGc implements AsyncDisposable {
  readonly #deps: ImportGcDeps;
  readonly #abort = new AbortController();
  /** Attempts of tasks that are persisted, of open jobs: they change no more, and a job may have thousands. */
  readonly #persisted = new Map<JobId, Map<TaskId, number>>();
  /** Segments that this pass has removed, by the job that made them. */
  readonly #removed = new Map<JobId, number>();
  /** G7, of this pass; read when a segment is about to go by G4. */
  #reads: Promise<ReadonlyMap<CollectionId, bigint>> | undefined;
  /** Collections that have lost segments since their changes were looked at. */
  readonly #shrunk = new Set<CollectionId>();
  readonly #jobs;
  readonly #tasks;
  readonly #collections;
  #running: Promise<void> = Promise.resolve();

  constructor(deps: ImportGcDeps) {
    this.#deps = deps;
    this.#jobs = new RecordReader(deps.store, JOBS);
    this.#tasks = new RecordReader(deps.store, TASKS);
    this.#collections = new RecordTable(deps.store, COLLECTIONS);
  }

  /** Collects now and every `intervalMs`, until it is disposed of. */
  start(): this {
    this.#running = this.#run();
    return this;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      await this.collect().catch((error) => this.#warn(error));
      await sleep(this.#deps.intervalMs, this.#abort.signal);
    }
  }

  get #isStopped(): boolean {
    return this.#abort.signal.aborted;
  }

  #warn(error: unknown, jobId?: JobId): void {
    const about = { err: error, ...(jobId !== undefined && { jobId: jobId.toString() }) };
    this.#deps.log.warn("garbage collection failed; it is tried again", about);
  }

  /** One pass; one at a time. A job whose objects cannot be removed does not hold up the others. */
  async collect(): Promise<void> {
    const collections = await this.#readCollections();
    this.#reads = undefined;
    await forEachConcurrent(this.#deps.book.jobs(), JOBS_AT_ONCE, async (jobId) => {
      if (!this.#isStopped) await this.#collectJob(jobId, collections).catch((error) => this.#warn(error, jobId));
    });
    this.#noteRemoved();
    if (this.#isStopped) return;
    await this.#forgetSpent();
    for (const [id, collection] of collections) if (collection.state === "dropped") await this.#forgetCollection(id);
    await this.#collectRejects();
  }

  /** One line a pass: where ten thousand small jobs were merged, each has lost a segment. */
  #noteRemoved(): void {
    if (this.#removed.size === 0) return;
    const segments = [...this.#removed.values()].reduce((sum, count) => sum + count, 0);
    const jobIds = [...this.#removed.keys()].slice(0, MAX_NAMED_JOBS).map(String);
    const about = { segments, jobs: this.#removed.size, jobIds };
    this.#deps.log.info("removed segments that nobody sees any more, or ever will", about);
    this.#removed.clear();
  }

  /** G6. */
  async #forgetSpent(): Promise<void> {
    const { book, changes } = this.#deps;
    for (const collectionId of this.#shrunk) {
      const spent = [];
      for (const change of changes.spent(collectionId, (id) => !book.get(id))) {
        if (this.#isStopped) return;
        const job = (await this.#jobs.get(jobId(change.changeId)))?.record;
        if (!job || isEnded(job.state)) spent.push(change);
      }
      await changes.forget(collectionId, spent);
      this.#shrunk.delete(collectionId);
    }
  }

  /** G5. A job's record is there before its first object, and no id is given twice. */
  async #collectRejects(): Promise<void> {
    const gone = new Map<string, boolean>();
    const garbage: string[] = [];
    for await (const { key } of this.#deps.objects.list(REJECTS_PREFIX)) {
      if (this.#isStopped) return;
      const [, id = ""] = key.split("/");
      if (!gone.has(id)) gone.set(id, /^\d+$/.test(id) && !(await this.#jobs.get(jobId(BigInt(id)))));
      if (gone.get(id)) garbage.push(key);
    }
    if (garbage.length > 0) await this.#deps.objects.delete(garbage);
  }

  async #readCollections(): Promise<Map<CollectionId, CollectionRecord>> {
    const collections = new Map<CollectionId, CollectionRecord>();
    for await (const { record } of this.#collections.scan()) collections.set(record.collectionId, record);
    return collections;
  }

  /** G3. `collections` is as old as the pass: it makes a segment suspect, and what is read afterwards decides. */
  async #collectJob(jobId: JobId, collections: ReadonlyMap<CollectionId, CollectionRecord>): Promise<void> {
    const { book } = this.#deps;
    const isSuspect = (record: SegmentRecord) =>
      record.state === "dropped" ||
      isDropped(record, collections.get(record.collectionId)) ||
      !(this.#isVisible(record) || this.#isKept(record));
    const suspects = book.ofJob(jobId).filter(isSuspect);
    if (suspects.length === 0) return void this.#persisted.delete(jobId); // All visible, or not begun.
    const collection = (await this.#collections.get(suspects[0].collectionId))?.record;
    // The job's state is read before the changes are looked up: were it the other way round, a job that completes in
    // between would look like one that ended without a change.
    const attempts = await this.#currentAttempts(jobId, suspects);
    const isRead = await this.#isRead(suspects);
    const isGarbage = (record: SegmentRecord) =>
      record.state === "dropped" ||
      isDropped(record, collection) ||
      (this.#isUnseen(record, attempts) && !isRead(record));
    await this.#sweep(suspects.flatMap(({ segmentId }) => book.get(segmentId) ?? []).filter(isGarbage));
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
    for (const id of new Set(segments.map((record) => record.taskId))) {
      const task = persisted.has(id) ? undefined : (await this.#tasks.get([jobId, id]))?.record;
      if (task && task.state !== "failed") attempts.set(id, task.attempt);
      if (task?.state === "persisted") persisted.set(id, task.attempt);
    }
    return attempts;
  }

  async #sweep(garbage: readonly SegmentRecord[]): Promise<void> {
    const { book, now, graceMs } = this.#deps;
    const fresh = garbage.filter((record) => record.state !== "dropped");
    if (fresh.length > 0) {
      await book.replace(fresh.map((record) => ({ ...record, state: "dropped" as const, droppedMs: now() })));
      if (!(await this.#deleteAll(fresh))) return;
      this.#deps.metrics?.removed(fresh.length);
      this.#removed.set(fresh[0].jobId, fresh.length);
    }
    const due = garbage.filter((record) => record.state === "dropped" && now() - record.droppedMs >= graceMs);
    if (due.length === 0 || !(await this.#deleteAll(due))) return;
    await this.#abortWrites(due);
    if (this.#isStopped) return;
    await book.remove(due);
    for (const { collectionId } of due) this.#shrunk.add(collectionId);
  }

  /** Killed writers leave unfinished objects. Where listing these is not allowed, a rule of the bucket must remove them. */
  async #abortWrites(records: readonly SegmentRecord[]): Promise<void> {
    const prefixes = records.flatMap((record) => this.#deps.prefixesOf(record));
    try {
      await forEachConcurrent(prefixes, SEGMENTS_AT_ONCE, async (prefix) => {
        if (!this.#isStopped) await this.#deps.objects.abortWrites?.(prefix);
      });
    } catch (error) {
      this.#deps.log.warn("unfinished writes were not removed", { err: error, prefix: prefixes[0] });
    }
  }

  /** False when GC was stopped before all objects were deleted. */
  async #deleteAll(records: readonly SegmentRecord[]): Promise<boolean> {
    await forEachConcurrent(records, SEGMENTS_AT_ONCE, async (record) => {
      if (!this.#isStopped) await this.#deleteObjects(record);
    });
    return !this.#isStopped;
  }

  async #deleteObjects(record: SegmentRecord): Promise<void> {
    for (const prefix of this.#deps.prefixesOf(record)) {
      const keys: string[] = [];
      for await (const object of this.#deps.objects.list(prefix)) keys.push(object.key);
      if (keys.length > 0) await this.#deps.objects.delete(keys);
    }
  }

  /** A dropped collection's tombstone goes when nothing of it is left. */
  async #forgetCollection(id: CollectionId): Promise<void> {
    const { book, changes, store } = this.#deps;
    if (book.hasSegmentsOf(id) || (await this.#hasOpenJobs(id))) return;
    await changes.remove(id);
    await store.commit({ guards: [], writes: [this.#collections.remove(id)] });
  }

  async #hasOpenJobs(id: CollectionId): Promise<boolean> {
    for await (const { record } of this.#jobs.scan())
      if (record.collectionId === id && !isEnded(record.state)) return true;
    return false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.#running;
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
