import { CheckedTextColumn } from "./checked-text-column.ts";

/** VarChar, Text, JSON and `$meta`: the bytes of the file are the bytes of the column, decoded straight into it. */
export class TextColumn extends CheckedTextColumn {
  protected fillFromPage(rows: number): void {
    const { cells } = this.output;
    while (cells.count < rows && this.leaf.left > 0 && !cells.isFull) {
      const run = this.runs.next(rows - cells.count);
      if (run === 0) this.output.appendNull(this.row++, this.leaf.at);
      else this.#values(run);
    }
  }

  #values(run: number): void {
    const { cells } = this.output;
    const from = cells.count;
    const count = this.leaf.readBytes(run, cells);
    this.runs.take(count);
    this.checkValues(from, count);
  }
}
