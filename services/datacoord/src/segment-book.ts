import {
  commitInPages,
  type RecordEntry,
  RecordTable,
  SEGMENTS,
  type SegmentRecord,
  type StagedWrite,
} from "@sluice/catalog";
import { ImportError } from "@sluice/errors";
import type { Guard, MetaStore } from "@sluice/metastore";
import type { CollectionId, JobId, SegmentId } from "@sluice/schema";

// S1. A segment's record is durable before its first object appears: whatever object exists, GC can find it.
// S3. Only this datacoord writes segment and change records; every write of one is guarded by the revision it was read at.
// S4. A guard that fails while this datacoord leads means that a transaction was carried out whose answer was lost: what is
//     stored is read again. Once another datacoord leads, the metastore refuses every write.

/** Segments, in memory for reading, written through to the metastore. */
export class SegmentBook {
  readonly #store: MetaStore;
  readonly #table: RecordTable<SegmentRecord, readonly [CollectionId, JobId, SegmentId]>;
  readonly #segments = new Map<SegmentId, RecordEntry<SegmentRecord>>();
  readonly #byJob = new Map<JobId, Set<SegmentId>>();

  constructor(store: MetaStore) {
    this.#store = store;
    this.#table = new RecordTable(store, SEGMENTS);
  }

  /** Reads every segment of the store, once, before anything else is asked. */
  async load(): Promise<void> {
    for await (const entry of this.#table.scan()) this.#remember(entry);
  }

  /** Adds records of segments that nobody knows yet (S1). @throws {ImportError} `internal` when an id is taken */
  async add(records: readonly SegmentRecord[]): Promise<void> {
    if (!(await this.addWhile(records, []))) throw moved();
  }

  /** Replaces records. @throws {ImportError} `internal` when one has changed since it was read (S3): decide anew */
  async replace(records: readonly SegmentRecord[]): Promise<void> {
    if (!(await this.replaceWhile(records, []))) throw moved();
  }

  /** Adds them while these guards hold; false when one does not, or an id is taken. */
  addWhile(records: readonly SegmentRecord[], guards: readonly Guard[]): Promise<boolean> {
    return this.#write(records, guards, () => undefined);
  }

  /** Replaces them while these guards hold; false when one does not, or a record has changed since it was read. */
  replaceWhile(records: readonly SegmentRecord[], guards: readonly Guard[]): Promise<boolean> {
    return this.#write(records, guards, ({ segmentId }) => this.#segments.get(segmentId));
  }

  /** What `add` or `replace` writes, for a transaction of the caller's, which is to be carried out or refused as a whole (S3). */
  stage(records: readonly SegmentRecord[]): StagedWrite[] {
    return this.#stage(records, ({ segmentId }) => this.#segments.get(segmentId));
  }

  async #write(
    records: readonly SegmentRecord[],
    guards: readonly Guard[],
    readOf: (record: SegmentRecord) => RecordEntry<SegmentRecord> | undefined,
  ): Promise<boolean> {
    // All revisions are taken now: what changes while one page is written must be noticed by its own page (S3).
    return commitInPages(this.#store, this.#stage(records, readOf), guards);
  }

  #stage(
    records: readonly SegmentRecord[],
    readOf: (record: SegmentRecord) => RecordEntry<SegmentRecord> | undefined,
  ): StagedWrite[] {
    return records.map((record) =>
      this.#table.stage(record, readOf(record), (stored) => stored && this.#remember(stored)),
    );
  }

  /** Their records alone, a page after the other: objects are gone by then. */
  async remove(records: readonly SegmentRecord[]): Promise<void> {
    const staged = records.map((record) => this.#table.stageRemoval(SEGMENTS.idOf(record), () => this.#forget(record)));
    await commitInPages(this.#store, staged);
  }

  /** Undefined once it is removed. */
  get(id: SegmentId): SegmentRecord | undefined {
    return this.#segments.get(id)?.record;
  }

  /** In every state; empty for a job without segments. */
  ofJob(jobId: JobId): SegmentRecord[] {
    return [...(this.#byJob.get(jobId) ?? [])].flatMap((id) => this.get(id) ?? []);
  }

  /** Those that have segments, ended or not. */
  jobs(): JobId[] {
    return [...this.#byJob.keys()];
  }

  /** In whatever state; looks at every segment. */
  hasSegmentsOf(collectionId: CollectionId): boolean {
    return [...this.#segments.values()].some(({ record }) => record.collectionId === collectionId);
  }

  #remember(entry: RecordEntry<SegmentRecord>): void {
    const { segmentId, jobId } = entry.record;
    this.#segments.set(segmentId, entry);
    const ofJob = this.#byJob.get(jobId) ?? new Set();
    this.#byJob.set(jobId, ofJob.add(segmentId));
  }

  #forget({ segmentId, jobId }: SegmentRecord): void {
    this.#segments.delete(segmentId);
    const ofJob = this.#byJob.get(jobId);
    ofJob?.delete(segmentId);
    if (ofJob?.size === 0) this.#byJob.delete(jobId);
  }
}

function moved(): ImportError {
  return new ImportError("internal", "segment records had moved; they were read again");
}
