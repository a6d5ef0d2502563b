import type { ChangeRecord, StagedWrite, Visibility } from "@sluice/catalog";
import { ImportError, StatusError, statusCodes } from "@sluice/errors";
import { encodePlain, type SegmentId } from "@sluice/schema";

// Changes as they are asked for and made, and why one is refused. How they are made: `change-book.ts`.

/** Of a change that extends or removes segments: etcd takes requests of 1.5 MiB. */
const MAX_CHANGE_BYTES = 1 << 20;

/** What a change does; the book gives it its timestamp. */
export type NewChange = Omit<ChangeRecord, "commitTs">;

/** A change as it is stored. */
export interface MadeChange {
  readonly record: ChangeRecord;
  /** This call has made it. */
  readonly isNew: boolean;
}

/** How a change is made; see `ChangeBook.commit`. */
export interface CommitOptions {
  readonly lastTs?: bigint;
  readonly also?: readonly StagedWrite[];
}

/** What is visible at a time. The map may be the book's own: it is looked at before anything is waited for. */
export interface Snapshot {
  readonly timestamp: bigint;
  /** Of the last change of the collection. */
  readonly lastTs: bigint;
  readonly visible: ReadonlyMap<SegmentId, Visibility>;
}

/** What a reader is told whose snapshot is not kept any more. */
export function snapshotGone(timestamp: bigint): StatusError {
  return new StatusError(
    statusCodes.invalidParameter,
    `the snapshot at timestamp ${timestamp} is kept no longer, since its segments were replaced: read anew`,
  );
}

/** What is visible is not what a change was decided on: decide anew. */
export class VisibleMoved extends ImportError {
  constructor() {
    super("internal", "what is visible has changed meanwhile");
  }
}

/** One record makes all of a change visible, so that it cannot be cut. */
export class ChangeTooLarge extends ImportError {
  /** @param segments that it extends or removes */
  constructor(segments: number) {
    const cure = "delete in parts, by partitions or ranges of keys, or compact the collection first";
    super("job_failed", `rows of ${segments} segments are deleted at once, of more than one record holds: ${cure}`);
  }
}

/** @throws {ChangeTooLarge} */
export function checkSize(change: NewChange): void {
  const length = change.extends.length + change.removes.length;
  if (length === 0 || Buffer.byteLength(encodePlain(change)) <= MAX_CHANGE_BYTES) return;
  throw new ChangeTooLarge(length);
}
