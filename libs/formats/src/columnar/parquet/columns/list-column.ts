import type { Column } from "@sluice/columns";
import { emptyDefinition, type LeafReader, type ListNode } from "@sluice/parquet";
import type { FieldSchema } from "@sluice/schema";
import { NestedColumn, type NestedStep } from "./nested-column.ts";
import type { ReadContext } from "./read-context.ts";
import { VarOutput } from "./var-output.ts";

/** Lists of values that are no lists, of which each row becomes one cell. An empty list is an empty cell, not a null. */
export abstract class ListColumn extends NestedColumn {
  readonly mayStop = true;
  protected readonly field: FieldSchema;
  protected readonly output: VarOutput;
  /** Definition level of an empty list; nulls are below it. */
  readonly #empty: number;

  constructor(
    position: number,
    field: FieldSchema,
    leaf: LeafReader,
    list: ListNode,
    step: NestedStep,
    { rejects }: ReadContext,
  ) {
    super(position, leaf, step);
    this.field = field;
    this.output = new VarOutput(field, rejects);
    this.#empty = emptyDefinition(list);
  }

  /** Makes what is needed of all the values that `rows` holds. */
  protected abstract convert(): void;

  /** Why the values `[from, to)` of a row may not stand in the field. Asked of every row, in their order. */
  protected abstract refusalOf(from: number, to: number): string | undefined;

  /** Appends the cell of the values `[from, to)` to `output.cells`. */
  protected abstract appendCell(from: number, to: number): void;

  async fill(rows: number, softBytes: number): Promise<number> {
    const { cells } = this.output;
    this.output.begin(softBytes);
    while (this.output.rows < rows && !cells.isFull) await this.step(rows - this.output.rows, () => this.#append());
    return Math.min(rows, this.output.rows);
  }

  take(rows: number): readonly Column[] {
    return [this.output.take(rows)];
  }

  #append(): void {
    const { rows, leaf } = this.rows;
    this.convert();
    for (let i = 0, from = 0; i < rows; i++, this.row++) {
      const to = from + this.rows.valuesOf(i);
      // Asked for in any case: bad values that nobody asks for would be the next row's.
      const refusal = this.refusalOf(from, to);
      if (this.#levelOf(i) < this.#empty) this.output.appendNull(this.row, leaf.at);
      else this.#appendList(this.#listRefusal(i, to - from) ?? refusal, from, to);
      from = to;
    }
  }

  #appendList(refusal: string | undefined, from: number, to: number): void {
    const { output } = this;
    if (refusal !== undefined) output.rules.refuse(refusal, this.row, this.rows.leaf.at);
    this.appendCell(from, to);
    output.markValues(output.rows - 1);
  }

  /** Of the first entry of a row, which stands alone where the list is null or empty. */
  #levelOf(i: number): number {
    return this.rows.definitions[this.rows.starts[i]];
  }

  /** Why the list of a row is refused, whatever its values are. @param count of its values */
  #listRefusal(i: number, count: number): string | undefined {
    const { starts } = this.rows;
    const { name, maxCapacity } = this.field;
    if (count < starts[i + 1] - starts[i] && this.#levelOf(i) > this.#empty)
      return `array element is not allowed to be null value for field '${name}'`;
    if (maxCapacity === 0 || count <= maxCapacity) return undefined;
    return `array capacity(${count}) for field ${name} exceeds max_capacity(${maxCapacity})`;
  }
}
