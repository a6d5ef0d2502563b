import { type Column, FixedBuffer } from "@sluice/columns";
import type { LeafReader } from "@sluice/parquet";
import type { FieldSchema } from "@sluice/schema";
import { type TextCheck, textChecks } from "../../../text-checks.ts";
import { TextOut } from "../../../text-out.ts";
import { FlatColumn } from "./flat-column.ts";
import type { LeafWriter } from "./leaf-text.ts";
import type { ReadContext } from "./read-context.ts";
import { VarOutput } from "./var-output.ts";

/** Values printed at a time. */
const STEP = 1024;

/** Text fields from values that are no text, such as UUIDs and timestamps. */
export class PrintedColumn extends FlatColumn {
  readonly mayStop = true;
  readonly #write: LeafWriter;
  readonly #output: VarOutput;
  readonly #checks: readonly TextCheck[];
  readonly #values = new FixedBuffer();
  readonly #text = new TextOut();

  constructor(
    position: number,
    field: FieldSchema,
    leaf: LeafReader,
    write: LeafWriter,
    { dynamic, rejects }: ReadContext,
  ) {
    super(position, leaf);
    this.#write = write;
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
    while (this.rows < rows && this.leaf.left > 0 && !this.isFull) {
      const count = Math.min(this.runs.next(rows - this.rows), STEP);
      if (count === 0) this.#output.appendNull(this.row++, this.leaf.at);
      else this.#print(count);
    }
  }

  #print(count: number): void {
    const { cells, rules } = this.#output;
    const from = cells.count;
    this.#values.reserve(count * this.leaf.type.width);
    this.leaf.readFixed(count, this.#values.bytes, 0);
    this.runs.take(count);
    for (let i = 0; i < count; i++) {
      this.#text.clear();
      this.#write(this.#values, i, this.#text);
      cells.append(this.#text.bytes, 0, this.#text.length);
    }
    this.#output.markValues(from);
    for (const check of this.#checks)
      check(cells, from, from + count, (index, reason) => rules.refuse(reason, this.row + index - from, this.leaf.at));
    this.row += count;
  }
}
