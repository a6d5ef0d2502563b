import type { Column } from "@sluice/columns";
import type { LeafReader } from "@sluice/parquet";
import type { CollectionSchema } from "@sluice/schema";
import { FlatColumn } from "./flat-column.ts";
import { type TextCheck, textChecks } from "./text-checks.ts";
import { VarOutput } from "./var-output.ts";

/** VarChar, Text, JSON and `$meta`: the bytes of the file are the bytes of the column, decoded straight into it. */
export class TextColumn extends FlatColumn {
  readonly mayStop = true;
  readonly #output: VarOutput;
  readonly #checks: readonly TextCheck[];

  constructor(position: number, schema: CollectionSchema, leaf: LeafReader) {
    super(position, leaf);
    this.#output = new VarOutput(schema.fields[position]);
    this.#checks = textChecks(schema, schema.fields[position]);
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
    for (const check of this.#checks) {
      const refused = check(cells, from, from + count);
      if (refused)
        throw this.#output.rules.invalid(refused.reason, this.row + refused.index - from, this.leaf.at, refused.field);
    }
    this.row += count;
  }
}
