import type { InsertBatch } from "@sluice/columns";
import type { CheckedRows } from "@sluice/jobs";
import type { StoredSegment } from "@sluice/schema";

/** What has become of the rows. */
export interface SinkOutcome {
  readonly segments: readonly StoredSegment[];
  /** Half-open ranges [begin, end, …) of automatic keys, in row order. */
  readonly autoIds: readonly bigint[];
  /** What rows that were only looked at are like. */
  readonly checked?: CheckedRows;
}

/**
 * Where the rows of a task go. Disposing of one that is not finished gives up what it has begun; nothing of that is ever
 * visible.
 */
export interface BatchSink extends AsyncDisposable {
  /** See `BatchOptions.wholeBytes`. */
  readonly wholeBytes?: number | undefined;
  /**
   * Takes the rows of a batch, which has every column but an automatic key's. The batch is the caller's again when this
   * resolves; that it takes its time is the only brake on the reader.
   */
  append(batch: InsertBatch): Promise<void>;
  /** Everything is durable when this resolves. Called once, at the end. */
  finish(): Promise<SinkOutcome>;
}
