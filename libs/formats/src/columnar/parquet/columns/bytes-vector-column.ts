import type { Column } from "@sluice/columns";
import { BytesSink, type LeafReader } from "@sluice/parquet";
import { dataTypeName, type FieldSchema } from "@sluice/schema";
import { type ElementType, elementWidth } from "../../../numbers/element-type.ts";
import { checkEach, finiteCheck } from "../../../numbers/elements.ts";
import { FixedOutput } from "./fixed-output.ts";
import { FlatColumn } from "./flat-column.ts";
import type { ReadContext } from "./read-context.ts";

/** Values held at a time. */
const STEP_BYTES = 1 << 16;

/** Dense vectors that come as byte arrays (Arrow binary), each of exactly the vector's bytes. */
export class BytesVectorColumn extends FlatColumn {
  readonly mayStop = false;
  readonly #output: FixedOutput;
  readonly #element: ElementType;
  readonly #values = new BytesSink();
  #rows = 0;

  constructor(position: number, field: FieldSchema, leaf: LeafReader, element: ElementType, { rejects }: ReadContext) {
    super(position, leaf);
    this.#element = element;
    this.#output = new FixedOutput(field, rejects);
  }

  take(rows: number): readonly Column[] {
    return [this.#output.take(rows)];
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
    const { data, offsets } = this.#values;
    let areWhole = true;
    for (let i = 0; i < count; i++) if (offsets[i + 1] - offsets[i] !== width) areWhole = false;
    if (areWhole) buffer.bytes.set(data.subarray(0, count * width), this.#rows * width);
    else for (let i = 0; i < count; i++) this.#put(i, data.subarray(offsets[i], offsets[i + 1]));
    this.#checkFinite(count);
    return count;
  }

  /** @param ahead values before this one */
  #put(ahead: number, value: Uint8Array): void {
    const isWhole = value.length === this.#output.width;
    if (!isWhole) this.#refuseLength(this.row + ahead, value.length);
    this.#output.put(this.#rows + ahead, isWhole ? value : undefined);
  }

  #checkFinite(count: number): void {
    const perRow = this.#output.width / elementWidth[this.#element];
    const check = finiteCheck(this.#element);
    if (!check) return;
    const { rules, field, buffer } = this.#output;
    const reason = `the vector of field '${field.name}' holds NaN or infinity`;
    checkEach(check, buffer, this.#rows * perRow, count * perRow, (bad) =>
      rules.refuse(reason, this.row + Math.floor(bad / perRow), this.leaf.at),
    );
  }

  #refuseLength(row: number, found: number): void {
    const { field } = this.#output.rules;
    const reason = `length of vector is not aligned: expected ${this.#output.width} but got ${found} bytes, data type: ${dataTypeName(field.dataType)}`;
    this.#output.rules.refuse(reason, row, this.leaf.at);
  }
}
