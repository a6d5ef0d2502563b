import type { Column } from "@sluice/columns";
import type { LeafReader } from "@sluice/parquet";
import { dataTypeName, type FieldSchema } from "@sluice/schema";
import { describeValue, type ElementRule, elementWidth } from "./elements.ts";
import { FixedBuffer } from "./fixed-buffer.ts";
import { FixedOutput } from "./fixed-output.ts";
import { FlatColumn } from "./flat-column.ts";

/** Values converted at a time. */
const STEP = 4096;

/** Scalars of fixed width, and dense vectors that come as FIXED_LEN_BYTE_ARRAY of the vector's own bytes. */
export class ScalarColumn extends FlatColumn {
  readonly mayStop = false;
  readonly #rule: ElementRule;
  readonly #output: FixedOutput;
  /** Elements of a value: 1, or those of a vector. */
  readonly #elements: number;
  readonly #scratch = new FixedBuffer();
  #rows = 0;

  constructor(position: number, field: FieldSchema, leaf: LeafReader, rule: ElementRule) {
    super(position, leaf);
    this.#rule = rule;
    this.#output = new FixedOutput(field);
    this.#elements = this.#output.width / elementWidth[rule.to];
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
      const count = Math.min(this.runs.next(rows - this.#rows), STEP);
      if (count > 0) this.#values(count);
      else this.#output.setNull(this.#rows, this.row, this.leaf.at);
      this.#rows += Math.max(count, 1);
      this.row += Math.max(count, 1);
    }
  }

  #values(count: number): void {
    const { convert, check } = this.#rule;
    const { buffer, width } = this.#output;
    const start = this.#rows * this.#elements;
    this.runs.take(count);
    if (!convert) {
      this.leaf.readFixed(count, buffer.bytes, this.#rows * width);
      const bad = check ? check(buffer, start, count * this.#elements) : -1;
      if (bad >= 0) throw this.#refuse(buffer, start + bad, Math.floor(bad / this.#elements));
      return;
    }
    this.#scratch.reserve(STEP * this.leaf.type.width);
    this.leaf.readFixed(count, this.#scratch.bytes, 0);
    const bad = convert(this.#scratch, count, buffer, this.#rows);
    if (bad >= 0) throw this.#refuse(this.#scratch, bad, bad);
  }

  /** @param ahead values before the one that is refused */
  #refuse(values: FixedBuffer, element: number, ahead: number): Error {
    const { rules } = this.#output;
    const { kind, name } = this.leaf.type;
    const shown = this.#elements > 1 ? "NaN or infinity" : describeValue(kind, values, element);
    const expected = `expected type '${dataTypeName(rules.field.dataType)}' for field '${rules.field.name}'`;
    return rules.invalid(`${expected}, got type '${name}' with value '${shown}'`, this.row + ahead, this.leaf.at);
  }
}
