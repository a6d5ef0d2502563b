import { Bm25StatsBuilder, encodeBm25Stats } from "@sluice/binlog";
import { type CollectionSchema, type FieldLogs, functionsOf } from "@sluice/schema";
import type { LogIdBlocks } from "./log-ids.ts";
import type { PutQueue } from "./put-queue.ts";
import type { RowBuffer } from "./row-buffer.ts";
import { bm25LogKey, type SegmentPlace } from "./segment-keys.ts";

/** Statistics of the BM25 outputs of a segment that is being written, a log each. */
export class Bm25LogsBuilder {
  readonly #outputs: readonly { readonly fieldId: number; readonly index: number; readonly stats: Bm25StatsBuilder }[];

  constructor(schema: CollectionSchema) {
    this.#outputs = functionsOf(schema)
      .filter(({ type }) => type === "bm25")
      .map(({ outputId: fieldId }) => {
        const index = schema.fields.findIndex((field) => field.fieldId === fieldId);
        return { fieldId, index, stats: new Bm25StatsBuilder() };
      });
  }

  add(buffer: RowBuffer): void {
    for (const { index, stats } of this.#outputs) stats.add(buffer.column(index), buffer.rowCount);
  }

  /** Writes the logs; resolves when they are durable. */
  async write(place: SegmentPlace, logIds: LogIdBlocks, puts: PutQueue): Promise<FieldLogs[]> {
    const logs: FieldLogs[] = [];
    for (const { fieldId, stats } of this.#outputs) {
      const logId = await logIds.take(1);
      const found = stats.finish();
      const sizeBytes = await puts.put(bm25LogKey(place, fieldId, logId), [encodeBm25Stats(found)]);
      logs.push({ fieldId, logIds: [logId], rowCounts: [found.rowCount], sizesBytes: [sizeBytes] });
    }
    return logs;
  }
}
