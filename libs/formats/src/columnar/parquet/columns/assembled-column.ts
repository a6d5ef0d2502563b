import type { Column } from "@sluice/columns";
import type { LeafReader, RowGroupInfo } from "@sluice/parquet";
import { type FieldSchema, fixedWidth } from "@sluice/schema";
import type { ColumnReader } from "./column-reader.ts";
import { JsonRows } from "./json-rows.ts";
import type { JsonShape } from "./json-shape.ts";
import { type ParsedValues, parsedValues } from "./parsed-values.ts";
import type { ReadContext } from "./read-context.ts";

/**
 * Fields from columns of any other shape, such as structs, maps and lists of them: each row as the JSON that a row of JSON would
 * have, and from there as such. Much slower than columns that are read as they lie.
 */
export class AssembledColumn implements ColumnReader {
  readonly fields: readonly number[];
  readonly leaves: readonly LeafReader[];
  readonly mayStop: boolean;
  readonly #rows: JsonRows;
  readonly #values: ParsedValues;
  /** Row of the file that is read next. */
  #row = 0;

  /** @param parse the value in column encoding; throws a RangeError with the reason */
  constructor(
    position: number,
    field: FieldSchema,
    shape: JsonShape,
    parse: (text: Uint8Array) => Uint8Array,
    { rejects, open }: ReadContext,
  ) {
    this.fields = [position];
    this.mayStop = fixedWidth(field) === 0;
    this.#rows = new JsonRows(shape(open));
    this.leaves = this.#rows.leaves;
    this.#values = parsedValues(field, rejects, parse);
  }

  begin(group: RowGroupInfo): void {
    this.#row = group.firstRow;
    this.#rows.begin();
  }

  async fill(rows: number, softBytes: number): Promise<number> {
    this.#values.begin(rows, softBytes);
    while (this.#values.rows < rows && !this.#values.isFull)
      await this.#rows.read(rows - this.#values.rows, this.#row, (text, refusal) => this.#add(text, refusal));
    return Math.min(rows, this.#values.rows);
  }

  take(rows: number): readonly Column[] {
    return [this.#values.take(rows)];
  }

  finish(): Promise<void> {
    return this.#rows.finish();
  }

  #add(text: Uint8Array | undefined, refusal: string | undefined): void {
    const { rules } = this.#values;
    const { at } = this.leaves[0];
    if (refusal !== undefined) {
      rules.refuse(`the value of field '${rules.field.name}' is refused: ${refusal}`, this.#row, at);
      this.#values.addAny();
    } else if (text === undefined) this.#values.addNull(this.#row, at);
    else this.#values.add(text, this.#row, at);
    this.#row++;
  }
}
