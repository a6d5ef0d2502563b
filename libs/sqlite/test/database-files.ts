import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { DatabaseBytes } from "../src/byte-source.ts";
import { SqlDatabase } from "../src/database.ts";
import type { SqlValue } from "../src/record.ts";

/** A file in memory. */
export function bytesAt(path: string, bytes: Uint8Array): DatabaseBytes {
  return {
    path,
    sizeBytes: bytes.length,
    readInto: async (position, target) => {
      const part = bytes.subarray(position, position + target.length);
      target.set(part);
      return part.length;
    },
  };
}

export interface WrittenFiles {
  readonly database: Uint8Array;
  readonly log?: Uint8Array;
}

/** What SQLite itself has written. @param isOpen take the files before they are closed, with the log beside them */
export function written(fill: (db: DatabaseSync) => void, isOpen = false): WrittenFiles {
  const folder = mkdtempSync(join(tmpdir(), "sqlite-"));
  const path = join(folder, "test.db");
  const db = new DatabaseSync(path);
  try {
    fill(db);
    if (!isOpen) db.close();
    return { database: readFileSync(path), ...(isOpen && { log: readFileSync(`${path}-wal`) }) };
  } finally {
    if (isOpen) db.close();
    rmSync(folder, { recursive: true });
  }
}

export function openFiles({ database, log }: WrittenFiles, cacheBytes?: number): Promise<SqlDatabase> {
  const files = { database: bytesAt("test.db", database), ...(log && { log: bytesAt("test.db-wal", log) }) };
  return SqlDatabase.open(files, { signal: new AbortController().signal, ...(cacheBytes && { cacheBytes }) });
}

/** All rows of a table; blobs in hexadecimal digits. */
export async function rowsIn(db: SqlDatabase, name: string): Promise<SqlValue[][]> {
  const table = db.table(name);
  const rows: SqlValue[][] = [];
  for await (const batch of table.rows())
    for (let i = 0; i < batch.count; i++) {
      const record = batch.record(i);
      rows.push(table.columns.map((_, column) => shown(table.valueOf(record, column, batch.rowId(i)))));
    }
  return rows;
}

export function shown(value: SqlValue): SqlValue {
  return value instanceof Uint8Array ? `x'${Buffer.from(value).toString("hex")}'` : value;
}
