import { type CommitRecord, decodeRecord, encodeRecord, type SegmentRecord } from "@sluice/catalog";
import { ImportError } from "@sluice/errors";
import type { MetaStore, Write } from "@sluice/metastore";
import type { CollectionId, JobId, SegmentId } from "@sluice/schema";

// S1. A segment's record is durable before its id is given to a writer: whatever object exists, GC can find it.
// S2. A job's segments are visible when, and only when, its commit record exists and names them: one record, one write,
//     every shard and partition at once.
// S3. Only this datacoord writes segment and commit records; every change of one is guarded by its revision.
// S4. A guard that fails while this datacoord leads means that a transaction was carried out whose answer was lost: what is
//     stored is read again. Once another datacoord leads, the metastore refuses every write.

interface Versioned {
  readonly record: SegmentRecord;
  readonly revision: bigint;
}

/** Characters of one transaction: etcd takes requests of 1.5 MiB, unless it is told otherwise. */
const PAGE_LENGTH = 1 << 20;

/** Segments and commits, in memory for reading, written through to the metastore. */
export class SegmentBook {
  readonly #store: MetaStore;
  readonly #segments = new Map<SegmentId, Versioned>();
  readonly #byJob = new Map<JobId, Set<SegmentId>>();
  readonly #commits = new Map<CollectionId, Map<JobId, { record: CommitRecord; segments: ReadonlySet<SegmentId> }>>();

  constructor(store: MetaStore) {
    this.#store = store;
  }

  async load(): Promise<void> {
    for await (const entry of this.#store.scan("segment/"))
      this.#remember(decodeRecord(entry.value) as SegmentRecord, entry.revision);
    for await (const entry of this.#store.scan("commit/"))
      this.#rememberCommit(decodeRecord(entry.value) as CommitRecord);
  }

  /** Adds records of segments that nobody knows yet (S1). @throws Error when an id is taken */
  async add(records: readonly SegmentRecord[]): Promise<void> {
    await this.#write(records, () => 0n);
  }

  /** Replaces records. @throws Error when one has changed since it was read (S3) */
  async replace(records: readonly SegmentRecord[]): Promise<void> {
    await this.#write(records, (record) => this.#segments.get(record.segmentId)?.revision ?? 0n);
  }

  async #write(records: readonly SegmentRecord[], revisionOf: (record: SegmentRecord) => bigint): Promise<void> {
    // Revisions are taken before the first page is written: what changes meanwhile must be noticed by its own page (S3).
    const entries = records.map((record) => ({
      ...{ record, key: segmentKey(record), value: encodeRecord(record), revision: revisionOf(record) },
    }));
    for (const page of pagesOf(entries, Math.floor(this.#store.limits.transactionOperations / 2))) {
      const revision = await this.#store.commit({
        guards: page.map(({ key, revision }) => ({ key, revision })),
        writes: page.map(({ key, value }) => ({ key, value })),
      });
      if (revision !== undefined) for (const { record } of page) this.#remember(record, revision);
      else await this.#accept(page.map(({ record }) => record));
    }
  }

  /** S4: takes over what is stored. @throws Error when it is not what was to be written: the caller decides anew */
  async #accept(records: readonly SegmentRecord[]): Promise<void> {
    let isOurs = true;
    for (const record of records) {
      const found = await this.#store.get(segmentKey(record));
      isOurs &&= found?.value === encodeRecord(record);
      if (found) this.#remember(decodeRecord(found.value) as SegmentRecord, found.revision);
    }
    if (!isOurs) throw new ImportError("internal", "segment records had moved; they were read again");
  }

  async remove(records: readonly SegmentRecord[]): Promise<void> {
    await this.#delete(records.map(segmentKey));
    for (const record of records) {
      this.#segments.delete(record.segmentId);
      const ofJob = this.#byJob.get(record.jobId);
      ofJob?.delete(record.segmentId);
      if (ofJob?.size === 0) this.#byJob.delete(record.jobId);
    }
  }

  get(id: SegmentId): SegmentRecord | undefined {
    return this.#segments.get(id)?.record;
  }

  ofJob(jobId: JobId): SegmentRecord[] {
    return [...(this.#byJob.get(jobId) ?? [])].map((id) => (this.#segments.get(id) as Versioned).record);
  }

  jobs(): JobId[] {
    return [...this.#byJob.keys()];
  }

  commitOf(collectionId: CollectionId, jobId: JobId): CommitRecord | undefined {
    return this.#commits.get(collectionId)?.get(jobId)?.record;
  }

  isCommitted({ collectionId, jobId, segmentId }: SegmentRecord): boolean {
    return this.#commits.get(collectionId)?.get(jobId)?.segments.has(segmentId) ?? false;
  }

  /** Writes the record that makes a job visible (S2); answers the one that counts, which may be an earlier one. */
  async commit(record: CommitRecord): Promise<CommitRecord> {
    const earlier = this.commitOf(record.collectionId, record.jobId);
    if (earlier) return earlier;
    const key = commitKey(record);
    const revision = await this.#store.commit({
      guards: [{ key, revision: 0n }],
      writes: [{ key, value: encodeRecord(record) }],
    });
    const stored = revision === undefined ? await this.#storedCommit(key) : record;
    this.#rememberCommit(stored);
    return stored;
  }

  /** S4: the commit whose answer was lost. */
  async #storedCommit(key: string): Promise<CommitRecord> {
    const found = await this.#store.get(key);
    if (!found) throw new ImportError("internal", `the commit ${key} was neither written nor refused`);
    return decodeRecord(found.value) as CommitRecord;
  }

  /** Every visible segment of a collection with its commit timestamp, as of now. */
  visible(collectionId: CollectionId): { record: SegmentRecord; commitTs: bigint }[] {
    const commits = [...(this.#commits.get(collectionId)?.values() ?? [])];
    return commits.flatMap(({ record: { segmentIds, commitTs } }) =>
      segmentIds.flatMap((id) => {
        const record = this.get(id);
        return record && record.state === "sealed" ? [{ record, commitTs }] : [];
      }),
    );
  }

  collections(): CollectionId[] {
    return [...this.#commits.keys()];
  }

  /** Forgets the commits of a dropped collection, after its segments are gone. */
  async removeCommits(collectionId: CollectionId): Promise<void> {
    const commits = [...(this.#commits.get(collectionId)?.values() ?? [])];
    await this.#delete(commits.map(({ record }) => commitKey(record)));
    this.#commits.delete(collectionId);
  }

  async #delete(keys: readonly string[]): Promise<void> {
    const limit = this.#store.limits.transactionOperations;
    for (let i = 0; i < keys.length; i += limit) {
      const writes: Write[] = keys.slice(i, i + limit).map((key) => ({ key, value: undefined }));
      await this.#store.commit({ guards: [], writes });
    }
  }

  #remember(record: SegmentRecord, revision: bigint): void {
    this.#segments.set(record.segmentId, { record, revision });
    const ofJob = this.#byJob.get(record.jobId) ?? new Set();
    this.#byJob.set(record.jobId, ofJob.add(record.segmentId));
  }

  #rememberCommit(record: CommitRecord): void {
    const ofCollection = this.#commits.get(record.collectionId) ?? new Map();
    this.#commits.set(
      record.collectionId,
      ofCollection.set(record.jobId, { record, segments: new Set(record.segmentIds) }),
    );
  }
}

export function segmentKey(record: Pick<SegmentRecord, "collectionId" | "jobId" | "segmentId">): string {
  return `segment/${record.collectionId}/${record.jobId}/${record.segmentId}`;
}

function commitKey(record: Pick<CommitRecord, "collectionId" | "jobId">): string {
  return `commit/${record.collectionId}/${record.jobId}`;
}

/** At most so many entries at a time, and so many characters, whichever comes first; one entry may be larger. */
function* pagesOf<T extends { readonly value: string }>(entries: readonly T[], maxEntries: number): Generator<T[]> {
  let page: T[] = [];
  let length = 0;
  for (const entry of entries) {
    const isFull = page.length === maxEntries || length + entry.value.length > PAGE_LENGTH;
    if (page.length > 0 && isFull) {
      yield page;
      [page, length] = [[], 0];
    }
    page.push(entry);
    length += entry.value.length;
  }
  if (page.length > 0) yield page;
}
