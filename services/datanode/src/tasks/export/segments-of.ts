import type { ExportTaskInput } from "@sluice/jobs";
import type { VisibleSegment } from "@sluice/schema";
import type { TaskContext } from "../task-kind.ts";

/** Segments that are asked for at once: of ten thousand, the logs alone would take megabytes. */
const SEGMENTS_PER_QUESTION = 256;

/** The segments of a task as of its timestamp; asked for while they are worked on, some at a time. */
export async function* segmentsOf(
  { segmentIds, timestamp }: Pick<ExportTaskInput, "segmentIds" | "timestamp">,
  { visibleSegments }: Pick<TaskContext, "visibleSegments">,
): AsyncGenerator<VisibleSegment> {
  for (let at = 0; at < segmentIds.length; at += SEGMENTS_PER_QUESTION)
    yield* await visibleSegments(segmentIds.slice(at, at + SEGMENTS_PER_QUESTION), timestamp);
}
