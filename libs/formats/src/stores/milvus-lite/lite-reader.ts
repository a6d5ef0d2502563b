import { type InsertBatch, takeRows } from "@sluice/columns";
import type { SourceFile } from "@sluice/object-store";
import type { BatchOptions, FormatReader, ReaderInput, RejectedRow } from "../../format.ts";
import { FieldPlan } from "../../plan/field-plan.ts";
import { liteFiles } from "./lite-files.ts";
import { formatOf, NewestRows, SEQ } from "./newest-rows.ts";

/** Columns that Milvus Lite has for itself. */
const own = [SEQ, "_partition"];

/** A collection of Milvus Lite: the rows of its data files and logs that count, by the readers of Parquet and Arrow. */
export class LiteReader implements FormatReader {
  readonly #input: ReaderInput;
  readonly #plan: FieldPlan;

  constructor(input: ReaderInput) {
    this.#input = input;
    const { schema, options, uses } = input.plan;
    const { ignored = [], mapping } = options;
    const left = own.filter((name) => !input.plan.isName(name) && !mapping.has(name) && !ignored.includes(name));
    this.#plan = new FieldPlan(schema, { ...options, ignored: [...ignored, ...left] }, uses);
  }

  async *batches(options: BatchOptions): AsyncGenerator<InsertBatch> {
    const { sources, options: asked, wholeBytes, warn } = this.#input;
    const files = await liteFiles(sources, asked, options.signal);
    const newest = await NewestRows.of(files, wholeBytes, options.signal);
    let [sourceBytes, firstRow, leftOut] = [0, 0, 0];
    for (const file of [...files.data, ...files.dataLogs]) {
      const live = await newest.liveRows(file, options.signal);
      const liveCount = live.reduce((sum, flag) => sum + flag, 0);
      for await (const batch of this.#rowsOf(file, live, firstRow, options))
        yield { ...batch, sourceBytes: sourceBytes + batch.sourceBytes };
      firstRow += liveCount;
      leftOut += live.length - liveCount;
      sourceBytes += file.sizeBytes;
    }
    if (leftOut > 0) warn?.(`${leftOut} rows were left out, being deleted or replaced by newer ones of their keys`);
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  /** @param firstRow rows that count before those of the file: refused ones are numbered among them, in one file they have their own */
  async *#rowsOf(
    file: SourceFile,
    live: Uint8Array,
    firstRow: number,
    options: BatchOptions,
  ): AsyncGenerator<InsertBatch> {
    const { onReject } = options;
    const rejected = new Set<number>();
    let [row, seen] = [firstRow, 0];
    const reject = async (bad: RejectedRow) => {
      rejected.add(bad.row);
      for (; seen < bad.row; seen++) row += live[seen];
      if (live[bad.row] !== 1) return;
      if (!onReject) throw bad.error;
      await onReject({ ...bad, row });
    };
    await using reader = formatOf(file).open({ ...this.#input, sources: [file], plan: this.#plan });
    let next = 0;
    for await (const batch of reader.batches({ ...options, onReject: reject })) {
      const kept = new Uint32Array(batch.rowCount);
      let count = 0;
      // A batch has all rows behind the last one's, but for the rejected.
      for (let i = 0; i < batch.rowCount; next++) {
        if (rejected.delete(next)) continue;
        if (live[next] === 1) kept[count++] = i;
        i++;
      }
      if (count > 0) yield withRows(batch, kept.subarray(0, count));
    }
  }
}

function withRows(batch: InsertBatch, rows: Uint32Array): InsertBatch {
  if (rows.length === batch.rowCount) return batch;
  return { ...batch, rowCount: rows.length, columns: batch.columns.map((column) => column && takeRows(column, rows)) };
}
