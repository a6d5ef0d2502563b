import { BucketRouter, batchBytes, type InsertBatch } from "@sluice/columns";
import type { CheckedRows } from "@sluice/jobs";
import { primaryKeyIndex } from "@sluice/schema";
import type { TaskContext } from "../tasks/task-kind.ts";
import type { BatchSink, SinkOutcome } from "./batch-sink.ts";
import { FieldCheck } from "./check/field-check.ts";
import type { SegmentTarget } from "./segment-sink.ts";

/** Looks at rows and keeps none: what a task reads is checked as always, nothing is written, no id is used. */
export class CheckSink implements BatchSink {
  readonly #checks: readonly FieldCheck[];
  readonly #router: BucketRouter;
  readonly #keyIndex: number;
  readonly #segmentBytes: number;
  /** Rows by bucket; those with automatic keys go to all alike. */
  readonly #bucketRows: Float64Array;
  readonly #beganMs = performance.now();
  #columnBytes = 0;
  #rows = 0;

  constructor({ schema, vchannels, partitionIds }: SegmentTarget, { limits }: Pick<TaskContext, "limits">) {
    this.#checks = schema.fields.map((field) => new FieldCheck(field));
    this.#keyIndex = primaryKeyIndex(schema);
    this.#router = new BucketRouter(schema, vchannels.length, partitionIds.length);
    this.#bucketRows = new Float64Array(vchannels.length * partitionIds.length);
    this.#segmentBytes = limits.segmentBytes;
  }

  async append(batch: InsertBatch): Promise<void> {
    this.#rows += batch.rowCount;
    this.#columnBytes += batchBytes(batch);
    for (const [i, column] of batch.columns.entries()) if (column) this.#checks[i].add(column, batch.rowCount);
    this.#countBuckets(batch);
  }

  #countBuckets(batch: InsertBatch): void {
    const rows = this.#bucketRows;
    if (batch.columns[this.#keyIndex]) {
      const buckets = this.#router.route(batch);
      for (let row = 0; row < batch.rowCount; row++) rows[buckets[row]]++;
    } else for (let i = 0; i < rows.length; i++) rows[i] += batch.rowCount / rows.length;
  }

  /** What it has found stands in `checked`; there are no segments. */
  async finish(): Promise<SinkOutcome> {
    return { segments: [], autoIds: [], checked: this.#checked() };
  }

  #checked(): CheckedRows {
    const bytesPerRow = this.#columnBytes / Math.max(1, this.#rows);
    let segments = 0;
    for (const rows of this.#bucketRows) segments += Math.ceil((Math.ceil(rows) * bytesPerRow) / this.#segmentBytes);
    return {
      rows: this.#rows,
      columnBytes: this.#columnBytes,
      segments: Math.min(segments, this.#rows),
      seconds: (performance.now() - this.#beganMs) / 1000,
      fields: this.#checks.map((check) => check.health()),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
