import { type Column, standInOf } from "@sluice/columns";
import { type CollectionSchema, type FieldSchema, fixedWidth } from "@sluice/schema";
import { refused } from "./given-columns.ts";

/** Of the columns of one request: somewhat more than a request of the greatest size becomes. */
const MAX_COLUMN_BYTES = 128 << 20;
/** Whatever it holds, a row has a key, a place in the answer, and marks of nulls. */
const LEAST_ROW_BYTES = 32;

/**
 * What the columns of so many rows take besides what their values bring: a request may leave out nearly all of it, so that a few bytes
 * stand for gigabytes of nulls and defaults.
 * @param columns those that are given, parallel to the fields, where that is known: texts of the others are defaults
 * @throws {StatusError} 1100 where that is more than one request may become
 */
export function columnsSize(
  { fields }: CollectionSchema,
  rowCount: number,
  columns?: readonly (Column | undefined)[],
): number {
  const defaultBytes = (field: FieldSchema, i: number) =>
    columns && !columns[i] ? (standInOf(field)?.length ?? 0) : 0;
  const bytesOf = (field: FieldSchema, i: number) => fixedWidth(field) || defaultBytes(field, i);
  const rowBytes = fields.reduce((sum, field, i) => sum + bytesOf(field, i), LEAST_ROW_BYTES);
  const bytes = rowCount * rowBytes;
  if (bytes <= MAX_COLUMN_BYTES) return bytes;
  throw refused(
    `${rowCount} rows of at least ${rowBytes} bytes are more than ${MAX_COLUMN_BYTES} bytes: send fewer at once`,
  );
}
