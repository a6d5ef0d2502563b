import type { LeafReader, ListNode } from "@sluice/parquet";
import type { FieldSchema } from "@sluice/schema";
import type { ElementRule } from "../../../numbers/elements.ts";
import { type BadValues, ElementValues } from "./element-values.ts";
import { ListColumn } from "./list-column.ts";
import type { ReadContext } from "./read-context.ts";

const STEP = { rows: 1024, entries: 1 << 16 };

/** Array fields: lists of scalars. */
export class ArrayColumn extends ListColumn {
  readonly #values: ElementValues;
  #bad: BadValues | undefined;

  /** @param rule of the elements; undefined for text */
  constructor(
    position: number,
    field: FieldSchema,
    leaf: LeafReader,
    list: ListNode,
    rule: ElementRule | undefined,
    context: ReadContext,
  ) {
    super(position, field, leaf, list, STEP, context);
    this.#values = new ElementValues(this.rows, field, rule);
  }

  protected convert(): void {
    this.#bad = this.#values.convert();
  }

  protected refusalOf(_from: number, to: number): string | undefined {
    return this.#bad?.reasonBefore(to);
  }

  protected appendCell(from: number, to: number): void {
    this.#values.appendCell(from, to, this.output.cells);
  }
}
