import type { SqlDatabase, SqlRecord, SqlTable, SqlValue } from "@sluice/sqlite";
import type { JsonLines } from "../../json-lines.ts";

const VALUES = ["string_value", "int_value", "float_value", "bool_value"] as const;
/** Keys that Chroma has for itself, and what a row calls them. */
const own: Readonly<Record<string, string>> = { "chroma:document": "document", "chroma:uri": "uri" };

/** Members of rows, which lie in a table of keys and values: found in the order of an index, beside the rows. */
export class Metadata {
  readonly #scalars: SortedEntries;
  readonly #lists: SortedEntries | undefined;

  constructor(db: SqlDatabase) {
    this.#scalars = new SortedEntries(db, "embedding_metadata", "sqlite_autoindex_embedding_metadata_1");
    const lists = "embedding_metadata_array";
    if (db.hasTable(lists)) this.#lists = new SortedEntries(db, lists, `${lists}_id_key`);
  }

  /** Writes the members of a row; rows come in the order of their ids. */
  async write(lines: JsonLines, id: bigint): Promise<void> {
    const members = new Map<string, string>();
    for await (const [key, value] of this.#scalars.of(id)) members.set(key, value);
    const lists = new Map<string, string[]>();
    for await (const [key, value] of this.#lists?.of(id) ?? []) lists.set(key, [...(lists.get(key) ?? []), value]);
    for (const [key, values] of lists) members.set(key, `[${values}]`);
    for (const [key, name] of Object.entries(own)) {
      lines.key(name);
      lines.out.text(members.get(key) ?? "null");
      members.delete(key);
    }
    lines.key("metadata");
    lines.out.text(`{${[...members].map(([key, value]) => `${JSON.stringify(key)}:${value}`)}}`);
  }
}

/** Entries of a table by the index over its columns `id` and `key`. */
class SortedEntries {
  readonly #entries;
  readonly #table: SqlTable;
  readonly #finder;
  readonly #columns: readonly number[];
  #next: { readonly id: bigint; readonly key: string; readonly rowId: bigint } | undefined;
  #isBegun = false;

  constructor(db: SqlDatabase, table: string, index: string) {
    this.#table = db.table(table);
    this.#finder = this.#table.finder();
    this.#entries = entriesOf(db, index);
    const has = (name: string) => this.#table.columns.some((column) => column.name === name);
    // Booleans came with Chroma 0.5.
    this.#columns = VALUES.filter(has).map((name) => this.#table.column(name));
  }

  /** Keys of a row, and their values as JSON. */
  async *of(id: bigint): AsyncGenerator<readonly [string, string]> {
    if (!this.#isBegun) await this.#advance();
    this.#isBegun = true;
    while (this.#next && this.#next.id <= id) {
      const { id: found, key, rowId } = this.#next;
      const record = found === id ? await this.#finder.find(rowId) : undefined;
      if (record) yield [key, this.#json(record, rowId)];
      await this.#advance();
    }
  }

  async #advance(): Promise<void> {
    const { value, done } = await this.#entries.next();
    this.#next = done ? undefined : value;
  }

  #json(record: SqlRecord, rowId: bigint): string {
    const at = this.#columns.findIndex((column) => !record.isNull(column));
    if (at < 0) return "null";
    const value = this.#table.valueOf(record, this.#columns[at], rowId);
    if (VALUES[at] === "bool_value") return value === 1 ? "true" : "false";
    return jsonOf(value, VALUES[at] === "float_value");
  }
}

/** Whole floats stay floats. */
function jsonOf(value: SqlValue, isFloat: boolean): string {
  if (typeof value === "bigint" || (typeof value === "number" && !Number.isFinite(value))) return String(value);
  if (isFloat && Number.isInteger(value) && Math.abs(value as number) < 1e21) return `${value}.0`;
  return JSON.stringify(value);
}

async function* entriesOf(db: SqlDatabase, index: string) {
  for await (const batch of db.index(index) ?? [])
    for (let row = 0; row < batch.count; row++) {
      const record = batch.record(row);
      const [id, key, rowId] = [record.value(0), record.value(1), record.value(2)];
      if (isInteger(id) && isInteger(rowId)) yield { id: BigInt(id), key: `${key}`, rowId: BigInt(rowId) };
    }
}

function isInteger(value: SqlValue): value is number | bigint {
  return typeof value === "bigint" || Number.isInteger(value);
}
