import { Bm25StatsBuilder, encodeBm25Stats } from "@sluice/binlog";
import { type CollectionSchema, type FieldLogs, functionsOf } from "@sluice/schema";
import type { FlushedRows } from "./flushed-rows.ts";
import type { PutQueue } from "./put-queue.ts";
import { bm25LogKey, type SegmentPlace } from "./segment-keys.ts";

interface OutputLogs {
  readonly fieldId: number;
  /** Of its column. */
  readonly index: number;
  readonly logIds: bigint[];
  readonly rowCounts: number[];
  readonly sizesBytes: number[];
}

/**
 * Statistics of the BM25 outputs of a segment, a log for each flush: the terms of a flush fit in memory, those of a segment need
 * not. Readers add them up, since no row is in two of them.
 */
export class Bm25Logs {
  readonly #outputs: readonly OutputLogs[];

  constructor(schema: CollectionSchema) {
    this.#outputs = functionsOf(schema)
      .filter(({ type }) => type === "bm25")
      .map(({ outputId: fieldId }) => ({
        ...{ fieldId, index: schema.fields.findIndex((field) => field.fieldId === fieldId) },
        ...{ logIds: [], rowCounts: [], sizesBytes: [] },
      }));
  }

  /** Logs of one flush. */
  get count(): number {
    return this.#outputs.length;
  }

  /** Encodes the statistics of a flush, and begins to write them. @param firstLogId of `count` ids */
  write(buffer: FlushedRows, place: SegmentPlace, firstLogId: bigint, puts: PutQueue): Promise<void>[] {
    return this.#outputs.map(async (output, i) => {
      const stats = new Bm25StatsBuilder();
      stats.add(buffer.column(output.index), buffer.rowCount);
      const logId = firstLogId + BigInt(i);
      // Recorded in the order of the flushes, whatever the order in which their writes end.
      const at = output.logIds.push(logId) - 1;
      output.rowCounts[at] = buffer.rowCount;
      output.sizesBytes[at] = 0;
      output.sizesBytes[at] = await puts.put(bm25LogKey(place, output.fieldId, logId), [
        encodeBm25Stats(stats.finish()),
      ]);
    });
  }

  /** What is written, once all writes have ended. */
  get logs(): FieldLogs[] {
    return this.#outputs.map(({ fieldId, logIds, rowCounts, sizesBytes }) => ({
      fieldId,
      logIds,
      rowCounts,
      sizesBytes,
    }));
  }
}
