import type { SourceFile } from "@sluice/object-store";
import { SqlDatabase } from "@sluice/sqlite";
import { onlyOne } from "../../rows/only-one.ts";
import { choose, TABLE_OPTION } from "../choose.ts";
import type { Store } from "../store.ts";
import { storeFormat } from "../store-format.ts";
import { plainTable } from "./plain-table.ts";
import { isQdrant, qdrantPoints } from "./qdrant/points.ts";
import { MODULE, vec0Table } from "./vec0/vec0-table.ts";

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
    return isQdrant(db) ? qdrantPoints(db) : tableOf(db, options);
  },
});

/** Tables that hold the rows of virtual ones are called after them, and meant by nobody. */
function tableOf(db: SqlDatabase, options: Readonly<Record<string, string>>): Store {
  const virtual = db.virtualTables;
  const isOwn = (name: string) => ![...virtual.keys()].some((other) => name.startsWith(`${other}_`));
  const vectors = [...virtual].flatMap(([name, { module }]) => (module.toLowerCase() === MODULE ? [name] : []));
  const plain = db.tableNames.filter((name) => !/^sqlite_/i.test(name) && isOwn(name));
  const { name } = choose(
    [...plain, ...vectors].map((name) => ({ name })),
    "table",
    options,
  );
  const made = vectors.includes(name) ? virtual.get(name) : undefined;
  return made ? vec0Table(db, name, made.arguments) : plainTable(db, name);
}

function openDatabase(sources: readonly SourceFile[], signal: AbortSignal): Promise<SqlDatabase> {
  const database = onlyOne(
    sources.filter(({ path }) => !path.endsWith(LOG) && !path.endsWith(JOURNAL)),
    "SQLite",
  );
  const beside = (end: string) => sources.find(({ path }) => path === `${database.path}${end}`);
  const [log, journal] = [beside(LOG), beside(JOURNAL)];
  return SqlDatabase.open({ database, ...(log && { log }), ...(journal && { journal }) }, { signal });
}
