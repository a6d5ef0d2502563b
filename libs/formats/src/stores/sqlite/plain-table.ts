import type { SqlDatabase } from "@sluice/sqlite";
import { JsonLines } from "../json-lines.ts";
import type { Store } from "../store.ts";
import { writeValue } from "./sql-json.ts";

/** The rows of a table, a member a column. @throws {ImportError} */
export function plainTable(db: SqlDatabase, name: string): Store {
  const table = db.table(name);
  return {
    notes: [],
    rows: async function* () {
      const lines = new JsonLines();
      for await (const batch of table.rows()) {
        for (let row = 0; row < batch.count; row++) {
          const record = batch.record(row);
          lines.begin();
          for (const [i, column] of table.columns.entries()) {
            lines.key(column.name);
            writeValue(lines, table, record, i, batch.rowId(row));
          }
          lines.end();
        }
        const text = lines.taken();
        if (text) yield text;
      }
      const rest = lines.taken(true);
      if (rest) yield rest;
    },
  };
}
