import { FixedBuffer } from "@sluice/columns";
import type { LeafReader } from "@sluice/parquet";
import type { FieldSchema } from "@sluice/schema";
import { TextOut } from "../../../text-out.ts";
import { CheckedTextColumn } from "./checked-text-column.ts";
import type { LeafWriter } from "./leaf-text.ts";
import type { ReadContext } from "./read-context.ts";

/** Values printed at a time. */
const STEP = 1024;

/** Text fields from values that are no text, such as UUIDs and timestamps. */
export class PrintedColumn extends CheckedTextColumn {
  readonly #write: LeafWriter;
  readonly #values = new FixedBuffer();
  readonly #text = new TextOut();

  constructor(position: number, field: FieldSchema, leaf: LeafReader, write: LeafWriter, context: ReadContext) {
    super(position, field, leaf, context);
    this.#write = write;
  }

  protected fillFromPage(rows: number): void {
    while (this.rows < rows && this.leaf.left > 0 && !this.isFull) {
      const count = Math.min(this.runs.next(rows - this.rows), STEP);
      if (count === 0) this.output.appendNull(this.row++, this.leaf.at);
      else this.#print(count);
    }
  }

  #print(count: number): void {
    const { cells } = this.output;
    const from = cells.count;
    this.#values.reserve(count * this.leaf.type.width);
    this.leaf.readFixed(count, this.#values.bytes, 0);
    this.runs.take(count);
    for (let i = 0; i < count; i++) {
      this.#text.clear();
      this.#write(this.#values, i, this.#text);
      cells.append(this.#text.bytes, 0, this.#text.length);
    }
    this.checkValues(from, count);
  }
}
