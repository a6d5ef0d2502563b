import { HeldMemory } from "@sluice/async";
import type { MergeTaskInput } from "@sluice/jobs";
import type { VisibleSegment } from "@sluice/schema";
import { readSegmentField, type SegmentLogs, segmentParts } from "@sluice/segment";
import type { TaskContext } from "../task-kind.ts";
import { LiveKeys } from "./live-keys.ts";
import { mergeKeys, type SourceKeys, widened } from "./merge-keys.ts";

/** Segments that are asked for at once: of thousands, the logs alone would take megabytes. */
const SEGMENTS_PER_QUESTION = 64;

/** Segments of the source that are asked for together, and where their rows begin among all. */
export interface SourceSegments {
  readonly segments: readonly VisibleSegment[];
  readonly firstRow: number;
}

/** The rows of the source as they were visible at the snapshot, without segments whose rows have all expired by then. */
export class SourceRows implements Disposable {
  readonly #input: MergeTaskInput;
  readonly #context: TaskContext;
  readonly #live: LiveKeys;
  /** Of the keys that were given last. */
  readonly #memory = new HeldMemory();

  constructor(input: MergeTaskInput, context: TaskContext) {
    this.#input = input;
    this.#context = context;
    this.#live = new LiveKeys(input.primaryKey, context);
  }

  /** Of this task. @throws {ImportError} `job_failed` when the snapshot is not kept any more */
  segments(): AsyncGenerator<SourceSegments> {
    return this.#visible(this.#input.segmentIds);
  }

  async *#visible(segmentIds: MergeTaskInput["segmentIds"]): AsyncGenerator<SourceSegments> {
    const { sourceCollectionId: collectionId, snapshotTs: timestamp, expiredTs } = this.#input;
    let firstRow = 0;
    for (let at = 0; at < segmentIds.length; at += SEGMENTS_PER_QUESTION) {
      const ids = segmentIds.slice(at, at + SEGMENTS_PER_QUESTION);
      const found = await this.#context.visibleSegments(ids, timestamp, collectionId);
      const segments = found.filter(({ commitTs, rowTimestamps }) => (rowTimestamps?.max ?? commitTs) > expiredTs);
      yield { segments, firstRow };
      firstRow += segments.reduce((sum, { rowCount }) => sum + rowCount, 0);
    }
  }

  /** Keys of the n-th logs of a segment; null of deleted rows, which match nothing. Valid until it is called again. */
  async keys(segment: VisibleSegment, part: number): Promise<SourceKeys["keys"]> {
    const { keyField } = this.#input;
    if (!keyField) throw new Error("keys of a merge without a field");
    const { stored, signal } = this.#context;
    const logs: SegmentLogs = segmentParts(segment)[part];
    this.#memory[Symbol.dispose]();
    const { column, rowCount } = await readSegmentField(stored, logs, keyField, signal, (length) =>
      this.#memory.take(length).fill(0),
    );
    const keys = widened(keyField, column, rowCount);
    return mergeKeys(segment.deltaLogs ? await this.#live.only(keys, segment, logs) : keys, rowCount);
  }

  /** Of all segments of this task, deleted rows too. @throws {ImportError} as `segments` */
  async rowCount(): Promise<number> {
    let rows = 0;
    for await (const { segments } of this.segments()) rows += segments.reduce((sum, { rowCount }) => sum + rowCount, 0);
    return rows;
  }

  /** Keys of all rows of this task whose logs begin with one of `[begin, end)`, logs after logs. */
  allKeys(begin = 0, end = Number.POSITIVE_INFINITY): AsyncGenerator<SourceKeys> {
    return this.#keysOf(this.segments(), begin, end);
  }

  /** Keys of the rows of other tasks, where this one counts for them; their numbers begin at 0, too. */
  others(): AsyncGenerator<SourceKeys> | undefined {
    const { countedSegmentIds } = this.#input;
    return countedSegmentIds ? this.#keysOf(this.#visible(countedSegmentIds)) : undefined;
  }

  async *#keysOf(
    all: AsyncIterable<SourceSegments>,
    begin = 0,
    end = Number.POSITIVE_INFINITY,
  ): AsyncGenerator<SourceKeys> {
    for await (const { segments, firstRow } of all) {
      let row = firstRow;
      for (const segment of segments)
        for (const [part, rowCount] of segment.insertLogs[0].rowCounts.entries()) {
          if (row >= begin && row < end) yield { keys: await this.keys(segment, part), firstRow: row };
          row += rowCount;
        }
    }
  }

  [Symbol.dispose](): void {
    this.#memory[Symbol.dispose]();
  }
}
