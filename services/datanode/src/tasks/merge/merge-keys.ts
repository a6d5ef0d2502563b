import { type Column, varValue, views } from "@sluice/columns";
import { excerptOfBytes } from "@sluice/errors";
import { DataType, type FieldSchema } from "@sluice/schema";
import { keyWordCount, keyWords } from "../../sinks/unique/key-words.ts";

/** Keys of some rows in the form in which those of both sides are compared: integers as int64, text by its bytes. */
export interface MergeKeys {
  readonly column: Column;
  readonly rowCount: number;
  /** Words of each key, `perKey` of them. */
  readonly words: Uint32Array;
  readonly perKey: number;
}

/** Keys of the source in the order of its rows, whose numbers count on. */
export interface SourceKeys {
  readonly keys: MergeKeys;
  readonly firstRow: number;
}

/** Of the first `rowCount` rows. `words` of integers are the column's memory: valid as long as that is. */
export function mergeKeys(column: Column, rowCount: number): MergeKeys {
  return { column, rowCount, words: keyWords(column, rowCount), perKey: keyWordCount(column) };
}

/** A null matches nothing. */
export function isNullKey({ column }: MergeKeys, row: number): boolean {
  return column.validity?.[row] === 0;
}

/** The key of a row becomes that of the row `to` of others. */
export function copyKey({ words, perKey }: MergeKeys, row: number, others: Uint32Array, to: number): void {
  for (let word = 0; word < perKey; word++) others[to * perKey + word] = words[row * perKey + word];
}

/** As users write it. */
export function keyText({ column }: MergeKeys, row: number): string {
  if (column.kind === "var") return `"${excerptOfBytes(varValue(column, row))}"`;
  return String(views.int64(column, row + 1)[row]);
}

/** One of `2 ** bits` for each key; levels look at different bits of a hash, and the table at others. */
export function keyBucket({ words, perKey }: MergeKeys, row: number, level: number, bits: number): number {
  let hash = 0x51ed270b;
  for (let i = row * perKey; i < (row + 1) * perKey; i++) {
    hash = Math.imul(hash ^ words[i], 0xcc9e2d51);
    hash ^= hash >>> 13;
  }
  hash = Math.imul(hash, 0x1b873593);
  hash ^= hash >>> 16;
  return (hash >>> (level * bits)) & ((1 << bits) - 1);
}

/** Integers of any width as int64, so that they compare by value; other columns as they are. */
export function widened(field: FieldSchema, column: Column, rowCount: number): Column {
  if (column.kind === "var" || field.dataType === DataType.Int64) return column;
  const wide = new BigInt64Array(rowCount);
  const read = readerOf(field, column.data);
  for (let row = 0; row < rowCount; row++) wide[row] = BigInt(read(row));
  return { kind: "fixed", width: 8, data: new Uint8Array(wide.buffer), validity: column.validity };
}

function readerOf({ dataType }: FieldSchema, data: Uint8Array): (row: number) => number {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  switch (dataType) {
    case DataType.Int8:
      return (row) => view.getInt8(row);
    case DataType.Int16:
      return (row) => view.getInt16(2 * row, true);
    default:
      return (row) => view.getInt32(4 * row, true);
  }
}
