import { TABLE_OPTION } from "../choose.ts";
import { storeFormat } from "../store-format.ts";
import { EXTENSIONS } from "./extensions.ts";

/** A database of SQLite: a table of it, or the store of a program that it tells by its tables. */
export const sqliteFormat = storeFormat({
  name: "sqlite",
  title: "SQLite database",
  extensions: EXTENSIONS,
  grouping: "rows",
  optionKeys: [TABLE_OPTION],
  openStore: async (...input) => (await import("./open-sqlite.ts")).openSqlite(...input),
});
