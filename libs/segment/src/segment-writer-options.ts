import type { ObjectWrites } from "@sluice/object-store";
import type { CollectionSchema } from "@sluice/schema";
import type { SegmentBucket, SegmentIds } from "./segment-logs.ts";

/** What segments are written of, where, and in how much memory. */
export interface SegmentWriterSetOptions {
  readonly schema: CollectionSchema;
  readonly collectionId: bigint;
  /**
   * Of rows that are new: the hybrid timestamp of all, and the id of the first, which the others follow. Others bring both with
   * each batch (`storedRows`), and keep them.
   */
  readonly newRows?: { readonly timestamp: bigint; readonly rowIdBase: bigint };
  readonly store: ObjectWrites;
  readonly ids: SegmentIds;
  /** Asked right before each object appears: it waits for the records of segments whose `ids` are answered before (W1). */
  readonly mayAppear?: () => Promise<void>;
  /** Where rows can go; `append` names them by their index. */
  readonly buckets: readonly SegmentBucket[];
  /** Bytes of rows at which a segment is sealed and the next one begun. Default 1 GiB. */
  readonly segmentBytes?: number;
  /** Bytes of rows of one bucket at which they are written. Default 16 MiB; at most 512 MiB. */
  readonly flushBytes?: number;
  /** Bytes of all buffers, those being written included, as long as one batch fits beside them. Default 6 flushes. */
  readonly workerMemoryBytes?: number;
  /** So many times `flushBytes` are being written at once, in two large objects at least. Default 1. */
  readonly flushesInFlight?: number;
  /** Wall clock for the headers of the files. */
  readonly nowMs: number;
  readonly signal: AbortSignal;
}
