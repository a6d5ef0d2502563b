import type { Column } from "@sluice/columns";
import type { LeafReader, RowGroupInfo } from "@sluice/parquet";
import type { CollectionSchema } from "@sluice/schema";
import { type ColumnReader, checkNoMoreRows, shortColumn } from "./column-reader.ts";
import { FlatRuns } from "./flat-runs.ts";
import { type TextCheck, textChecks } from "./text-checks.ts";
import { VarOutput } from "./var-output.ts";

/** VarChar, Text, JSON and `$meta`: the bytes of the file are the bytes of the column, decoded straight into it. */
export class TextColumn implements ColumnReader {
  readonly fields: readonly number[];
  readonly leaves: readonly LeafReader[];
  readonly mayStop = true;
  readonly #leaf: LeafReader;
  readonly #runs: FlatRuns;
  readonly #output: VarOutput;
  readonly #checks: readonly TextCheck[];
  /** Row of the file that is read next. */
  #row = 0;

  constructor(position: number, schema: CollectionSchema, leaf: LeafReader) {
    this.fields = [position];
    this.leaves = [leaf];
    this.#leaf = leaf;
    this.#runs = new FlatRuns(leaf);
    this.#output = new VarOutput(schema.fields[position]);
    this.#checks = textChecks(schema, schema.fields[position]);
  }

  begin(group: RowGroupInfo): void {
    this.#row = group.firstRow;
    this.#runs.begin();
  }

  async fill(rows: number, softBytes: number): Promise<number> {
    this.#output.begin(softBytes);
    while (this.#output.rows < rows && !this.#output.cells.isFull) {
      if (this.#leaf.left === 0 && !(await this.#leaf.page())) throw shortColumn(this.#leaf, this.#row);
      try {
        this.#fillFromPage(rows);
      } catch (error) {
        throw this.#leaf.explain(error);
      }
    }
    return Math.min(rows, this.#output.rows);
  }

  take(rows: number): readonly Column[] {
    return [this.#output.take(rows)];
  }

  finish(): Promise<void> {
    return checkNoMoreRows(this.#leaf);
  }

  #fillFromPage(rows: number): void {
    const { cells } = this.#output;
    while (cells.count < rows && this.#leaf.left > 0 && !cells.isFull) {
      const run = this.#runs.next(rows - cells.count);
      if (run === 0) this.#output.appendNull(this.#row++, this.#leaf.at);
      else this.#values(run);
    }
  }

  #values(run: number): void {
    const { cells } = this.#output;
    const from = cells.count;
    const count = this.#leaf.readBytes(run, cells);
    this.#runs.take(count);
    this.#output.markValues(from);
    for (const check of this.#checks) {
      const refused = check(cells, from, from + count);
      if (refused)
        throw this.#output.rules.invalid(
          refused.reason,
          this.#row + refused.index - from,
          this.#leaf.at,
          refused.field,
        );
    }
    this.#row += count;
  }
}
