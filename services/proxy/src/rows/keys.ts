import { type Column, type FixedColumn, type VarColumn, varValue, views } from "@sluice/columns";

/** Primary keys of rows, in their order. */
export type Keys = readonly bigint[] | readonly string[];

/** @param column of Int64, else of texts */
export function keysOf(column: Column, rowCount: number): Keys {
  if (column.kind === "fixed") return [...views.int64(column as FixedColumn, rowCount)];
  return Array.from({ length: rowCount }, (_, row) => Buffer.from(varValue(column as VarColumn, row)).toString());
}
