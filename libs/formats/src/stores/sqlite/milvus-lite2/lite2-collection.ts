import { ImportError } from "@sluice/errors";
import { Damage } from "@sluice/parquet";
import type { SqlDatabase } from "@sluice/sqlite";
import { Message } from "../../../protobuf.ts";
import { choose } from "../../choose.ts";
import { JsonLines } from "../../json-lines.ts";
import type { Store } from "../../store.ts";
import { writeField } from "./field-data.ts";

const META = "collection_meta";
const metaColumns = ["id", "collection_name", "meta_type", "blob_field", "string_field"];
/** Members of a row: its fields. Source: what milvus-lite 2.5.1 has written. */
const FIELDS = 1;
/** Of a field: its name and number. Source: `FieldData` of Milvus. */
const [NAME, FIELD_ID] = [2, 5];
/** Numbers below are those of row ids and timestamps, which every row has. */
const FIRST_FIELD = 100;

/** Whether the database is what Milvus Lite 2 keeps collections in. */
export function isMilvusLite2(db: SqlDatabase): boolean {
  if (!db.hasTable(META)) return false;
  const names = db.table(META).columns.map(({ name }) => name);
  return metaColumns.every((name) => names.includes(name));
}

/**
 * The rows of a collection, a member a field. Each collection is a table, and a row of it is the message with which it was inserted;
 * what was deleted is not there any more.
 * @throws {ImportError} `request_invalid`
 */
export async function lite2Collection(db: SqlDatabase, options: Readonly<Record<string, string>>): Promise<Store> {
  const { name } = choose(await collectionsOf(db), "collection", options);
  return { notes: [], rows: () => rowLines(db, name) };
}

async function collectionsOf(db: SqlDatabase): Promise<{ name: string }[]> {
  const meta = db.table(META);
  const [name, type] = ["collection_name", "meta_type"].map((column) => meta.column(column));
  const found: { name: string }[] = [];
  for await (const batch of meta.rows())
    for (let row = 0; row < batch.count; row++) {
      const record = batch.record(row);
      if (record.value(type) === "schema") found.push({ name: String(record.value(name)) });
    }
  return found.filter((collection) => db.hasTable(collection.name));
}

async function* rowLines(db: SqlDatabase, name: string): AsyncGenerator<Uint8Array> {
  const table = db.table(name);
  const lines = new JsonLines();
  const column = table.column("data");
  for await (const batch of table.rows()) {
    for (let row = 0; row < batch.count; row++) {
      try {
        // It is bound as text, whatever its bytes are.
        writeRow(lines, batch.record(row).bytes(column) ?? new Uint8Array(0));
      } catch (error) {
        throw located(error, db.path, name, batch.rowId(row));
      }
    }
    const text = lines.taken();
    if (text) yield text;
  }
  const rest = lines.taken(true);
  if (rest) yield rest;
}

function writeRow(lines: JsonLines, bytes: Uint8Array): void {
  lines.begin();
  for (const field of new Message(bytes).messages(FIELDS)) {
    if (field.number(FIELD_ID) < FIRST_FIELD) continue;
    lines.key(field.text(NAME));
    writeField(lines, field);
  }
  lines.end();
}

function located(error: unknown, file: string, table: string, rowId: bigint): unknown {
  if (!(error instanceof Damage)) return error;
  const reason = `row ${rowId} of the collection ${table} is not read: ${error.message}`;
  return new ImportError("malformed_file", reason, { file }, { cause: error });
}
