import type { VisibleSegment } from "@sluice/schema";
import { segmentParts } from "@sluice/segment";
import type { TaskContext } from "../task-kind.ts";
import { type LiveInput, type LivePart, LiveRows, type PartRows } from "./live-rows.ts";
import { readAhead } from "./read-ahead.ts";
import { segmentsOf } from "./segments-of.ts";

interface Part {
  readonly part: LivePart;
  readonly segment: VisibleSegment;
}

/** Rows of segments that pass a filter and have not expired, in their order, a part of a segment at a time; its memory is the caller's. */
export async function* readLiveRows(
  input: LiveInput & { readonly segmentIds: readonly bigint[] },
  context: TaskContext,
): AsyncGenerator<PartRows> {
  const live = new LiveRows(input, context);
  const read = ({ part, segment }: Part) => live.read(part, segment);
  const bytesOf = ({ part }: Part) => part.memoryBytes;
  yield* readAhead(partsOf(input, live, context), bytesOf, read);
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
