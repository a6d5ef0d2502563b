import type { SegmentRecord } from "@sluice/catalog";
import { type CollectionId, type JobId, jobId, type SegmentId, segmentId, taskId } from "@sluice/schema";
import type { SegmentBucket, SegmentIds } from "@sluice/segment";
import type { SegmentBook } from "../segment-book.ts";
import { newSegment } from "../segment-registry.ts";
import type { Ahead } from "./segments-ahead.ts";

/** What gives segments to a change. */
export interface RowSegmentIdsDeps {
  readonly book: SegmentBook;
  readonly allocateIds: (count: number) => Promise<bigint>;
}

/** Gives the segments of one change: those that were recorded for it before, and new ones. */
export class RowSegmentIds implements SegmentIds {
  readonly #deps: RowSegmentIdsDeps;
  readonly #id: JobId;
  readonly #collectionId: CollectionId;
  readonly #ahead: Map<string, SegmentId>;
  readonly #recorded: Promise<void>[] = [];

  /** @param id of the change @param ahead what is recorded for it */
  constructor(deps: RowSegmentIdsDeps, id: JobId, collectionId: CollectionId, ahead: Ahead | undefined) {
    this.#deps = deps;
    this.#id = id;
    this.#collectionId = collectionId;
    this.#ahead = new Map(ahead?.records.map((record) => [keyOf(record), record.segmentId]));
  }

  /** Consecutive ones: the first of them. */
  logIds(count: number): Promise<bigint> {
    return this.#deps.allocateIds(count);
  }

  /** In the order of `buckets`; new ones are recorded before this answers. */
  async segments(buckets: readonly SegmentBucket[]): Promise<SegmentId[]> {
    const known = buckets.map((bucket) => this.#takeAhead(bucket));
    const others = buckets.filter((_, i) => known[i] === undefined);
    const added = others.length > 0 ? await this.#add(others) : [];
    return known.flatMap((id) => id ?? added.splice(0, 1));
  }

  /** Resolves when all that were given are recorded: an object may appear then (S1). Rows are encoded and written meanwhile. */
  async mayAppear(): Promise<void> {
    await Promise.all(this.#recorded);
  }

  #takeAhead(bucket: SegmentBucket): SegmentId | undefined {
    const found = this.#ahead.get(keyOf(bucket));
    this.#ahead.delete(keyOf(bucket));
    return found;
  }

  async #add(buckets: readonly SegmentBucket[]): Promise<SegmentId[]> {
    const first = await this.#deps.allocateIds(buckets.length);
    const records = segmentsOf(this.#id, this.#collectionId, buckets, first);
    const adding = this.#deps.book.add(records);
    adding.catch(() => {}); // Heard by whoever waits for it.
    this.#recorded.push(adding);
    return records.map((record) => record.segmentId);
  }
}

/** Segments of the same buckets for another change, not recorded yet. */
export async function newAhead(
  { allocateIds }: RowSegmentIdsDeps,
  collectionId: CollectionId,
  buckets: readonly SegmentBucket[],
): Promise<Ahead> {
  const first = await allocateIds(1 + buckets.length);
  const id = jobId(first);
  return { id, records: segmentsOf(id, collectionId, buckets, first + 1n) };
}

/** @param firstId of the segments, which have consecutive ones */
function segmentsOf(
  id: JobId,
  collectionId: CollectionId,
  buckets: readonly SegmentBucket[],
  firstId: bigint,
): SegmentRecord[] {
  const owner = { collectionId, jobId: id, taskId: taskId(id), attempt: 1n };
  return buckets.map((bucket, i) => newSegment(owner, bucket, segmentId(firstId + BigInt(i))));
}

function keyOf({ partitionId, vchannel }: SegmentBucket): string {
  return `${partitionId}/${vchannel}`;
}
