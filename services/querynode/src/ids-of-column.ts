import { type Column, type FixedColumn, varValue, views } from "@sluice/columns";
import type { schema } from "@sluice/rpc";

/** The first rows of a column of keys as messages have them. */
export function idsOfColumn(column: Column, rowCount: number): schema.IDs {
  if (column.kind === "fixed") {
    const data = [...views.int64(column as FixedColumn, rowCount)];
    return { idField: { $case: "intId", value: { data } } };
  }
  const data = Array.from({ length: rowCount }, (_, row) => Buffer.from(varValue(column, row)).toString());
  return { idField: { $case: "strId", value: { data } } };
}
