/**
 * Columns that are less than such a part of their rows are not compressed: keys and row numbers beside vectors. That took a twelfth of
 * an import's CPU and saved a fortieth of its bytes.
 */
const MINOR_PARTS = 32;

/** Whether a column is tried to be compressed. @param rowBytes of the same rows with all their columns */
export function isWorthPacking(columnBytes: number, rowBytes: number): boolean {
  return columnBytes * MINOR_PARTS >= rowBytes;
}
