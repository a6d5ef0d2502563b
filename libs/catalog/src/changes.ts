import type { CollectionId, FieldLogs, LogLists, SegmentId } from "@sluice/schema";
import type { Table } from "./table.ts";

/**
 * Logs that a visible segment has besides its own from a change on: fields that were added later, their statistics; deletes, of
 * which the last change names all.
 */
export interface SegmentExtension extends LogLists {
  readonly segmentId: SegmentId;
}

/**
 * One step of what is visible in a collection, as one record: a reader sees all of it or nothing. An import adds, a rollback
 * removes, a compaction removes and adds, a new field or index extends.
 */
export interface ChangeRecord {
  readonly collectionId: CollectionId;
  /** Decided before the change is made, so that making it twice is making it once. A job's own commit has the job's id. */
  readonly changeId: bigint;
  /** Hybrid timestamp: readers at or above it see the change. No two changes of a collection share one. */
  readonly commitTs: bigint;
  readonly adds: readonly SegmentId[];
  readonly removes: readonly SegmentId[];
  readonly extends: readonly SegmentExtension[];
  /** Rows of the added segments. */
  readonly rowCount: number;
  /** Calls of clients that it carries out: one that is made again is known by its id. */
  readonly callIds?: readonly bigint[];
  /** Of a delete: what its call is answered, the keys that it names or has found; of an import of deletes, the rows that it deletes. */
  readonly deleteCount?: number;
  /** Earlier deletes that it names again are forgotten: snapshots from before it are kept no longer. */
  readonly isFloor?: true;
}

/** Written by the datacoord. */
export const CHANGES: Table<ChangeRecord, readonly [CollectionId, changeId: bigint]> = {
  name: "change",
  idOf: ({ collectionId, changeId }) => [collectionId, changeId],
};

/** A segment as the changes leave it. */
export interface Visibility {
  /** Of the change that added it. */
  readonly commitTs: bigint;
  /** What later changes gave it, put together; undefined: nothing. */
  readonly extension?: LogLists;
}

/** What is visible after `changes`, which are in the order of their timestamps, up to and including `timestamp`. */
export function visibleAfter(changes: Iterable<ChangeRecord>, timestamp?: bigint): Map<SegmentId, Visibility> {
  const visible = new Map<SegmentId, Visibility>();
  for (const change of changes) {
    if (timestamp !== undefined && change.commitTs > timestamp) break;
    applyChange(visible, change);
  }
  return visible;
}

/** Turns what is visible before a change into what is visible after it. */
export function applyChange(visible: Map<SegmentId, Visibility>, change: ChangeRecord): void {
  const { commitTs } = change;
  for (const id of change.removes) visible.delete(id);
  for (const id of change.adds) visible.set(id, { commitTs });
  for (const extension of change.extends) {
    const known = visible.get(extension.segmentId);
    if (known) visible.set(extension.segmentId, { ...known, extension: joinLogs(known.extension, extension) });
  }
}

const NO_LOGS: LogLists = { insertLogs: [], statsLogs: [] };

/**
 * Logs of a segment with those that a change gives it. What the change says of deletes takes the place of what was said before, so
 * that any number of deletes costs no more than one.
 */
export function joinLogs(before: LogLists = NO_LOGS, after: LogLists): LogLists {
  const { deltaLogs, deletedRows } = after.deltaLogs ? after : before;
  const bm25Logs = joined(before.bm25Logs, after.bm25Logs);
  return {
    insertLogs: joined(before.insertLogs, after.insertLogs),
    statsLogs: joined(before.statsLogs, after.statsLogs),
    ...(bm25Logs.length > 0 && { bm25Logs }),
    ...(deltaLogs && { deltaLogs, deletedRows }),
  };
}

function joined(before: readonly FieldLogs[] = [], after: readonly FieldLogs[] = []): readonly FieldLogs[] {
  if (before.length === 0 || after.length === 0) return before.length === 0 ? after : before;
  return [...before, ...after];
}
