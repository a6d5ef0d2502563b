import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { DataType, isVector } from "@sluice/schema";
import type { FieldSample } from "../field-samples.ts";
import { cellOf, type TableColumn } from "./table-column.ts";

/** A database with one table, whose lists and objects are text of columns of type JSON; SQLite has no booleans. */
export function writeSqlite(columns: readonly TableColumn[], rows: number): Record<string, Uint8Array> | undefined {
  if (columns.some(({ sample: { type } }) => type === DataType.Bool)) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "sqlite-"));
  try {
    const path = join(folder, "t.db");
    using db = new DatabaseSync(path);
    const names = columns.map(({ name, sample }) => `"${name}" ${typeOf(sample)}`);
    db.exec(`PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF; CREATE TABLE t (${names})`);
    const insert = db.prepare(`INSERT INTO t VALUES (${columns.map(() => "?")})`);
    for (let row = 0; row < rows; row++) insert.run(...columns.map((column) => sqlValue(cellOf(column, row))));
    return { "t.db": readFileSync(path) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const texts: readonly DataType[] = [DataType.VarChar, DataType.Geometry, DataType.Timestamptz];
const isJson = (type: DataType) => type === DataType.JSON || type === DataType.Array || isVector(type);

/** Without a type a column keeps every value as it is. */
function typeOf({ type }: FieldSample): string {
  if (isJson(type)) return "JSON";
  return texts.includes(type) ? "TEXT" : "";
}

function sqlValue(cell: FieldSample | undefined): string | number | bigint | null {
  const json = cell?.json ?? null;
  // What JSON has as an object of digits.
  if (json !== null && typeof cell?.parquet.value === "bigint") return cell.parquet.value;
  return json === null || typeof json === "string" || typeof json === "number" ? json : JSON.stringify(json);
}
