import type { Column } from "@sluice/columns";
import { type PlainPage, writeColumnFile, writeConstantFile } from "@sluice/parquet";
import { type DataType, isDenseVector } from "@sluice/schema";
import { parquetType } from "./parquet-type.ts";
import { isScratch, plainValues } from "./plain-values.ts";

/** Rows of one field, to become the payload of an event. */
export interface PayloadSource {
  readonly dataType: DataType;
  readonly dim: number;
  readonly isOptional: boolean;
  readonly column: Column;
  readonly rowCount: number;
  /** False: not compressed, whatever it would gain. */
  readonly isPacked?: boolean | undefined;
}

/** Pages that are compressed: more than this at once is slower (fresh memory), less costs a context a call. */
const compressiblePageBytes = 1 << 20;
/** Pages of vectors are not touched, but readers decode a page at a time. */
const vectorPageBytes = 64 << 20;
/** Shorter columns gain nothing by a dictionary. */
const leastConstantRows = 16;

/**
 * A complete Parquet file of one column. Vectors stay uncompressed and are not copied: their piece is a view of the column.
 * Other columns are compressed if they gain by it; those that repeat one value, such as timestamps, name it once.
 */
export function writePayload(source: PayloadSource): Uint8Array[] {
  const { column, dataType, dim, isOptional, rowCount, isPacked = true } = source;
  const head = { name: "val", type: parquetType(dataType, dim), isOptional, rowCount };
  if (isConstant(source))
    return writeConstantFile(head, column.data.slice(0, column.kind === "fixed" ? column.width : 0));
  return writeColumnFile(head, pagesOf(source), isPacked && !isDenseVector(dataType) ? "zstd" : "none");
}

function* pagesOf({ column, dataType, rowCount }: PayloadSource): Generator<PlainPage> {
  const limit = isDenseVector(dataType) ? vectorPageBytes : compressiblePageBytes;
  for (let from = 0; from < rowCount; ) {
    const to = pageEnd(column, from, rowCount, limit);
    const values = plainValues(column, dataType, from, to);
    yield { rowCount: to - from, validity: column.validity?.subarray(from, to), values, isBorrowed: isScratch(values) };
    from = to;
  }
}

/** The row after the last one whose values fit into `limit` bytes; a page has one row at least. */
function pageEnd(column: Column, from: number, rowCount: number, limit: number): number {
  if (column.kind === "fixed") return Math.min(rowCount, from + Math.max(1, Math.floor(limit / column.width)));
  const end = column.offsets[from] + limit;
  if (column.offsets[rowCount] <= end) return rowCount;
  let low = from + 1;
  for (let high = rowCount; low < high; ) {
    const middle = (low + high + 1) >>> 1;
    if (column.offsets[middle] <= end) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** One scalar in every row, and no null: the timestamps of an import, fields filled with their default. */
function isConstant({ column, dataType, rowCount }: PayloadSource): boolean {
  if (column.kind === "var" || isDenseVector(dataType) || column.width < 4 || rowCount < leastConstantRows)
    return false;
  if (column.validity?.subarray(0, rowCount).includes(0)) return false;
  // Equal to itself moved by a value: one comparison of memory, which mostly ends at the first row.
  const { data, width } = column;
  const last = (rowCount - 1) * width;
  return Buffer.compare(data.subarray(0, last), data.subarray(width, last + width)) === 0;
}
