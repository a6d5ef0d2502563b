import { mapConcurrent } from "@sluice/async";
import { ImportError } from "@sluice/errors";
import type { CopyTaskInput } from "@sluice/jobs";
import type { StoredSegment, VisibleSegment } from "@sluice/schema";
import { SegmentExtender } from "@sluice/segment";
import type { TaskContext, TaskResult } from "./task-kind.ts";

/** Segments that are asked for at once: of thousands, the logs alone would take megabytes. */
const SEGMENTS_PER_QUESTION = 64;
/** Segments that are copied at once: the storage does it, and each mostly waits. */
const SEGMENTS_AT_ONCE = 4;

/**
 * Segments of a collection -> the same rows in segments of another one, copied by the storage; no value is read but since when
 * merged rows count. See `RunTask`.
 */
export async function runCopy(input: CopyTaskInput, context: TaskContext): Promise<TaskResult> {
  const { collectionId, sourceCollectionId, snapshotTs, segmentIds } = input;
  const { objects: store, ids, signal, paced } = context;
  const extender = new SegmentExtender({
    collectionId,
    newFields: [],
    store,
    ids,
    signal,
    paced,
    nowMs: context.now(),
  });
  const done = { rows: 0, bytes: 0 };
  const copy = async ({ segment, segmentId }: { segment: VisibleSegment; segmentId: bigint }) => {
    const { commitTs, rowTimestamps } = segment;
    const timestamp = rowTimestamps ? undefined : commitTs;
    const made = await extender.extend({ segment, timestamp }, { ...placeOf(segment, input), segmentId }, noColumns);
    done.rows += segment.rowCount - (segment.deletedRows ?? 0);
    done.bytes += segment.memoryBytes;
    context.onProgress(done.rows, done.bytes);
    return made;
  };
  const segments: StoredSegment[] = [];
  for (let at = 0; at < segmentIds.length; at += SEGMENTS_PER_QUESTION) {
    const asked = segmentIds.slice(at, at + SEGMENTS_PER_QUESTION);
    const found = await context.visibleSegments(asked, snapshotTs, sourceCollectionId);
    const targets = await ids.segments(found.map((segment) => placeOf(segment, input)));
    const pairs = found.map((segment, i) => ({ segment, segmentId: targets[i] }));
    segments.push(...(await Array.fromAsync(mapConcurrent(pairs, SEGMENTS_AT_ONCE, copy))));
  }
  return { rowCount: done.rows, segments, autoIds: [] };
}

const noColumns = async () => [];

function placeOf({ partitionId, vchannel }: VisibleSegment, { partitions, vchannels }: CopyTaskInput) {
  const toPartition = partitions.find(([from]) => from === partitionId)?.[1];
  const toChannel = vchannels.find(([from]) => from === vchannel)?.[1];
  if (toPartition !== undefined && toChannel !== undefined) return { partitionId: toPartition, vchannel: toChannel };
  throw new ImportError("internal", `segment of partition ${partitionId}, channel ${vchannel}: the copy knows no such`);
}
