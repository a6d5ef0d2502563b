import {
  CHANGES,
  type ChangeRecord,
  commitInPages,
  commitStaged,
  RecordTable,
  type StagedWrite,
  type Visibility,
  visibleAfter,
} from "@sluice/catalog";
import { ImportError } from "@sluice/errors";
import type { MetaStore } from "@sluice/metastore";
import type { CollectionId, SegmentId } from "@sluice/schema";
import {
  type CommitOptions,
  checkSize,
  type MadeChange,
  type NewChange,
  type Snapshot,
  snapshotGone,
  VisibleMoved,
} from "./change.ts";
import { ChangeHistory } from "./change-history.ts";

// S2. A segment is visible when, and only when, a change adds it and no later one removes it. A change is one record and one
//     write: every shard and partition, what goes and what comes, at once.
// S5. The changes of a collection are made one after the other, in the order of their timestamps: who has a timestamp and
//     waits for the changes under way has met all that lie below it. Of two changes that remove or extend one segment, the
//     second one meets what the first has left, and is refused.
// S6. A change is forgotten when later ones have removed all that it added, and the segments are gone. Snapshots from before
//     these changes are refused from then on, also by who finds only segments that are removed and were never added.
// S7. The last delete of a segment's rows names all its delta logs. What earlier ones say of them is forgotten when no reader is
//     left that began before the last one; that one says so before, durably, and snapshots from before it are refused.

/** What is visible, in memory for reading, written through to the metastore. */
export class ChangeBook {
  readonly #store: MetaStore;
  readonly #table: RecordTable<ChangeRecord, readonly [CollectionId, bigint]>;
  readonly #allocateTs: () => Promise<bigint>;
  readonly #histories = new Map<CollectionId, ChangeHistory>();

  constructor(store: MetaStore, allocateTs: () => Promise<bigint>) {
    this.#store = store;
    this.#table = new RecordTable(store, CHANGES);
    this.#allocateTs = allocateTs;
  }

  /** Reads every change of the store, once, before anything else is asked. */
  async load(): Promise<void> {
    const changes = await Array.fromAsync(this.#table.scan(), ({ record }) => record);
    for (const change of changes.sort((a, b) => (a.commitTs < b.commitTs ? -1 : 1)))
      this.#historyOf(change.collectionId).remember(change);
  }

  /**
   * Makes a change visible (S2) and answers its record. One that was made before answers the record of then.
   * @param lastTs of the last change when this one was decided on; given where one in between would make it wrong
   * @param also is written in the same transaction: few and small records
   * @throws {ChangeTooLarge} when it says something of more segments than one record holds; nothing is changed then
   * @throws {ImportError} `job_failed` when it removes or extends what is not visible (any more); nothing is changed then
   * @throws {VisibleMoved} when another change came in between
   */
  commit(change: NewChange, { lastTs, also = [] }: CommitOptions = {}): Promise<MadeChange> {
    const history = this.#historyOf(change.collectionId);
    return history.turns.run(async () => {
      const earlier = history.changes.get(change.changeId);
      if (earlier) return { record: earlier, isNew: false };
      if (lastTs !== undefined && lastTs !== history.lastTs) throw new VisibleMoved();
      this.#checkTouched(change);
      checkSize(change);
      // Taken when every added segment is durable: a reader below it cannot have missed any of them.
      const record = await this.#write({ ...change, commitTs: await this.#allocateTs() }, also);
      return { record, isNew: true };
    });
  }

  #checkTouched({ collectionId, removes, extends: extensions }: NewChange): void {
    const { visible } = this.#historyOf(collectionId);
    const touched = [...removes, ...extensions.map(({ segmentId }) => segmentId)];
    const missing = touched.filter((id) => !visible.has(id));
    if (missing.length === 0) return;
    const named = `${missing.slice(0, 5).join(", ")}${missing.length > 5 ? `, … (${missing.length} in all)` : ""}`;
    throw new ImportError("job_failed", `segments that are not visible cannot be changed: ${named}`);
  }

  /** S4: when the guard fails, what counts is the record that is stored. */
  async #write(record: ChangeRecord, also: readonly StagedWrite[]): Promise<ChangeRecord> {
    let stored: ChangeRecord | undefined;
    const staged = this.#table.stage(record, undefined, (entry) => (stored = entry?.record));
    await commitStaged(this.#store, [...also, staged]);
    if (!stored) throw new ImportError("internal", `the change ${record.changeId} was neither written nor refused`);
    this.#historyOf(stored.collectionId).remember(stored);
    return stored;
  }

  /**
   * What a reader sees who begins now, or one who has begun at `timestamp`; with the timestamp of the snapshot.
   * Later calls with that timestamp answer the same, as long as garbage collection has left the segments.
   * @throws {StatusError} 1100 when it has not (S6)
   */
  async snapshot(collectionId: CollectionId, timestamp = 0n): Promise<Snapshot> {
    const at = timestamp === 0n ? await this.#allocateTs() : timestamp;
    const history = this.#histories.get(collectionId);
    if (!history) return { timestamp: at, lastTs: 0n, visible: new Map() };
    await history.turns.run(async () => {}); // S5
    if (at < history.floorTs) throw snapshotGone(at);
    const { lastTs, visible, changes } = history;
    return { timestamp: at, lastTs, visible: lastTs <= at ? visible : visibleAfter(changes.values(), at) };
  }

  /** Whether the change is one of those that are not forgotten. */
  isMade(collectionId: CollectionId, changeId: bigint): boolean {
    return this.#histories.get(collectionId)?.changes.has(changeId) ?? false;
  }

  /** The change that carried out a client's call; undefined when none has. */
  changeOfCall(collectionId: CollectionId, callId: bigint): ChangeRecord | undefined {
    return this.#histories.get(collectionId)?.calls.get(callId);
  }

  /** What is visible after the last change. */
  visible(collectionId: CollectionId): ReadonlyMap<SegmentId, Visibility> {
    return this.#histories.get(collectionId)?.visible ?? new Map();
  }

  /** Collections that have changes, with the timestamps of the last one, and of the last that replaced nothing. */
  *collections(): Generator<{ collectionId: CollectionId; lastTs: bigint; lastAddTs: bigint }> {
    for (const [collectionId, { lastTs, lastAddTs }] of this.#histories) yield { collectionId, lastTs, lastAddTs };
  }

  /** Timestamp of the change that removed a segment; undefined when none did. */
  removedTs(collectionId: CollectionId, segmentId: SegmentId): bigint | undefined {
    return this.#histories.get(collectionId)?.removedTs.get(segmentId);
  }

  /** All that are not forgotten, in their order. */
  changesOf(collectionId: CollectionId): Iterable<ChangeRecord> {
    return this.#histories.get(collectionId)?.changes.values() ?? [];
  }

  /**
   * Changes of which nothing is left: later ones have removed all that they added or extended, longer ago than any reader.
   * @param isGone whether nothing is known of a segment any more
   */
  spent(collectionId: CollectionId, isGone: (id: SegmentId) => boolean): ChangeRecord[] {
    return this.#historyOf(collectionId).spent(isGone);
  }

  /** S6. @param spent of one collection */
  async forget(collectionId: CollectionId, spent: readonly ChangeRecord[]): Promise<void> {
    const history = this.#historyOf(collectionId);
    await history.turns.run(async () => {
      history.raiseFloor(spent);
      const removals = spent.map((change) =>
        this.#table.stageRemoval(CHANGES.idOf(change), () => history.forget(change)),
      );
      await commitInPages(this.#store, removals);
    });
  }

  /** Timestamp of the oldest delete that repeats an earlier one (S7); undefined where there is none. */
  oldestRepeatTs(collectionId: CollectionId): bigint | undefined {
    return this.#histories.get(collectionId)?.deletes.oldestRepeatTs;
  }

  /**
   * S7. Forgets what deletes say that later ones say again, some of it at a time. Who dies in between has forgotten less.
   * @param until timestamp of the last such later one @returns whether there may be more
   */
  async fold(collectionId: CollectionId, until: bigint): Promise<boolean> {
    const history = this.#historyOf(collectionId);
    return history.turns.run(async () => {
      const { repeats, kept, removed } = history.deletes.foldable(until, history.changes);
      const writes = kept.map((change) => this.#table.stageOver(change, () => history.replace(change)));
      const removals = removed.map((change) =>
        this.#table.stageRemoval(CHANGES.idOf(change), () => history.forget(change)),
      );
      await commitInPages(this.#store, [...writes, ...removals]);
      history.deletes.folded(repeats);
      return repeats > 0;
    });
  }

  /** Forgets the changes of a dropped collection, after its segments are gone. */
  async remove(collectionId: CollectionId): Promise<void> {
    const { changes } = this.#historyOf(collectionId);
    await commitInPages(
      this.#store,
      [...changes.values()].map((change) => this.#table.stageRemoval(CHANGES.idOf(change), () => {})),
    );
    this.#histories.delete(collectionId);
  }

  #historyOf(collectionId: CollectionId): ChangeHistory {
    const history = this.#histories.get(collectionId) ?? new ChangeHistory();
    this.#histories.set(collectionId, history);
    return history;
  }
}
