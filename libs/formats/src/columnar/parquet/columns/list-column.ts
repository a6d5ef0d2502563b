import type { Column } from "@sluice/columns";
import { emptyDefinition, type LeafReader, type ListNode, type RowGroupInfo } from "@sluice/parquet";
import type { FieldSchema } from "@sluice/schema";
import type { ColumnReader } from "./column-reader.ts";
import { NestedRows } from "./nested-rows.ts";
import type { ReadContext } from "./read-context.ts";
import { VarOutput } from "./var-output.ts";

/** How many are held at a time before they become cells: of either, about. */
export interface ListStep {
  readonly rows: number;
  readonly entries: number;
}

/** Lists of values that are no lists, of which each row becomes one cell. An empty list is an empty cell, not a null. */
export abstract class ListColumn implements ColumnReader {
  readonly fields: readonly number[];
  readonly leaves: readonly LeafReader[];
  readonly mayStop = true;
  protected readonly field: FieldSchema;
  protected readonly rows: NestedRows;
  protected readonly output: VarOutput;
  readonly #step: ListStep;
  /** Definition level of an empty list; nulls are below it. */
  readonly #empty: number;
  /** Row of the file that is read next. */
  #row = 0;

  constructor(
    position: number,
    field: FieldSchema,
    leaf: LeafReader,
    list: ListNode,
    step: ListStep,
    { rejects }: ReadContext,
  ) {
    this.fields = [position];
    this.leaves = [leaf];
    this.field = field;
    this.rows = new NestedRows(leaf);
    this.output = new VarOutput(field, rejects);
    this.#step = step;
    this.#empty = emptyDefinition(list);
  }

  /** Makes what is needed of all the values that `rows` holds. */
  protected abstract convert(): void;

  /** Why the values `[from, to)` of a row may not stand in the field. Asked of every row, in their order. */
  protected abstract refusalOf(from: number, to: number): string | undefined;

  /** Appends the cell of the values `[from, to)` to `output.cells`. */
  protected abstract appendCell(from: number, to: number): void;

  begin(group: RowGroupInfo): void {
    this.#row = group.firstRow;
    this.rows.begin();
  }

  async fill(rows: number, softBytes: number): Promise<number> {
    const { cells } = this.output;
    this.output.begin(softBytes);
    while (this.output.rows < rows && !cells.isFull) {
      await this.rows.read(Math.min(rows - this.output.rows, this.#step.rows), this.#step.entries, this.#row);
      try {
        this.#append();
      } catch (error) {
        throw this.rows.leaf.explain(error);
      }
    }
    return Math.min(rows, this.output.rows);
  }

  take(rows: number): readonly Column[] {
    return [this.output.take(rows)];
  }

  finish(): Promise<void> {
    return this.rows.checkEnd();
  }

  #append(): void {
    const { rows, leaf } = this.rows;
    this.convert();
    for (let i = 0, from = 0; i < rows; i++, this.#row++) {
      const to = from + this.rows.valuesOf(i);
      // Asked for in any case: bad values that nobody asks for would be the next row's.
      const refusal = this.refusalOf(from, to);
      if (this.#levelOf(i) < this.#empty) this.output.appendNull(this.#row, leaf.at);
      else this.#appendList(this.#listRefusal(i, to - from) ?? refusal, from, to);
      from = to;
    }
  }

  #appendList(refusal: string | undefined, from: number, to: number): void {
    const { output } = this;
    if (refusal !== undefined) output.rules.refuse(refusal, this.#row, this.rows.leaf.at);
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
