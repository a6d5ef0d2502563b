import { mapConcurrent } from "@sluice/async";
import { ImportError } from "@sluice/errors";
import type { CompactionTaskInput, SegmentMerge } from "@sluice/jobs";
import { segmentId, type VisibleSegment } from "@sluice/schema";
import { appendSegments, type MergeSource, type SealedSegment, SegmentWriterSet } from "@sluice/segment";
import type { TaskContext, TaskResult } from "./task-kind.ts";

/** Segments that are asked for at once: of ten thousand, the logs alone would take megabytes. */
const SEGMENTS_PER_QUESTION = 256;
/** Merges of a task that run at once: small ones, which mostly wait for answers and objects. */
const MERGES_AT_ONCE = 4;

/** Rows of visible segments -> one segment for each merge, by columns, as they are stored. See `RunTask`. */
export async function runCompaction(input: CompactionTaskInput, context: TaskContext): Promise<TaskResult> {
  const done = input.merges.map(() => ({ rows: 0, bytes: 0 }));
  const sumOf = (key: "rows" | "bytes") => done.reduce((sum, one) => sum + one[key], 0);
  const run = (index: number) =>
    runMerge(input, input.merges[index], context, (rows, bytes) => {
      done[index] = { rows, bytes };
      context.onProgress(sumOf("rows"), sumOf("bytes"));
    });
  const made = await Array.fromAsync(mapConcurrent(input.merges.keys(), MERGES_AT_ONCE, run));
  const segments = made.flatMap((segment) => segment ?? []);
  // 0 where every row was deleted.
  const groupSegments = made.map((segment) => segmentId(segment?.segmentId ?? 0n));
  return { rowCount: sumOf("rows"), segments, groupSegments, autoIds: [] };
}

async function runMerge(
  { collectionId, schema }: CompactionTaskInput,
  { partitionId, vchannel, segmentIds, memoryBytes }: SegmentMerge,
  context: TaskContext,
  onProgress: (rows: number, bytes: number) => void,
): Promise<SealedSegment | undefined> {
  const { stored: store, objects, ids, limits, signal } = context;
  await using writer = SegmentWriterSet.open({
    ...{ schema, collectionId, ids, signal, store: objects, buckets: [{ partitionId, vchannel }] },
    ...{ flushBytes: limits.flushBytes, workerMemoryBytes: limits.workerMemoryBytes, nowMs: context.now() },
    flushesInFlight: limits.flushesInFlight,
    // It was chosen to fit, by the bounds of then.
    segmentBytes: Math.max(limits.segmentBytes, memoryBytes + 1),
  });
  const options = { schema, store, readBytes: limits.batchBytes, signal, onProgress };
  await appendSegments(sourcesOf(segmentIds, context), writer, options);
  const [segment, ...more] = await writer.seal();
  // None: every row is deleted.
  if (more.length === 0) return segment;
  throw new ImportError("internal", `${segmentIds.length} segments became ${more.length + 1}, expected one`);
}

/** Asks for the segments while they are merged, some at a time. */
async function* sourcesOf(ids: readonly bigint[], { visibleSegments }: TaskContext): AsyncGenerator<MergeSource> {
  for (let at = 0; at < ids.length; at += SEGMENTS_PER_QUESTION)
    yield* (await visibleSegments(ids.slice(at, at + SEGMENTS_PER_QUESTION))).map(sourceOf);
}

function sourceOf({ commitTs, rowTimestamps, ...segment }: VisibleSegment): MergeSource {
  return { ...segment, timestamp: rowTimestamps ? undefined : commitTs };
}
