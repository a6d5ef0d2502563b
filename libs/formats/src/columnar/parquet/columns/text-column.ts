import type { Column } from "@sluice/columns";
import type { LeafReader } from "@sluice/parquet";
import type { FieldSchema } from "@sluice/schema";
import { type TextCheck, textChecks } from "../../../text-checks.ts";
import { FlatColumn } from "./flat-column.ts";
import type { ReadContext } from "./read-context.ts";
import { VarOutput } from "./var-output.ts";

/** VarChar, Text, JSON and `$meta`: the bytes of the file are the bytes of the column, decoded straight into it. */
export class TextColumn extends FlatColumn {
  readonly mayStop = true;
  readonly #output: VarOutput;
  readonly #checks: readonly TextCheck[];

  constructor(position: number, field: FieldSchema, leaf: LeafReader, { dynamic, rejects }: ReadContext) {
    super(position, leaf);
    this.#output = new VarOutput(field, rejects);
    this.#checks = textChecks(field, dynamic);
  }

  take(rows: number): readonly Column[] {
    return [this.#output.take(rows)];
  }

  protected open(_rows: number, softBytes: number): void {
    this.#output.begin(softBytes);
  }

  protected get rows(): number {
    return this.#output.rows;
  }

  protected override get isFull(): boolean {
    return this.#output.cells.isFull;
  }

  protected fillFromPage(rows: number): void {
    const { cells } = this.#output;
    while (cells.count < rows && this.leaf.left > 0 && !cells.isFull) {
      const run = this.runs.next(rows - cells.count);
      if (run === 0) this.#output.appendNull(this.row++, this.leaf.at);
      else this.#values(run);
    }
  }

  #values(run: number): void {
    const { cells } = this.#output;
    const from = cells.count;
    const count = this.leaf.readBytes(run, cells);
    this.runs.take(count);
    this.#output.markValues(from);
    const { rules } = this.#output;
    for (const check of this.#checks)
      check(cells, from, from + count, (index, reason, field) =>
        rules.refuse(reason, this.row + index - from, this.leaf.at, field),
      );
    this.row += count;
  }
}
