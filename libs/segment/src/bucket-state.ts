import { ImportError } from "@sluice/errors";
import type { BufferLimits } from "./column-buffer.ts";
import type { RowBuffer } from "./row-buffer.ts";
import type { SegmentBucket, SegmentIds } from "./segment-logs.ts";
import { SegmentWriter, type SegmentWriterContext } from "./segment-writer.ts";

/** A bucket, and what of its rows is not written. */
export interface BucketState {
  readonly bucket: SegmentBucket;
  buffer: RowBuffer | undefined;
  segment: SegmentWriter | undefined;
  /** Part of the limits at which its next flush is due. */
  share: number;
}

/** Whether a flush of it would write anything. */
export function hasRows({ buffer }: BucketState): boolean {
  return buffer !== undefined && buffer.rowCount > 0;
}

/** The one with the most bytes that are not written; undefined where none has rows. */
export function largestOf(buckets: readonly BucketState[]): BucketState | undefined {
  let largest: BucketState | undefined;
  for (const state of buckets) {
    if (state.buffer && state.buffer.bytes > (largest?.buffer?.bytes ?? 0)) largest = state;
  }
  return largest;
}

/** At which the bucket is flushed: only its first flush comes before its buffer is full. */
export function limitsOf({ share }: BucketState, { rows, bytes }: BufferLimits): Pick<BufferLimits, "rows" | "bytes"> {
  return { rows: Math.ceil(rows * share), bytes: Math.ceil(bytes * share) };
}

/** New segments for `writing` and all buckets that have rows and none, in one call: their ids are recorded before any object (W1). */
export async function assignSegments(
  buckets: readonly BucketState[],
  writing: BucketState,
  from: SegmentIds,
  context: SegmentWriterContext,
): Promise<void> {
  const waiting = buckets.filter((state) => !state.segment && (state === writing || hasRows(state)));
  if (waiting.length === 0) return;
  const ids = await from.segments(waiting.map((state) => state.bucket));
  if (ids.length !== waiting.length)
    throw new ImportError("internal", `${ids.length} segment ids for ${waiting.length} buckets`);
  for (const [i, state] of waiting.entries()) state.segment = new SegmentWriter(context, state.bucket, ids[i]);
}
