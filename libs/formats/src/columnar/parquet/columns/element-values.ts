import { FixedBuffer } from "@sluice/columns";
import type { BytesSink } from "@sluice/parquet";
import { type DataType, dataTypeName, type FieldSchema } from "@sluice/schema";
import { appendNumberCell, appendTextCell } from "../../../numbers/array-cells.ts";
import { elementWidth } from "../../../numbers/element-type.ts";
import { checkEach, convertEach, type ElementRule } from "../../../numbers/elements.ts";
import { inexactWords, isInteger } from "../../../numbers/number-kind.ts";
import { lengthCheck, type TextCheck, utf8Check } from "../../../text-checks.ts";
import { describeValue } from "./leaf-rule.ts";
import type { NestedRows } from "./nested-rows.ts";

/** Values that their field does not allow, by their place among the values of the rows; taken row by row. */
export class BadValues {
  readonly #found: { readonly index: number; readonly reason: string }[] = [];
  #next = 0;

  /** @param index among the values of the rows */
  add(index: number, reason: string): void {
    this.#found.push({ index, reason });
  }

  /** Why the first bad value before `end` is refused that was not passed yet; all of them are passed. */
  reasonBefore(end: number): string | undefined {
    const first = this.#found[this.#next];
    while (this.#next < this.#found.length && this.#found[this.#next].index < end) this.#next++;
    return first && first.index < end ? first.reason : undefined;
  }

  /** By place, for checks that each went over all values. */
  sort(): this {
    this.#found.sort((a, b) => a.index - b.index);
    return this;
  }
}

/** Elements of arrays, of the rows that stand in a `NestedRows`: converted and checked all at once, then put into cells. */
export class ElementValues {
  readonly #rows: NestedRows;
  readonly #field: FieldSchema;
  readonly #rule: ElementRule | undefined;
  readonly #checks: readonly TextCheck[];
  readonly #converted = new FixedBuffer();

  /** @param rule of the elements; undefined for text */
  constructor(rows: NestedRows, field: FieldSchema, rule: ElementRule | undefined) {
    this.#rows = rows;
    this.#field = field;
    this.#rule = rule;
    this.#checks = field.maxLength > 0 ? [utf8Check(field.name), lengthCheck(field)] : [utf8Check(field.name)];
  }

  /** Where the elements lie after `convert`, when they are no text. */
  get elements(): FixedBuffer {
    return this.#rule?.convert ? this.#converted : this.#rows.fixed;
  }

  /** Makes the values elements, and answers those that may not be any. */
  convert(): BadValues {
    const { fixed, valueCount } = this.#rows;
    const bad = new BadValues();
    if (!this.#rule) return this.#checkTexts(bad);
    const { convert, check, to } = this.#rule;
    const refuse = (index: number) => bad.add(index, this.#reason(index));
    if (convert) {
      this.#converted.reserve(valueCount * elementWidth[to]);
      convertEach(convert, fixed, valueCount, this.#converted, 0, refuse);
    } else if (check) checkEach(check, fixed, 0, valueCount, refuse);
    return bad;
  }

  #reason(index: number): string {
    const { fixed, leaf } = this.#rows;
    const why = isInteger(this.#rule?.to ?? "") ? inexactWords(leaf.type.kind, fixed, index) : "";
    const expected = `expected element type '${dataTypeName(this.#field.elementType)}' in field '${this.#field.name}'`;
    return `${expected}, got type '${leaf.type.name}' with value '${describeValue(leaf.type, fixed, index)}'${why}`;
  }

  /** Appends the cell of an array of the elements `[from, to)`. */
  appendCell(from: number, to: number, cells: BytesSink): void {
    const type: DataType = this.#field.elementType;
    if (this.#rule) appendNumberCell(type, this.elements, from, to, cells);
    else appendTextCell(this.#rows.texts, from, to, cells);
  }

  #checkTexts(bad: BadValues): BadValues {
    for (const check of this.#checks)
      check(this.#rows.texts, 0, this.#rows.valueCount, (index, reason) => bad.add(index, reason));
    return bad.sort();
  }
}
