import type { Column } from "@sluice/columns";
import { BytesSink, type LeafReader } from "@sluice/parquet";
import { dataTypeName, type FieldSchema } from "@sluice/schema";
import { type ElementType, elementWidth, finiteCheck } from "./elements.ts";
import { FixedOutput } from "./fixed-output.ts";
import { FlatColumn } from "./flat-column.ts";

/** Values held at a time. */
const STEP_BYTES = 1 << 16;

/** Dense vectors that come as byte arrays (Arrow binary), each of exactly the vector's bytes. */
export class BytesVectorColumn extends FlatColumn {
  readonly mayStop = false;
  readonly #output: FixedOutput;
  readonly #element: ElementType;
  readonly #values = new BytesSink();
  #rows = 0;

  constructor(position: number, field: FieldSchema, leaf: LeafReader, element: ElementType) {
    super(position, leaf);
    this.#element = element;
    this.#output = new FixedOutput(field);
  }

  take(rows: number): readonly Column[] {
    return [this.#output.column(rows)];
  }

  protected open(rows: number): void {
    this.#output.begin(rows);
    this.#rows = 0;
  }

  protected get rows(): number {
    return this.#rows;
  }

  protected fillFromPage(rows: number): void {
    while (this.#rows < rows && this.leaf.left > 0) {
      const run = this.runs.next(rows - this.#rows);
      if (run === 0) this.#output.setNull(this.#rows, this.row, this.leaf.at);
      const count = run === 0 ? 1 : this.#takeValues(run);
      this.#rows += count;
      this.row += count;
    }
  }

  #takeValues(run: number): number {
    this.#values.clear();
    this.#values.softLimit = STEP_BYTES;
    const count = this.leaf.readBytes(run, this.#values);
    this.runs.take(count);
    const { width, buffer } = this.#output;
    for (let i = 0; i < count; i++) {
      const found = this.#values.offsets[i + 1] - this.#values.offsets[i];
      if (found !== width) throw this.#wrongLength(this.row + i, found);
    }
    buffer.bytes.set(this.#values.data.subarray(0, count * width), this.#rows * width);
    this.#checkFinite(count);
    return count;
  }

  #checkFinite(count: number): void {
    const perRow = this.#output.width / elementWidth[this.#element];
    const bad = finiteCheck(this.#element)?.(this.#output.buffer, this.#rows * perRow, count * perRow) ?? -1;
    if (bad < 0) return;
    const { field } = this.#output.rules;
    const row = this.row + Math.floor(bad / perRow);
    throw this.#output.rules.invalid(`the vector of field '${field.name}' holds NaN or infinity`, row, this.leaf.at);
  }

  #wrongLength(row: number, found: number): Error {
    const { field } = this.#output.rules;
    const reason = `length of vector is not aligned: expected ${this.#output.width} but got ${found} bytes, data type: ${dataTypeName(field.dataType)}`;
    return this.#output.rules.invalid(reason, row, this.leaf.at);
  }
}
