import { type Column, type FixedColumn, type VarColumn, varValue, views } from "@sluice/columns";
import { DataType, type FieldSchema } from "@sluice/schema";

/** All keys, as text. */
export function keyTexts(key: FieldSchema, keys: Column, rowCount: number): string[] {
  if (key.dataType !== DataType.Int64)
    return Array.from({ length: rowCount }, (_, row) => textOf(varValue(keys as VarColumn, row)));
  const { data } = keys as FixedColumn;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return Array.from({ length: rowCount }, (_, row) => String(view.getBigInt64(8 * row, true)));
}

/**
 * The last key of a page, as text. Only ascending keys say where the next page begins: others would lose rows without a word.
 * @param after the last key of the page before
 * @throws {RangeError} for keys that do not ascend
 */
export function lastKey(key: FieldSchema, keys: Column, rowCount: number, after: string | undefined): string {
  return key.dataType === DataType.Int64
    ? lastInt64(views.int64(keys as FixedColumn, rowCount), after)
    : lastText(keys as VarColumn, rowCount, after);
}

function lastInt64(keys: BigInt64Array, after: string | undefined): string {
  let last = after === undefined ? undefined : BigInt(after);
  for (const key of keys) {
    if (last !== undefined && key <= last) throw notAscending(String(last), String(key));
    last = key;
  }
  return String(last);
}

function lastText(keys: VarColumn, rowCount: number, after: string | undefined): string {
  let last: Uint8Array | undefined = after === undefined ? undefined : Buffer.from(after);
  for (let row = 0; row < rowCount; row++) {
    const key = varValue(keys, row);
    if (last && Buffer.compare(key, last) <= 0) throw notAscending(textOf(last), textOf(key));
    last = key;
  }
  return textOf(last as Uint8Array);
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

function notAscending(last: string, key: string): RangeError {
  return new RangeError(`its keys do not ascend: behind ${last} stands ${key}`);
}
