import type { Table } from "./table.ts";

/** A database. Collections name theirs by `dbName`. */
export interface DatabaseRecord {
  readonly dbId: bigint;
  readonly name: string;
  /** Hybrid timestamp. */
  readonly createdTs: bigint;
  readonly properties: Readonly<Record<string, string>>;
}

/** Written by the rootcoord. The database `default` exists without a record. */
export const DATABASES: Table<DatabaseRecord, string> = { name: "database", idOf: ({ name }) => name };
