import type { SourceFile } from "@sluice/object-store";
import { SqlDatabase } from "@sluice/sqlite";
import { choose } from "../choose.ts";
import type { OpenStore, Store } from "../store.ts";
import { chromaStore } from "./chroma/chroma-store.ts";
import { isChroma } from "./chroma/collections.ts";
import { EXTENSIONS } from "./extensions.ts";
import { isMilvusLite2, lite2Collection } from "./milvus-lite2/lite2-collection.ts";
import { plainTable } from "./plain-table.ts";
import { isQdrant, qdrantPoints } from "./qdrant/points.ts";
import { MODULE, vec0Table } from "./vec0/vec0-table.ts";

/** Ends of the files that SQLite keeps beside a database. */
const [LOG, JOURNAL] = ["-wal", "-journal"];

/** The table that is meant, or the store of the program whose tables are there. */
export const openSqlite: OpenStore = async (sources, options, signal) => {
  const db = await openDatabase(sources, options, signal);
  if (isChroma(db)) return await chromaStore(db, sources, options, signal);
  if (isMilvusLite2(db)) return await lite2Collection(db, options);
  return isQdrant(db) ? qdrantPoints(db) : tableOf(db, options);
};

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

/** The only database among the files, or the one that the option `table` names by its folder, as qdrant-client calls it. */
function openDatabase(
  sources: readonly SourceFile[],
  options: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<SqlDatabase> {
  const isDatabase = ({ path }: SourceFile) => EXTENSIONS.some((end) => path.toLowerCase().endsWith(end));
  const databases = sources.filter(isDatabase);
  const named = databases.map((database) => ({ name: database.path.split("/").at(-2) ?? "", database }));
  // Under another name the option `format` tells it, and it is the first.
  const database = databases.length > 1 ? choose(named, "collection", options).database : (databases[0] ?? sources[0]);
  const beside = (end: string) => sources.find(({ path }) => path === `${database.path}${end}`);
  const [log, journal] = [beside(LOG), beside(JOURNAL)];
  return SqlDatabase.open({ database, ...(log && { log }), ...(journal && { journal }) }, { signal });
}
