import { type Column, varValue } from "@sluice/columns";
import { type LeafReader, type RowGroupInfo, TooLarge } from "@sluice/parquet";
import { dropRepeatedKeys } from "@sluice/values";
import { MAX_ROW_BYTES } from "../../../format.ts";
import type { ColumnReader } from "./column-reader.ts";
import { JsonRows } from "./json-rows.ts";
import type { JsonShape } from "./json-shape.ts";
import type { ReadContext } from "./read-context.ts";
import { TextOut } from "./text-out.ts";
import { VarOutput } from "./var-output.ts";

const [OPEN, CLOSE, COMMA] = Buffer.from("{},");
const EMPTY = new Uint8Array(0);

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
  readonly #meta: ColumnReader | undefined;
  readonly #extras: JsonRows;
  readonly #text = new TextOut();
  /** Row of the file that is read next. */
  #row = 0;

  /** @param meta what the file's own `$meta` gives @param extras the other columns, as one object */
  constructor(
    position: number,
    meta: ColumnReader | undefined,
    extras: JsonShape,
    { schema, rejects, open }: ReadContext,
  ) {
    this.fields = [position];
    this.#meta = meta;
    this.#extras = new JsonRows(extras(open));
    this.#output = new VarOutput(schema.fields[position], rejects);
    this.leaves = [...(meta?.leaves ?? []), ...this.#extras.leaves];
  }

  begin(group: RowGroupInfo): void {
    this.#row = group.firstRow;
    this.#meta?.begin(group);
    this.#extras.begin();
  }

  async fill(rows: number, softBytes: number): Promise<number> {
    this.#output.begin(softBytes);
    while (this.#output.rows < rows && !this.#output.cells.isFull) {
      const wanted = rows - this.#output.rows;
      const step = (await this.#meta?.fill(wanted, softBytes)) ?? wanted;
      const meta = this.#meta?.take(step)[0];
      for (let done = 0; done < step; ) done += await this.#append(meta, done, step - done);
    }
    return Math.min(rows, this.#output.rows);
  }

  take(rows: number): readonly Column[] {
    return [this.#output.take(rows)];
  }

  async finish(): Promise<void> {
    await this.#meta?.finish();
    await this.#extras.finish();
  }

  /** @param at rows of `meta` that are done */
  #append(meta: Column | undefined, at: number, rows: number): Promise<number> {
    let index = at;
    return this.#extras.read(rows, this.#row, (text = EMPTY, refusal) => {
      // Of a row that is refused `$meta` may be anything.
      const isRead = meta?.kind === "var" && !this.#output.rules.rejects.has(this.#row);
      const own = isRead ? membersOf(varValue(meta, index)) : EMPTY;
      this.#put(own, text, refusal);
      index++;
      this.#row++;
    });
  }

  #put(own: Uint8Array, extras: Uint8Array, refusal: string | undefined): void {
    const { cells, rules } = this.#output;
    if (refusal !== undefined)
      rules.refuse(`a column that becomes a key of $meta is refused: ${refusal}`, this.#row, this.#extras.leaves[0].at);
    this.#text.clear();
    this.#text.byte(OPEN);
    this.#text.copy(own, 0, own.length);
    if (own.length > 0) this.#text.byte(COMMA);
    // A text that is refused may end anywhere.
    if (refusal === undefined) this.#text.copy(extras, 1, extras.length);
    else this.#text.byte(CLOSE);
    if (this.#text.length > MAX_ROW_BYTES) throw new TooLarge("$meta of a row", MAX_ROW_BYTES);
    const start = cells.length;
    cells.append(this.#text.bytes, 0, this.#text.length);
    dropRepeatedKeys(cells.data, start, cells.length);
    this.#output.markValues(cells.count - 1);
  }
}

/** What stands between the braces of an object, without blanks around it. */
function membersOf(object: Uint8Array): Uint8Array {
  let [start, end] = [object.indexOf(OPEN) + 1, object.lastIndexOf(CLOSE)];
  if (end < start) return EMPTY;
  while (start < end && object[start] <= 0x20) start++;
  while (end > start && object[end - 1] <= 0x20) end--;
  return object.subarray(start, end);
}
