import type { Column } from "@sluice/columns";
import type { LeafReader } from "@sluice/parquet";
import type { FieldSchema } from "@sluice/schema";
import { type TextCheck, textChecks } from "../../../text-checks.ts";
import { FlatColumn } from "./flat-column.ts";
import type { ReadContext } from "./read-context.ts";
import { VarOutput } from "./var-output.ts";

/** Cells of text, each checked as its field has it; where their bytes come from is the subclass's. */
export abstract class CheckedTextColumn extends FlatColumn {
  readonly mayStop = true;
  protected readonly output: VarOutput;
  readonly #checks: readonly TextCheck[];

  constructor(position: number, field: FieldSchema, leaf: LeafReader, { dynamic, rejects, memory }: ReadContext) {
    super(position, leaf);
    this.output = new VarOutput(field, rejects, memory);
    this.#checks = textChecks(field, dynamic);
  }

  take(rows: number): readonly Column[] {
    return [this.output.take(rows)];
  }

  protected open(_rows: number, softBytes: number): void {
    this.output.begin(softBytes);
  }

  protected get rows(): number {
    return this.output.rows;
  }

  protected override get isFull(): boolean {
    return this.output.cells.isFull;
  }

  /** The last `count` cells, from `from` on, are values of the next rows. */
  protected checkValues(from: number, count: number): void {
    const { cells, rules } = this.output;
    this.output.markValues(from);
    for (const check of this.#checks)
      check(cells, from, from + count, (index, reason, field) =>
        rules.refuse(reason, this.row + index - from, this.leaf.at, field),
      );
    this.row += count;
  }
}
