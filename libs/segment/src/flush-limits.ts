import type { BufferLimits } from "./column-buffer.ts";
import { fixedRowBytes } from "./row-buffer.ts";
import { maxSegmentRows } from "./segment-writer.ts";
import type { SegmentWriterSetOptions } from "./segment-writer-options.ts";

const MAX_FLUSH_BYTES = 512 << 20;
const FLUSH_BYTES = 16 << 20;
/** Of memory, unless told otherwise. */
const MEMORY_FLUSHES = 6;

/** What follows from the sizes that a set is given. */
export interface FlushLimits {
  /** Of a buffer. */
  readonly buffer: BufferLimits;
  readonly workerMemoryBytes: number;
  readonly flushesInFlight: number;
  /** Part of the limits at which the first flush of a bucket is due. */
  shareOf(bucket: number): number;
  /** See `SegmentWriterSet.wholeBytes`. */
  readonly wholeBytes: number | undefined;
}

/** @throws {RangeError} for sizes that are none */
export function flushLimits(options: SegmentWriterSetOptions): FlushLimits {
  const { schema, newRows, flushBytes = FLUSH_BYTES, flushesInFlight = 1 } = options;
  if (!(flushBytes >= 1 && flushBytes <= MAX_FLUSH_BYTES))
    throw new RangeError(`flushBytes ${flushBytes}: expected 1 to 512 MiB`);
  if (!(flushesInFlight >= 1)) throw new RangeError(`flushesInFlight ${flushesInFlight}: expected at least 1`);
  const { workerMemoryBytes = MEMORY_FLUSHES * flushBytes } = options;
  const { length } = options.buckets;
  const rows = Math.floor(flushBytes / fixedRowBytes(schema.fields));
  const isRoomy = (length + flushesInFlight) * flushBytes <= workerMemoryBytes;
  // A batch is written before the next one is taken: storage that is far away wants several at once. Without their numbers, of 8
  // bytes, twice as many rows may fit.
  const areWhole =
    length === 1 && isRoomy && flushesInFlight === 1 && newRows !== undefined && 2 * rows <= maxSegmentRows;
  return {
    buffer: { rows: Math.max(1, Math.min(maxSegmentRows, rows)), bytes: flushBytes, isRoomy },
    ...{ workerMemoryBytes, flushesInFlight },
    // Shards fill alike. Flushed all at once, they would need a second buffer each; in turn, one among them is enough.
    shareOf: (bucket) => (isRoomy ? (bucket + 1) / length : 1),
    wholeBytes: areWhole ? flushBytes : undefined,
  };
}
