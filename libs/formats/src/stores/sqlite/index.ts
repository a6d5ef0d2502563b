import type { SourceFile } from "@sluice/object-store";
import { SqlDatabase } from "@sluice/sqlite";
import { onlyOne } from "../../rows/only-one.ts";
import { TABLE_OPTION } from "../choose.ts";
import type { Store } from "../store.ts";
import { storeFormat } from "../store-format.ts";
import { plainTable } from "./plain-table.ts";
import { isQdrant, qdrantPoints } from "./qdrant/points.ts";

/** Ends of the files that SQLite keeps beside a database. */
const [LOG, JOURNAL] = ["-wal", "-journal"];

/** A database of SQLite: a table of it, or the store of a program that it tells by its tables. */
export const sqliteFormat = storeFormat({
  name: "sqlite",
  title: "SQLite database",
  extensions: [".sqlite", ".sqlite3", ".db", ".db3"],
  grouping: "rows",
  optionKeys: [TABLE_OPTION],
  openStore: async (sources, options, signal): Promise<Store> => {
    const db = await openDatabase(sources, signal);
    return isQdrant(db) ? qdrantPoints(db) : plainTable(db, options);
  },
});

function openDatabase(sources: readonly SourceFile[], signal: AbortSignal): Promise<SqlDatabase> {
  const database = onlyOne(
    sources.filter(({ path }) => !path.endsWith(LOG) && !path.endsWith(JOURNAL)),
    "SQLite",
  );
  const beside = (end: string) => sources.find(({ path }) => path === `${database.path}${end}`);
  const [log, journal] = [beside(LOG), beside(JOURNAL)];
  return SqlDatabase.open({ database, ...(log && { log }), ...(journal && { journal }) }, { signal });
}
