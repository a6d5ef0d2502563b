import type { Column } from "@sluice/columns";
import { BytesSink, type LeafReader, type RowGroupInfo } from "@sluice/parquet";
import { dataTypeName, type FieldSchema } from "@sluice/schema";
import { type ColumnReader, checkNoMoreRows, shortColumn } from "./column-reader.ts";
import { type ElementType, elementWidth, finiteCheck } from "./elements.ts";
import { FixedOutput } from "./fixed-output.ts";
import { FlatRuns } from "./flat-runs.ts";

/** Values held at a time. */
const STEP_BYTES = 1 << 16;

/** Dense vectors that come as byte arrays (Arrow binary), each of exactly the vector's bytes. */
export class BytesVectorColumn implements ColumnReader {
  readonly fields: readonly number[];
  readonly leaves: readonly LeafReader[];
  readonly mayStop = false;
  readonly #leaf: LeafReader;
  readonly #runs: FlatRuns;
  readonly #output: FixedOutput;
  readonly #element: ElementType;
  readonly #values = new BytesSink();
  #row = 0;

  constructor(position: number, field: FieldSchema, leaf: LeafReader, element: ElementType) {
    this.fields = [position];
    this.leaves = [leaf];
    this.#leaf = leaf;
    this.#element = element;
    this.#runs = new FlatRuns(leaf);
    this.#output = new FixedOutput(field);
  }

  begin(group: RowGroupInfo): void {
    this.#row = group.firstRow;
    this.#runs.begin();
  }

  async fill(rows: number): Promise<number> {
    this.#output.begin(rows);
    for (let done = 0; done < rows; ) {
      if (this.#leaf.left === 0 && !(await this.#leaf.page())) throw shortColumn(this.#leaf, this.#row + done);
      try {
        done += this.#next(done, rows - done);
      } catch (error) {
        throw this.#leaf.explain(error);
      }
    }
    this.#checkFinite(rows);
    this.#row += rows;
    return rows;
  }

  take(rows: number): readonly Column[] {
    return [this.#output.column(rows)];
  }

  finish(): Promise<void> {
    return checkNoMoreRows(this.#leaf);
  }

  #next(index: number, limit: number): number {
    const run = this.#runs.next(limit);
    if (run === 0) {
      this.#output.setNull(index, this.#row + index, this.#leaf.at);
      return 1;
    }
    this.#values.clear();
    this.#values.softLimit = STEP_BYTES;
    const count = this.#leaf.readBytes(run, this.#values);
    this.#runs.take(count);
    const { width, buffer } = this.#output;
    for (let i = 0; i < count; i++) {
      const found = this.#values.offsets[i + 1] - this.#values.offsets[i];
      if (found !== width) throw this.#wrongLength(this.#row + index + i, found);
    }
    buffer.bytes.set(this.#values.data.subarray(0, count * width), index * width);
    return count;
  }

  #checkFinite(rows: number): void {
    const perRow = this.#output.width / elementWidth[this.#element];
    const bad = finiteCheck(this.#element)?.(this.#output.buffer, 0, rows * perRow) ?? -1;
    if (bad < 0) return;
    const { field } = this.#output.rules;
    const row = this.#row + Math.floor(bad / perRow);
    throw this.#output.rules.invalid(`the vector of field '${field.name}' holds NaN or infinity`, row, this.#leaf.at);
  }

  #wrongLength(row: number, found: number): Error {
    const { field } = this.#output.rules;
    const reason = `length of vector is not aligned: expected ${this.#output.width} but got ${found} bytes, data type: ${dataTypeName(field.dataType)}`;
    return this.#output.rules.invalid(reason, row, this.#leaf.at);
  }
}
