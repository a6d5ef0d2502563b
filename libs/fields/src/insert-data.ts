import { Turns } from "@sluice/async";
import { type Column, isNull } from "@sluice/columns";
import { type CollectionSchema, type FieldSchema, memberName } from "@sluice/schema";
import type { PickedRows, Rows } from "./cell-bytes.ts";
import { fieldData, memberIndexes, structFieldData } from "./field-data.ts";
import type { Parts } from "./message-parts.ts";

/**
 * Rows as requests to insert them have them: a serialized `schema.FieldData` for each field and struct that is not computed. Null
 * values are left out, and marked. Source: client contract §5.1.
 * @param columns parallel to `schema.fields`; undefined for what a function computes
 */
export async function insertData(
  schema: CollectionSchema,
  columns: readonly (Column | undefined)[],
  rowCount: number,
  signal: AbortSignal,
): Promise<Parts[]> {
  const turns = new Turns(signal);
  const rowsOf = (column: Column): Rows => ({ columns: [column], rows: allRows(rowCount), turns });
  const dataOf = (field: FieldSchema, column: Column, name?: string) =>
    fieldData(field, rowsOf(column), schema.timezone, name, withoutNulls(rowsOf(column)));
  const members = new Set(schema.structs.flatMap((struct) => memberIndexes(schema, struct)));
  const parts: Parts[] = [];
  for (const [i, field] of schema.fields.entries()) {
    const column = columns[i];
    if (column && !members.has(i) && !field.isFunctionOutput) parts.push(await dataOf(field, column));
  }
  for (const struct of schema.structs) {
    const inner: Parts[] = [];
    const indexes = memberIndexes(schema, struct);
    for (const i of indexes)
      inner.push(await dataOf(schema.fields[i], columns[i] as Column, memberName(schema.fields[i].name)));
    parts.push(structFieldData(struct, inner));
  }
  return parts;
}

function allRows(count: number): PickedRows {
  return { count, sourceOf: new Uint8Array(count), rowOf: Uint32Array.from({ length: count }, (_, row) => row) };
}

function withoutNulls(all: Rows): Rows {
  const [column] = all.columns;
  if (!column.validity) return all;
  const rowOf = Uint32Array.from(all.rows.rowOf).filter((row) => !isNull(column, row));
  return { ...all, rows: { count: rowOf.length, sourceOf: new Uint8Array(rowOf.length), rowOf } };
}
