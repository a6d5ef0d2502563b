import { isScratch, plainValues } from "@sluice/binlog";
import { type Column, columnBytes } from "@sluice/columns";
import { definitionLevels, type TableChunk, type TablePage } from "@sluice/parquet";
import { DataType, type FieldSchema } from "@sluice/schema";
import { isText, textColumn } from "../text-columns.ts";

/** Pages that are compressed: more than this at once is slower. */
const PAGE_BYTES = 1 << 20;

/** One value a row. */
export function flatChunk(field: FieldSchema, given: Column, rowCount: number): TableChunk {
  const column = isText(field) ? textColumn(field, given, rowCount) : given;
  const type = isText(field) ? DataType.VarChar : field.dataType;
  return { pages: pagesOf(column, type, rowCount), compression: "zstd" };
}

function* pagesOf(column: Column, type: DataType, rowCount: number): Generator<TablePage> {
  for (const [from, to] of rowRanges(rowCount, columnBytes(column, rowCount), PAGE_BYTES)) {
    const values = plainValues(column, type, from, to);
    const levels = definitionLevels(column.validity?.subarray(from, to), to - from);
    yield { valueCount: to - from, levels: [levels], values: [isScratch(values) ? values.slice() : values] };
  }
}

/** Rows in pages of about `pageBytes`. */
export function* rowRanges(
  rowCount: number,
  sizeBytes: number,
  pageBytes: number,
): Generator<[from: number, to: number]> {
  const step = Math.max(1, Math.floor((rowCount * pageBytes) / Math.max(1, sizeBytes)));
  for (let from = 0; from < rowCount; from += step) yield [from, Math.min(rowCount, from + step)];
}
