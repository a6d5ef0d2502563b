import { Serial } from "@sluice/async";
import { applyChange, type ChangeRecord, type Visibility } from "@sluice/catalog";
import type { SegmentId } from "@sluice/schema";
import { RepeatedDeletes } from "./repeated-deletes.ts";

/** Changes of one collection, in memory. */
export class ChangeHistory {
  /** By id, in the order of their timestamps. */
  readonly changes = new Map<bigint, ChangeRecord>();
  lastTs = 0n;
  /** Timestamp of the last change that replaced nothing: an import's, not a compaction's. */
  lastAddTs = 0n;
  /** Snapshots below it are not kept (S6, S7). */
  floorTs = 0n;
  /** After all of them. */
  readonly visible = new Map<SegmentId, Visibility>();
  /** Of removed segments, the change that did it. */
  readonly removedTs = new Map<SegmentId, bigint>();
  /** The change that carried out a call of a client. */
  readonly calls = new Map<bigint, ChangeRecord>();
  readonly deletes = new RepeatedDeletes();
  readonly turns = new Serial();

  /** The next change. */
  remember(change: ChangeRecord): void {
    const { changeId, commitTs, removes, callIds = [] } = change;
    this.changes.set(changeId, change);
    this.lastTs = commitTs;
    if (change.isFloor || !removes.every((id) => this.visible.has(id))) this.floorTs = commitTs;
    if (removes.length === 0) this.lastAddTs = commitTs;
    for (const id of removes) this.removedTs.set(id, commitTs);
    for (const id of callIds) this.calls.set(id, change);
    applyChange(this.visible, change);
    this.deletes.note(change);
  }

  /** The same change, that says less of what later ones say again. */
  replace(change: ChangeRecord): void {
    this.changes.set(change.changeId, change);
    for (const id of change.callIds ?? []) this.calls.set(id, change);
    if (change.isFloor && change.commitTs > this.floorTs) this.floorTs = change.commitTs;
  }

  /** A spent change: `raiseFloor` has refused those that would read as of it. */
  forget(change: ChangeRecord): void {
    this.changes.delete(change.changeId);
    for (const id of change.adds) this.removedTs.delete(id);
    for (const id of change.callIds ?? []) this.calls.delete(id);
  }

  /** Before changes are forgotten whose segments were removed: who reads as of before their removal is refused. */
  raiseFloor(spent: readonly ChangeRecord[]): void {
    for (const id of spent.flatMap(({ adds }) => adds)) {
      const endTs = this.removedTs.get(id) ?? 0n;
      if (endTs > this.floorTs) this.floorTs = endTs;
    }
  }

  /** Changes that have added or extended nothing but what is gone, or whose deletes later ones say again. */
  spent(isGone: (id: SegmentId) => boolean): ChangeRecord[] {
    const isSpent = ({ adds, removes, extends: extended }: ChangeRecord) =>
      (adds.length + extended.length > 0 || removes.length === 0) &&
      adds.every((id) => this.removedTs.has(id) && isGone(id)) &&
      extended.every(({ segmentId: id }) => !this.visible.has(id) && isGone(id));
    return [...this.changes.values()].filter(isSpent);
  }
}
