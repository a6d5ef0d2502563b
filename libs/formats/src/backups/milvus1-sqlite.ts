import { ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import type { SqlTable } from "@sluice/sqlite";
import { type MetaRow, MILVUS1_TABLES, type Milvus1Meta, wantedColumns } from "./milvus1-meta.ts";

/** Rows of a table: a segment is one, and so is each file of it that was ever merged away. */
const MAX_ROWS = 1_000_000;

/** The files of the SQLite meta store; Milvus keeps it in WAL mode, so that the newest rows are in the log alone. */
export interface Milvus1Database {
  readonly database: SourceFile;
  readonly log?: SourceFile;
  readonly journal?: SourceFile;
}

/** @throws {ImportError} `malformed_file` with the place in the database; `unsupported` */
export async function milvus1Sqlite(files: Milvus1Database, signal: AbortSignal): Promise<Milvus1Meta> {
  // Few read such a backup, and whatever imports this module has a heap of its own in each thread.
  const { SqlDatabase } = await import("@sluice/sqlite");
  const database = await SqlDatabase.open(files, { signal });
  const columns = new Map<string, readonly string[]>();
  const rows = new Map<string, readonly MetaRow[]>();
  for (const name of MILVUS1_TABLES) {
    if (!database.hasTable(name)) continue;
    const table = database.table(name);
    columns.set(
      name,
      table.columns.map((column) => column.name.toLowerCase()),
    );
    rows.set(name, await rowsOf(table, files.database.path));
  }
  return { columns, rows };
}

async function rowsOf(table: SqlTable, file: string): Promise<MetaRow[]> {
  const wanted = table.columns.flatMap(({ name }, at) => (wantedColumns.has(name.toLowerCase()) ? [{ name, at }] : []));
  const rows: MetaRow[] = [];
  for await (const batch of table.rows())
    for (let i = 0; i < batch.count; i++) {
      const [record, rowId] = [batch.record(i), batch.rowId(i)];
      const values = wanted.map(({ name, at }) => [name.toLowerCase(), table.valueOf(record, at, rowId)] as const);
      if (rows.push(Object.fromEntries(values)) > MAX_ROWS)
        throw new ImportError("unsupported", `the table ${table.name} has more than ${MAX_ROWS} rows`, { file });
    }
  return rows;
}
