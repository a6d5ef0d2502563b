import { mapConcurrent } from "@sluice/async";
import type { VisibleSegment } from "@sluice/schema";
import { type SegmentLogs, segmentParts } from "@sluice/segment";
import type { TaskContext } from "../task-kind.ts";
import { type LiveInput, LiveRows, type PartRows } from "./live-rows.ts";
import { segmentsOf } from "./segments-of.ts";

/** Parts of segments that are in memory at once: one is taken while the next is read. */
const PARTS_AT_ONCE = 2;

interface Part {
  readonly part: SegmentLogs & { readonly memoryBytes: number };
  readonly segment: VisibleSegment;
}

/** Rows of segments that pass a filter and have not expired, in their order, a part of a segment at a time. */
export async function* readLiveRows(
  input: LiveInput & { readonly segmentIds: readonly bigint[] },
  context: TaskContext,
): AsyncGenerator<PartRows> {
  const live = new LiveRows(input, context);
  const read = ({ part, segment }: Part) => live.read(part, segment);
  for await (const rows of mapConcurrent(partsOf(input, live, context), PARTS_AT_ONCE, read)) {
    context.signal.throwIfAborted();
    yield rows;
  }
}

async function* partsOf(
  input: LiveInput & { readonly segmentIds: readonly bigint[] },
  live: LiveRows,
  context: TaskContext,
): AsyncGenerator<Part> {
  for await (const segment of segmentsOf(input, context)) {
    if (live.isNone(segment)) continue;
    for (const part of segmentParts(segment))
      yield { segment, part: { ...part, memoryBytes: (segment.memoryBytes * part.rowCount) / segment.rowCount } };
  }
}
