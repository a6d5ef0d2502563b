import { type Column, type FixedColumn, isNull, varValue, views } from "@sluice/columns";
import type { LeafReader, RowGroupInfo } from "@sluice/parquet";
import { DataType, type FieldSchema } from "@sluice/schema";
import type { ColumnReader } from "./column-reader.ts";
import type { ReadContext } from "./read-context.ts";
import { VarOutput } from "./var-output.ts";

/** A column of the file that no field has, read as if one had. */
export interface ExtraColumn {
  readonly field: FieldSchema;
  readonly reader: ColumnReader;
}

/**
 * `$meta` of collections with dynamic fields, with the columns that no field has folded in (import option
 * `fold_extra_columns`): a key per column after those that the file's own `$meta` has. A row object is built as text, so
 * this is much slower than other columns.
 */
export class FoldedColumn implements ColumnReader {
  readonly fields: readonly number[];
  readonly leaves: readonly LeafReader[];
  readonly mayStop = true;
  readonly #output: VarOutput;
  readonly #meta: ColumnReader | undefined;
  readonly #extras: readonly ExtraColumn[];
  /** `"name":` of each extra column, and its values as JSON text. */
  readonly #keys: readonly string[];

  /** @param meta what the file's own `$meta` gives */
  constructor(
    position: number,
    meta: ColumnReader | undefined,
    extras: readonly ExtraColumn[],
    { schema, rejects }: ReadContext,
  ) {
    this.fields = [position];
    this.#meta = meta;
    this.#extras = extras;
    this.#keys = extras.map(({ field }) => `${JSON.stringify(field.name)}:`);
    this.#output = new VarOutput(schema.fields[position], rejects);
    this.leaves = this.#parts.flatMap(({ leaves }) => leaves);
  }

  begin(group: RowGroupInfo): void {
    for (const part of this.#parts) part.begin(group);
  }

  async fill(rows: number, softBytes: number): Promise<number> {
    this.#output.begin(softBytes);
    while (this.#output.rows < rows && !this.#output.cells.isFull) {
      let step = rows - this.#output.rows;
      for (const part of this.#parts) if (part.mayStop) step = Math.min(step, await part.fill(step, softBytes));
      for (const part of this.#parts) if (!part.mayStop) await part.fill(step, softBytes);
      this.#append(step);
    }
    return Math.min(rows, this.#output.rows);
  }

  take(rows: number): readonly Column[] {
    return [this.#output.take(rows)];
  }

  async finish(): Promise<void> {
    for (const part of this.#parts) await part.finish();
  }

  get #parts(): readonly ColumnReader[] {
    const extras = this.#extras.map(({ reader }) => reader);
    return this.#meta ? [this.#meta, ...extras] : extras;
  }

  #append(rows: number): void {
    const meta = this.#meta?.take(rows)[0];
    const texts = this.#extras.map(({ field, reader }) => textReader(field, reader.take(rows)[0], rows));
    for (let row = 0; row < rows; row++) {
      const own = meta?.kind === "var" ? Buffer.from(varValue(meta, row)).toString().trim().slice(1, -1).trim() : "";
      const folded = texts.map((text, i) => this.#keys[i] + text(row)).join(",");
      this.#output.append(Buffer.from(own === "" ? `{${folded}}` : `{${own},${folded}}`));
    }
  }
}

/** Answers the JSON text of a row's value. */
function textReader(field: FieldSchema, column: Column, rows: number): (row: number) => string {
  const text =
    column.kind === "var"
      ? (row: number) => JSON.stringify(Buffer.from(varValue(column, row)).toString())
      : numberReader(field, column, rows);
  return (row) => (isNull(column, row) ? "null" : text(row));
}

function numberReader(field: FieldSchema, column: FixedColumn, rows: number): (row: number) => string {
  if (field.dataType === DataType.Bool) return (row) => (column.data[row] === 1 ? "true" : "false");
  const values = field.dataType === DataType.Int64 ? views.int64(column, rows) : views.float64(column, rows);
  return (row) => String(values[row]);
}
