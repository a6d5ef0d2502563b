import type { SqlRecord, SqlTable, SqlValue } from "@sluice/sqlite";
import type { JsonLines } from "../json-lines.ts";

/**
 * A value of a row as JSON: blobs in base64, since nothing tells what they hold (`"as": "base64"` of a mapping does), unless
 * the type of their column says so, as sqlite-vec writes it; text of a column of type JSON as it is.
 */
export function writeValue(lines: JsonLines, table: SqlTable, record: SqlRecord, column: number, rowId: bigint): void {
  const { type } = table.columns[column];
  const bytes = record.isText(column) ? record.utf8(column) : record.bytes(column);
  if (!bytes) writeScalar(lines, table.valueOf(record, column, rowId));
  else if (!record.isText(column)) writeBlob(lines, bytes, type);
  else if (/^jsonb?$/i.test(type) && isJson(bytes)) lines.out.copy(bytes, 0, bytes.length);
  else lines.text(bytes);
}

function writeScalar(lines: JsonLines, value: SqlValue): void {
  if (typeof value === "number" || typeof value === "bigint") lines.number(value);
  else lines.out.text(JSON.stringify(value));
}

function writeBlob(lines: JsonLines, blob: Uint8Array, type: string): void {
  const [, element, count] = /^(float|int8)\s*\[\s*(\d+)\s*\]$/i.exec(type)?.map((part) => part.toLowerCase()) ?? [];
  if (element === "float" && blob.length === 4 * Number(count)) lines.floats(blob);
  else if (element === "int8" && blob.length === Number(count)) lines.list(blob.length, (i) => (blob[i] << 24) >> 24);
  else lines.base64(blob);
}

/** Line ends would end the row; no JSON on one line has any. */
function isJson(text: Uint8Array): boolean {
  if (text.includes(0x0a) || text.includes(0x0d)) return false;
  try {
    JSON.parse(Buffer.from(text).toString());
    return true;
  } catch {
    return false;
  }
}
