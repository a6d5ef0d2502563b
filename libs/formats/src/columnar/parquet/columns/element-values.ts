import type { BytesSink } from "@sluice/parquet";
import { type DataType, dataTypeName, type FieldSchema } from "@sluice/schema";
import { appendNumberCell, appendTextCell } from "./array-cells.ts";
import { describeValue, type ElementRule, elementWidth } from "./elements.ts";
import { FixedBuffer } from "./fixed-buffer.ts";
import type { NestedRows } from "./nested-rows.ts";
import { lengthCheck, type TextCheck, utf8Check } from "./text-checks.ts";

/** A value that its field does not allow. */
export interface BadValue {
  /** Among the values of the rows. */
  readonly index: number;
  readonly reason: string;
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

  /** Makes the values elements, and answers the first that may not be one. */
  convert(): BadValue | undefined {
    const { fixed, valueCount, leaf } = this.#rows;
    if (!this.#rule) return this.#checkTexts();
    const { convert, check, to } = this.#rule;
    if (convert) this.#converted.reserve(valueCount * elementWidth[to]);
    const index = convert ? convert(fixed, valueCount, this.#converted, 0) : (check?.(fixed, 0, valueCount) ?? -1);
    if (index < 0) return undefined;
    const expected = `expected element type '${dataTypeName(this.#field.elementType)}' in field '${this.#field.name}'`;
    return {
      index,
      reason: `${expected}, got type '${leaf.type.name}' with value '${describeValue(leaf.type.kind, fixed, index)}'`,
    };
  }

  /** Appends the cell of an array of the elements `[from, to)`. */
  appendCell(from: number, to: number, cells: BytesSink): void {
    const type: DataType = this.#field.elementType;
    if (this.#rule) appendNumberCell(type, this.elements, from, to, cells);
    else appendTextCell(this.#rows.texts, from, to, cells);
  }

  #checkTexts(): BadValue | undefined {
    let first: BadValue | undefined;
    for (const check of this.#checks) {
      const refused = check(this.#rows.texts, 0, this.#rows.valueCount);
      if (refused && (!first || refused.index < first.index)) first = refused;
    }
    return first;
  }
}
