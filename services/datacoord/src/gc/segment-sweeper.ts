import { forEachConcurrent } from "@sluice/async";
import type { SegmentRecord } from "@sluice/catalog";
import type { ObjectStore } from "@sluice/object-store";
import type { CollectionId } from "@sluice/schema";
import type { Logger } from "@sluice/telemetry";
import type { SegmentBook } from "../segment-book.ts";

/** What the sweep of segments needs; `now` is in Unix milliseconds. */
export interface SegmentSweeperDeps {
  readonly objects: ObjectStore;
  readonly book: SegmentBook;
  readonly now: () => number;
  readonly log: Logger;
  /** How long after its first sweep a segment's keys are swept again: longer than any lease, so that no writer is left. */
  readonly graceMs: number;
  /** Segment prefixes of a segment: insert logs, stats logs. */
  readonly prefixesOf: (record: SegmentRecord) => readonly string[];
}

/** Segments of a job whose objects are removed at once. */
const SEGMENTS_AT_ONCE = 4;

/**
 * Removes segments that are garbage: objects first and the record last, after a second sweep, since a writer cut off from the
 * cluster may finish a put that it had begun.
 */
export class SegmentSweeper {
  readonly #deps: SegmentSweeperDeps;
  readonly #stop: AbortSignal;

  /** @param stop ends a sweep between two calls of the store; the next pass goes on */
  constructor(deps: SegmentSweeperDeps, stop: AbortSignal) {
    this.#deps = deps;
    this.#stop = stop;
  }

  /**
   * Segments of one job. What is swept for the first time is gone to everybody else; what was swept before is forgotten.
   * @returns how many were swept for the first time, and the collections of those that are forgotten
   */
  async sweep(garbage: readonly SegmentRecord[]): Promise<{ removed: number; forgottenOf: readonly CollectionId[] }> {
    const { now, graceMs } = this.#deps;
    const fresh = garbage.filter(({ state }) => state !== "dropped");
    const removed = fresh.length > 0 && (await this.#drop(fresh)) ? fresh.length : 0;
    const due = garbage.filter(({ state, droppedMs }) => state === "dropped" && now() - droppedMs >= graceMs);
    const isForgotten = due.length > 0 && !this.#stop.aborted && (await this.#forget(due));
    return { removed, forgottenOf: isForgotten ? due.map(({ collectionId }) => collectionId) : [] };
  }

  async #drop(fresh: readonly SegmentRecord[]): Promise<boolean> {
    const { book, now } = this.#deps;
    await book.replace(fresh.map((record) => ({ ...record, state: "dropped" as const, droppedMs: now() })));
    return this.#deleteAll(fresh);
  }

  /** False when it was stopped before. */
  async #forget(due: readonly SegmentRecord[]): Promise<boolean> {
    if (!(await this.#deleteAll(due))) return false;
    await this.#abortWrites(due);
    if (this.#stop.aborted) return false;
    await this.#deps.book.remove(due);
    return true;
  }

  /** Killed writers leave unfinished objects. Where listing these is not allowed, a rule of the bucket must remove them. */
  async #abortWrites(records: readonly SegmentRecord[]): Promise<void> {
    const prefixes = records.flatMap((record) => this.#deps.prefixesOf(record));
    try {
      await forEachConcurrent(prefixes, SEGMENTS_AT_ONCE, async (prefix) => {
        if (!this.#stop.aborted) await this.#deps.objects.abortWrites?.(prefix);
      });
    } catch (error) {
      this.#deps.log.warn("unfinished writes were not removed", { err: error, prefix: prefixes[0] });
    }
  }

  /** False when it was stopped before all objects were deleted. */
  async #deleteAll(records: readonly SegmentRecord[]): Promise<boolean> {
    await forEachConcurrent(records, SEGMENTS_AT_ONCE, async (record) => {
      if (!this.#stop.aborted) await this.#deleteObjects(record);
    });
    return !this.#stop.aborted;
  }

  async #deleteObjects(record: SegmentRecord): Promise<void> {
    for (const prefix of this.#deps.prefixesOf(record)) {
      const keys: string[] = [];
      for await (const object of this.#deps.objects.list(prefix)) keys.push(object.key);
      if (keys.length > 0) await this.#deps.objects.delete(keys);
    }
  }
}
