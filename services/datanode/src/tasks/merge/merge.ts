import { ImportError } from "@sluice/errors";
import type { MergeReport, MergeTaskInput } from "@sluice/jobs";
import type { StoredSegment, VisibleSegment } from "@sluice/schema";
import { SegmentExtender } from "@sluice/segment";
import type { TaskContext, TaskResult } from "../task-kind.ts";
import type { RowMatcher } from "./matched-rows.ts";
import { type MergeLimits, openMatcher } from "./row-matcher.ts";
import { SourceRows, type SourceSegments } from "./source-rows.ts";

/**
 * Rows of a collection and of files -> segments of a new collection, whose new fields hold what the files have for each row. See
 * `RunTask`. What the collection has is copied by the storage: of it only the field is read by which rows are matched. Deletes go along with their rows, which find nothing and are not counted.
 */
export async function runMerge(
  input: MergeTaskInput,
  context: TaskContext,
  limits: MergeLimits = {},
): Promise<TaskResult> {
  const counts = { ...noFileRows };
  using source = new SourceRows(input, context);
  await using matcher = await openMatcher(input, context, source, counts, limits);
  const merge = new Merge(input, context, source, matcher);
  const segments: StoredSegment[] = [];
  for await (const some of source.segments()) segments.push(...(await merge.take(some)));
  const counted = source.others();
  if (counted) await matcher.end(counted);
  const { sourceRows, matchedSourceRows } = merge;
  const unmatchedSourceRows = sourceRows - matchedSourceRows;
  const destRows = segments.reduce((sum, { rowCount, deletedRows = 0 }) => sum + rowCount - deletedRows, 0);
  const merged = { sourceRows, matchedSourceRows, unmatchedSourceRows, ...(counted ? counts : noFileRows), destRows };
  checkUnmatched(merged, input, context);
  return { rowCount: sourceRows, segments, autoIds: [], findings: { sets: [], rejected: [], merged } };
}

const noFileRows = { fileRows: 0, duplicateFileKeys: 0, nullFileKeys: 0, unmatchedFileRows: 0 };

class Merge {
  readonly #input: MergeTaskInput;
  readonly #context: TaskContext;
  readonly #source: SourceRows;
  readonly #matcher: RowMatcher;
  readonly #extender: SegmentExtender;
  readonly #fileBytes: number;
  #sourceBytes = 0;
  sourceRows = 0;
  matchedSourceRows = 0;

  constructor(input: MergeTaskInput, context: TaskContext, source: SourceRows, matcher: RowMatcher) {
    const { collectionId, newFields, sets } = input;
    const { objects: store, ids, signal } = context;
    this.#input = input;
    this.#context = context;
    this.#source = source;
    this.#matcher = matcher;
    this.#extender = new SegmentExtender({ collectionId, newFields, store, ids, signal, nowMs: context.now() });
    this.#fileBytes = sets.flatMap(({ files }) => files).reduce((sum, file) => sum + file.sizeBytes, 0);
  }

  /** The segments that these became; none of a dry run. */
  async take({ segments, firstRow }: SourceSegments): Promise<StoredSegment[]> {
    const targets = segments.map((segment) => this.#placeOf(segment));
    const ids = this.#input.isDryRun || targets.length === 0 ? [] : await this.#context.ids.segments(targets);
    const made: StoredSegment[] = [];
    let row = firstRow;
    for (const [i, segment] of segments.entries()) {
      const match = this.#matchesOf(segment, row);
      row += segment.rowCount;
      const { commitTs, rowTimestamps } = segment;
      const timestamp = rowTimestamps ? undefined : commitTs;
      if (this.#input.isDryRun) for (const part of segment.insertLogs[0].rowCounts.keys()) await match(part);
      else made.push(await this.#extender.extend({ segment, timestamp }, { ...targets[i], segmentId: ids[i] }, match));
      this.sourceRows += segment.rowCount - (segment.deletedRows ?? 0);
      this.#sourceBytes += segment.memoryBytes;
      this.#context.onProgress(this.sourceRows, this.#fileBytes + this.#sourceBytes);
    }
    return made;
  }

  #matchesOf(segment: VisibleSegment, firstRow: number) {
    const { rowCounts } = segment.insertLogs[0];
    let row = firstRow;
    return async (part: number) => {
      this.#context.signal.throwIfAborted();
      const keys = () => this.#source.keys(segment, part);
      const { columns, matched } = await this.#matcher.match({ rowCount: rowCounts[part], firstRow: row, keys });
      row += rowCounts[part];
      this.matchedSourceRows += matched;
      return columns;
    };
  }

  #placeOf({ partitionId, vchannel }: VisibleSegment): { readonly partitionId: bigint; readonly vchannel: string } {
    const toPartition = this.#input.partitions.find(([from]) => from === partitionId)?.[1];
    const toChannel = this.#input.vchannels.find(([from]) => from === vchannel)?.[1];
    if (toPartition !== undefined && toChannel !== undefined) return { partitionId: toPartition, vchannel: toChannel };
    throw new ImportError(
      "internal",
      `segment of partition ${partitionId}, channel ${vchannel}: the merge knows no such`,
    );
  }
}

/** @throws {ImportError} `value_invalid` for rows of the files without a match, where the rules do not bear with them */
function checkUnmatched({ unmatchedFileRows }: MergeReport, { rules }: MergeTaskInput, context: TaskContext): void {
  if (unmatchedFileRows === 0) return;
  const unmatched = `${unmatchedFileRows} rows of the files have a key that no row of the collection has`;
  if (rules.onUnmatchedFileRow === "error")
    throw new ImportError("value_invalid", `${unmatched} (onUnmatchedFileRow "error")`, { field: rules.mergeField });
  if (rules.onUnmatchedFileRow === "report") context.warn(unmatched);
}
