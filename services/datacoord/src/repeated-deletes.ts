import type { ChangeRecord, SegmentExtension } from "@sluice/catalog";
import type { SegmentId } from "@sluice/schema";

/** What one change says of the deletes of a segment, and the next one says again. */
interface Repeat {
  readonly segmentId: SegmentId;
  readonly changeId: bigint;
  readonly nextId: bigint;
  readonly nextTs: bigint;
}

/** What folding makes of changes. */
export interface Folding {
  /** How many repeats it is about. */
  readonly repeats: number;
  /** To be written, later changes first: what says that others are forgotten is durable before they are. */
  readonly kept: readonly ChangeRecord[];
  /** Nothing is left of them. To be removed after the others are written. */
  readonly removed: readonly ChangeRecord[];
}

/** Of one folding: who writes rows waits for it. */
const MAX_REPEATS = 1024;

/** Deletes of which later ones say all again, so that a segment's changes need not be as many as its deletes (S7). */
export class RepeatedDeletes {
  /** By segment: the last change that says something of its deletes. */
  readonly #last = new Map<SegmentId, bigint>();
  /** In the order of the later changes. */
  readonly #repeats: Repeat[] = [];

  /** Timestamp of the oldest change that says again what another one does. */
  get oldestRepeatTs(): bigint | undefined {
    return this.#repeats.at(0)?.nextTs;
  }

  /** The next change. */
  note({ changeId, commitTs, removes, extends: extensions }: ChangeRecord): void {
    for (const id of removes) this.#last.delete(id);
    for (const { segmentId, deltaLogs } of extensions) {
      if (!deltaLogs) continue;
      const last = this.#last.get(segmentId);
      if (last !== undefined && last !== changeId)
        this.#repeats.push({ segmentId, changeId: last, nextId: changeId, nextTs: commitTs });
      this.#last.set(segmentId, changeId);
    }
  }

  /** @param until timestamp of the last change that says again what may be forgotten @param changes all that are known */
  foldable(until: bigint, changes: ReadonlyMap<bigint, ChangeRecord>): Folding {
    const end = this.#repeats.findIndex(({ nextTs }, i) => nextTs > until || i === MAX_REPEATS);
    const due = end < 0 ? this.#repeats : this.#repeats.slice(0, end);
    const said = Map.groupBy(due, ({ changeId }) => changeId);
    const floors = new Set(due.map(({ nextId }) => nextId));
    const kept: ChangeRecord[] = [];
    const removed: ChangeRecord[] = [];
    for (const id of new Set([...said.keys(), ...floors])) {
      const change = changes.get(id);
      if (!change) continue; // Of a segment that is gone, with all that was said of it.
      const less = withoutDeletes(change, new Set(said.get(id)?.map(({ segmentId }) => segmentId)));
      // A job may ask for its change again until it has ended: what is left of that is forgotten with others (S6).
      if (isEmpty(less) && less.callIds) removed.push(less);
      else kept.push(floors.has(id) ? { ...less, isFloor: true } : less);
    }
    return { repeats: due.length, kept: kept.sort((a, b) => (a.commitTs < b.commitTs ? 1 : -1)), removed };
  }

  /** So many repeats are folded. */
  folded(repeats: number): void {
    this.#repeats.splice(0, repeats);
  }
}

function withoutDeletes(change: ChangeRecord, segments: ReadonlySet<SegmentId>): ChangeRecord {
  const extensions = change.extends.flatMap((one) => {
    if (!segments.has(one.segmentId)) return one;
    const { deltaLogs: _logs, deletedRows: _rows, ...rest } = one;
    return hasLogs(rest) ? rest : [];
  });
  return { ...change, extends: extensions };
}

function hasLogs({ insertLogs, statsLogs, bm25Logs = [] }: SegmentExtension): boolean {
  return insertLogs.length + statsLogs.length + bm25Logs.length > 0;
}

function isEmpty({ adds, removes, extends: extensions }: ChangeRecord): boolean {
  return adds.length + removes.length + extensions.length === 0;
}
