import type { Column } from "@sluice/columns";
import { emptyDefinition, type LeafReader, type ListNode, type RowGroupInfo } from "@sluice/parquet";
import type { FieldSchema } from "@sluice/schema";
import type { ElementRule } from "../../../numbers/elements.ts";
import type { ColumnReader } from "./column-reader.ts";
import { ElementValues } from "./element-values.ts";
import { NestedRows } from "./nested-rows.ts";
import type { ReadContext } from "./read-context.ts";
import { VarOutput } from "./var-output.ts";

/** Rows and elements that are held at a time before they become cells. */
const STEP_ROWS = 1024;
const STEP_ENTRIES = 1 << 16;

/** Array fields: lists of scalars. An empty list is an empty array, not a null (D5). */
export class ArrayColumn implements ColumnReader {
  readonly fields: readonly number[];
  readonly leaves: readonly LeafReader[];
  readonly mayStop = true;
  readonly #list: ListNode;
  readonly #rows: NestedRows;
  readonly #values: ElementValues;
  readonly #output: VarOutput;
  /** Row of the file that is read next. */
  #row = 0;

  /** @param rule of the elements; undefined for text */
  constructor(
    position: number,
    field: FieldSchema,
    leaf: LeafReader,
    list: ListNode,
    rule: ElementRule | undefined,
    { rejects }: ReadContext,
  ) {
    this.fields = [position];
    this.leaves = [leaf];
    this.#list = list;
    this.#rows = new NestedRows(leaf);
    this.#output = new VarOutput(field, rejects);
    this.#values = new ElementValues(this.#rows, field, rule);
  }

  begin(group: RowGroupInfo): void {
    this.#row = group.firstRow;
    this.#rows.begin();
  }

  async fill(rows: number, softBytes: number): Promise<number> {
    this.#output.begin(softBytes);
    while (this.#output.rows < rows && !this.#output.cells.isFull) {
      const step = Math.min(rows - this.#output.rows, STEP_ROWS);
      await this.#rows.read(step, STEP_ENTRIES, this.#row);
      try {
        this.#append();
      } catch (error) {
        throw this.#rows.leaf.explain(error);
      }
    }
    return Math.min(rows, this.#output.rows);
  }

  take(rows: number): readonly Column[] {
    return [this.#output.take(rows)];
  }

  finish(): Promise<void> {
    return this.#rows.checkEnd();
  }

  #append(): void {
    const { starts, definitions, rows, leaf } = this.#rows;
    const empty = emptyDefinition(this.#list);
    const bad = this.#values.convert();
    let value = 0;
    for (let i = 0; i < rows; i++, this.#row++) {
      const count = this.#rows.valuesOf(i);
      const refusal = this.#refusalOf(i, count) ?? bad.reasonBefore(value + count);
      if (definitions[starts[i]] < empty) this.#output.appendNull(this.#row, leaf.at);
      else {
        if (refusal !== undefined) this.#output.rules.refuse(refusal, this.#row, leaf.at);
        this.#values.appendCell(value, value + count, this.#output.cells);
        this.#output.markValues(this.#output.rows - 1);
      }
      value += count;
    }
  }

  /** Why the list of a row is refused, whatever its values are. @param count of its values */
  #refusalOf(i: number, count: number): string | undefined {
    const { starts } = this.#rows;
    const { name, maxCapacity } = this.#output.rules.field;
    const entries = starts[i + 1] - starts[i];
    if (count < entries && !this.#isEmpty(i))
      return `array element is not allowed to be null value for field '${name}'`;
    if (maxCapacity === 0 || entries <= maxCapacity) return undefined;
    return `array capacity(${entries}) for field ${name} exceeds max_capacity(${maxCapacity})`;
  }

  /** One entry without value stands for an empty list, or for none. */
  #isEmpty(i: number): boolean {
    const { starts, definitions } = this.#rows;
    return definitions[starts[i]] <= emptyDefinition(this.#list);
  }
}
