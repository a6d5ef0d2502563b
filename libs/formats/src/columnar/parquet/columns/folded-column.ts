import { type Column, varValue } from "@sluice/columns";
import type { LeafReader, RowGroupInfo } from "@sluice/parquet";
import { MetaRow } from "../../../plan/meta-row.ts";
import type { ColumnReader } from "./column-reader.ts";
import { JsonRows } from "./json-rows.ts";
import type { JsonShape } from "./json-shape.ts";
import type { ReadContext } from "./read-context.ts";
import { VarOutput } from "./var-output.ts";

/** Rows between two looks at how large the column has become. */
const STEP_ROWS = 1024;

/**
 * `$meta` of collections with dynamic fields, with the columns that no field has folded in (import option
 * `fold_extra_columns`): a key per column behind those that the file's own `$meta` has. A row object is built as text, so
 * this is much slower than other columns.
 */
export class FoldedColumn implements ColumnReader {
  readonly fields: readonly number[];
  readonly leaves: readonly LeafReader[];
  readonly mayStop = true;
  readonly #output: VarOutput;
  readonly #own: ColumnReader | undefined;
  readonly #extras: JsonRows;
  readonly #meta = new MetaRow();
  /** Row of the file that is read next. */
  #row = 0;

  /** @param own what the file's own `$meta` gives @param extras the other columns, as one object */
  constructor(
    position: number,
    own: ColumnReader | undefined,
    extras: JsonShape,
    { schema, rejects, open }: ReadContext,
  ) {
    this.fields = [position];
    this.#own = own;
    this.#extras = new JsonRows(extras(open));
    this.#output = new VarOutput(schema.fields[position], rejects);
    this.leaves = [...(own?.leaves ?? []), ...this.#extras.leaves];
  }

  begin(group: RowGroupInfo): void {
    this.#row = group.firstRow;
    this.#own?.begin(group);
    this.#extras.begin();
  }

  async fill(rows: number, softBytes: number): Promise<number> {
    this.#output.begin(softBytes);
    while (this.#output.rows < rows && !this.#output.cells.isFull) {
      const wanted = Math.min(rows - this.#output.rows, STEP_ROWS);
      const step = (await this.#own?.fill(wanted, softBytes)) ?? wanted;
      const meta = this.#own?.take(step)[0];
      for (let done = 0; done < step; ) done += await this.#append(meta, done, step - done);
    }
    return Math.min(rows, this.#output.rows);
  }

  take(rows: number): readonly Column[] {
    return [this.#output.take(rows)];
  }

  async finish(): Promise<void> {
    await this.#own?.finish();
    await this.#extras.finish();
  }

  /** @param at rows of `meta` that are done */
  #append(meta: Column | undefined, at: number, rows: number): Promise<number> {
    let index = at;
    return this.#extras.read(rows, this.#row, (text, refusal) => {
      // Of a row that is refused `$meta` may be anything.
      const isRead = meta?.kind === "var" && !this.#output.rules.rejects.has(this.#row);
      const own = isRead ? varValue(meta, index) : undefined;
      this.#put(own, text, refusal);
      index++;
      this.#row++;
    });
  }

  #put(own: Uint8Array | undefined, extras: Uint8Array | undefined, refusal: string | undefined): void {
    const { cells, rules } = this.#output;
    if (refusal !== undefined)
      rules.refuse(`a column that becomes a key of $meta is refused: ${refusal}`, this.#row, this.#extras.leaves[0].at);
    this.#meta.begin(own);
    // A text that is refused may end anywhere.
    if (extras && refusal === undefined) this.#meta.addMembers(extras);
    const object = this.#meta.finish();
    cells.append(object, 0, object.length);
    this.#output.markValues(cells.count - 1);
  }
}
