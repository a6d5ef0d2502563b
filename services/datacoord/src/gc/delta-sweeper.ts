import type { MetaStore } from "@sluice/metastore";
import type { ObjectStore } from "@sluice/object-store";
import { type CollectionId, collectionId, type LogLists, type SegmentId, segmentId } from "@sluice/schema";
import { DELTA_LOGS_PREFIX, deltaLogOf } from "@sluice/segment";
import type { ChangeBook } from "../change-book.ts";
import type { SegmentBook } from "../segment-book.ts";

/** What the sweep of delta logs needs. */
export interface DeltaSweeperDeps {
  /** Its transactions are refused once another datacoord leads. */
  readonly store: MetaStore;
  readonly objects: ObjectStore;
  readonly book: SegmentBook;
  readonly changes: ChangeBook;
  /** Runs while no rows of the collection are written, and nothing that is visible in it changes. */
  readonly exclusively: <T>(id: CollectionId, run: () => Promise<T>) => Promise<T>;
}

interface Log {
  readonly key: string;
  readonly collectionId: CollectionId;
}

/**
 * G9. Delta logs of visible segments that no change names: a delete or an upsert was decided on anew, or ended before its change.
 * A log that is listed while we lead is named by us or by nobody: who leads next writes its own. So it is garbage when, after the
 * listing, we still lead, nothing is being written, and no change names it.
 */
export class DeltaSweeper {
  readonly #deps: DeltaSweeperDeps;

  constructor(deps: DeltaSweeperDeps) {
    this.#deps = deps;
  }

  /** Resolves to how many were removed. */
  async sweep(signal: AbortSignal): Promise<number> {
    let removed = 0;
    const unnamed = await this.#list(signal);
    for (const [id, logs] of Map.groupBy(unnamed, (log) => log.collectionId))
      if (!signal.aborted) removed += await this.#deps.exclusively(id, () => this.#remove(logs));
    return removed;
  }

  async #list(signal: AbortSignal): Promise<Log[]> {
    const logs: Log[] = [];
    const isUnnamed = this.#unnamed();
    for await (const { key } of this.#deps.objects.list(DELTA_LOGS_PREFIX)) {
      if (signal.aborted) return [];
      const found = deltaLogOf(key);
      if (found && isUnnamed(key)) logs.push({ key, collectionId: collectionId(found.collectionId) });
    }
    return logs;
  }

  async #remove(logs: readonly Log[]): Promise<number> {
    // Refused where we lead no more.
    await this.#deps.store.commit({ guards: [], writes: [] });
    const garbage = logs.map(({ key }) => key).filter(this.#unnamed());
    if (garbage.length > 0) await this.#deps.objects.delete(garbage);
    return garbage.length;
  }

  /** Whether a log belongs to a visible segment and no change names it, as of now; not for later. */
  #unnamed(): (key: string) => boolean {
    const named = new Map<CollectionId, ReadonlyMap<SegmentId, ReadonlySet<bigint>>>();
    return (key) => {
      const log = deltaLogOf(key);
      if (!log) return false;
      const id = collectionId(log.collectionId);
      const known = named.get(id) ?? this.#namesOf(id);
      named.set(id, known);
      return known.get(segmentId(log.segmentId))?.has(log.logId) === false;
    };
  }

  /** Logs of the visible segments of a collection that records name: older changes' too, which earlier snapshots read. */
  #namesOf(id: CollectionId): ReadonlyMap<SegmentId, ReadonlySet<bigint>> {
    const { book, changes } = this.#deps;
    const names = new Map<SegmentId, Set<bigint>>();
    for (const segment of changes.visible(id).keys()) {
      const record = book.get(segment);
      if (record) names.set(segment, new Set(logIdsOf(record)));
    }
    for (const { extends: extensions } of changes.changesOf(id))
      for (const one of extensions) for (const logId of logIdsOf(one)) names.get(one.segmentId)?.add(logId);
    return names;
  }
}

function logIdsOf({ deltaLogs = [] }: LogLists): bigint[] {
  return deltaLogs.flatMap(({ logIds }) => logIds);
}
