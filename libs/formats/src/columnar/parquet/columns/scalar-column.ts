import { type Column, FixedBuffer } from "@sluice/columns";
import type { LeafReader } from "@sluice/parquet";
import { dataTypeName, type FieldSchema } from "@sluice/schema";
import { elementWidth } from "../../../numbers/element-type.ts";
import { checkEach, convertEach, type ElementCheck, type ElementRule } from "../../../numbers/elements.ts";
import { holeOf, notFiniteHint } from "../../../numbers/holes.ts";
import { inexactWords, isFloat, isInteger, numberReaders } from "../../../numbers/number-kind.ts";
import { FixedOutput } from "./fixed-output.ts";
import { FlatColumn } from "./flat-column.ts";
import { describeValue } from "./leaf-rule.ts";
import type { ReadContext } from "./read-context.ts";

/** Values converted at a time. */
const STEP = 4096;

/** Scalars of fixed width, and dense vectors that come as FIXED_LEN_BYTE_ARRAY of the vector's own bytes. */
export class ScalarColumn extends FlatColumn {
  readonly mayStop = false;
  readonly #rule: ElementRule;
  readonly #output: FixedOutput;
  /** Elements of a value: 1, or those of a vector. */
  readonly #elements: number;
  readonly #isHole: ((value: number) => boolean) | undefined;
  readonly #scratch = new FixedBuffer();
  #rows = 0;

  constructor(
    position: number,
    field: FieldSchema,
    leaf: LeafReader,
    rule: ElementRule,
    { rejects, memory, nanIsNull }: ReadContext,
  ) {
    super(position, leaf);
    this.#rule = rule;
    this.#output = new FixedOutput(field, rejects, memory);
    this.#elements = this.#output.width / elementWidth[rule.to];
    this.#isHole = holeOf(field, this.#output.rules.standIn, { kind: leaf.type.kind, to: rule.to }, nanIsNull);
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
    this.runs.take(count);
    if (!convert) {
      this.leaf.readFixed(count, buffer.bytes, this.#rows * width);
      if (check) this.#checkInPlace(check, count);
      return;
    }
    this.#scratch.reserve(STEP * this.leaf.type.width);
    this.leaf.readFixed(count, this.#scratch.bytes, 0);
    convertEach(convert, this.#scratch, count, buffer, this.#rows, (bad) => this.#badValue(this.#scratch, bad, bad));
  }

  /** @param ahead values before the one at `element` of those that were taken */
  #badValue(values: FixedBuffer, element: number, ahead: number): void {
    const { kind } = this.leaf.type;
    if (isFloat(kind) && this.#isHole?.(numberReaders[kind](values, element)))
      this.#output.setNull(this.#rows + ahead, this.row + ahead, this.leaf.at);
    else this.#refuse(values, element, ahead);
  }

  #checkInPlace(check: ElementCheck, count: number): void {
    const { buffer } = this.#output;
    const start = this.#rows * this.#elements;
    checkEach(check, buffer, start, count * this.#elements, (bad) =>
      this.#badValue(buffer, start + bad, Math.floor(bad / this.#elements)),
    );
  }

  /** @param ahead values before the one that is refused */
  #refuse(values: FixedBuffer, element: number, ahead: number): void {
    const { rules } = this.#output;
    const { kind, name } = this.leaf.type;
    const shown = this.#elements > 1 ? "NaN or infinity" : describeValue(this.leaf.type, values, element);
    const why = isInteger(this.#rule.to) ? inexactWords(kind, values, element) : this.#hint(values, element);
    const expected = `expected type '${dataTypeName(rules.field.dataType)}' for field '${rules.field.name}'`;
    rules.refuse(`${expected}, got type '${name}' with value '${shown}'${why}`, this.row + ahead, this.leaf.at);
  }

  #hint(values: FixedBuffer, element: number): string {
    const { kind } = this.leaf.type;
    return isFloat(kind) ? notFiniteHint(this.#output.rules.field, numberReaders[kind](values, element)) : "";
  }
}
