import { BucketRouter } from "@sluice/columns";
import type { ObjectWrites } from "@sluice/object-store";
import type { StoredSegment } from "@sluice/schema";
import { type SegmentIds, SegmentWriterSet } from "@sluice/segment";
import type { RowCall } from "./row-call.ts";

/** How the segments of one change are written. */
export interface RowSegmentsContext {
  readonly objects: ObjectWrites;
  readonly ids: SegmentIds;
  /** Waits until the segments that `ids` has given are recorded. */
  readonly mayAppear: () => Promise<void>;
  /** Hybrid, of every row. */
  readonly timestamp: bigint;
  readonly nowMs: number;
  readonly signal: AbortSignal;
}

/** Buffers are as large as the rows, so that few rows take little memory. */
const MIN_FLUSH_BYTES = 1 << 16;
const MAX_FLUSH_BYTES = 16 << 20;
/** Small objects that are written at once wait for each other's syncs. */
const WRITES_IN_FLIGHT = 4;

/** Rows of calls with one target -> sealed segments, one for each shard and partition that they meet. Durable when it resolves. */
export async function writeRowSegments(
  calls: readonly RowCall[],
  { objects, ids, mayAppear, timestamp, nowMs, signal }: RowSegmentsContext,
): Promise<StoredSegment[]> {
  const [{ schema, collectionId, vchannels, partitionIds }] = calls;
  const sizeBytes = calls.reduce((sum, call) => sum + call.sizeBytes, 0);
  const flushBytes = Math.min(MAX_FLUSH_BYTES, Math.max(MIN_FLUSH_BYTES, 2 * sizeBytes));
  await using segments = SegmentWriterSet.open({
    ...{ schema, collectionId, ids, mayAppear, nowMs, signal, flushBytes },
    ...{ store: objects, flushesInFlight: WRITES_IN_FLIGHT },
    newRows: { timestamp, rowIdBase: 1n },
    buckets: partitionIds.flatMap((partitionId) => vchannels.map((vchannel) => ({ partitionId, vchannel }))),
  });
  const router = new BucketRouter(schema, vchannels.length, partitionIds.length);
  for (const { batch } of calls) await segments.append(batch, router.route(batch));
  // Awaited here: what is left unsealed is given up at the end of this block.
  return await segments.seal();
}
