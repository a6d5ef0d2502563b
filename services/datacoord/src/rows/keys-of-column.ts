import { type Column, varValue, views } from "@sluice/columns";

/** Keys of rows, in their order. @param column of Int64, else of texts */
export function keysOfColumn(column: Column, rowCount: number): readonly (bigint | string)[] {
  if (column.kind === "fixed") return [...views.int64(column, rowCount)];
  return Array.from({ length: rowCount }, (_, row) => Buffer.from(varValue(column, row)).toString());
}
