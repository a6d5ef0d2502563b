import { excerpt, excerptOfList, ImportError } from "@sluice/errors";
import { parseCreateTable, parseVirtualTable, type VirtualTableShape } from "./create-table.ts";
import { IndexFinder } from "./index-finder.ts";
import { type DatabaseFiles, Pages } from "./pages.ts";
import { pageKinds } from "./payloads.ts";
import { type RowBatch, rowsOf } from "./rows.ts";
import { SqlTable } from "./table.ts";

/** What the statements of all tables may have together. */
const MAX_SCHEMA_BYTES = 16 << 20;
const DEFAULT_CACHE_BYTES = 8 << 20;

/** How a database is read. */
export interface OpenOptions {
  readonly signal: AbortSignal;
  /** What blocks of its files may take in memory. */
  readonly cacheBytes?: number;
}

interface SchemaRow {
  readonly type: string;
  readonly name: string;
  readonly table: string;
  readonly root: number;
  readonly sql: string;
}

/** A database file of SQLite, read where it lies: no page of it is ever written, and none is locked. */
export class SqlDatabase {
  readonly path: string;
  readonly #pages: Pages;
  readonly #schema: readonly SchemaRow[];

  private constructor(pages: Pages, schema: readonly SchemaRow[]) {
    this.path = pages.path;
    this.#pages = pages;
    this.#schema = schema;
  }

  /** @throws {ImportError} `malformed_file`, `unsupported`; as `readInto` of its files */
  static async open(files: DatabaseFiles, { signal, cacheBytes }: OpenOptions): Promise<SqlDatabase> {
    const pages = await Pages.open(files, cacheBytes ?? DEFAULT_CACHE_BYTES, signal);
    return new SqlDatabase(pages, await readSchema(pages));
  }

  /** Names of the tables whose rows are stored, as they were given. */
  get tableNames(): string[] {
    return this.#schema.filter(({ type, root }) => type === "table" && root > 0).map(({ name }) => name);
  }

  /** Virtual tables by name. */
  get virtualTables(): Map<string, VirtualTableShape> {
    const shapes = this.#schema.map(({ name, sql }) => [name, parseVirtualTable(sql)] as const);
    return new Map(shapes.flatMap(([name, shape]) => (shape ? [[name, shape] as const] : [])));
  }

  /** Names are compared without regard to case. */
  hasTable(name: string): boolean {
    return this.#find("table", name) !== undefined;
  }

  /** @throws {ImportError} `malformed_file` for a table that is not there; `unsupported` for one that is not read */
  table(name: string): SqlTable {
    const found = this.#find("table", name);
    if (!found) {
      const reason = `the SQLite database has no table ${excerpt(name)}, it has [${excerptOfList(this.tableNames)}]`;
      throw new ImportError("malformed_file", reason, { file: this.path });
    }
    try {
      const shape = parseCreateTable(found.sql);
      if (shape.hasNoRowId) throw new RangeError("it is WITHOUT ROWID");
      if (found.root === 0) throw new RangeError("it is virtual, its rows are in tables of its module");
      return new SqlTable(this.#pages, found.name, found.root, shape);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const reason = `the table ${excerpt(name)} of the SQLite database is not read: ${error.message}`;
      throw new ImportError("unsupported", reason, { file: this.path }, { cause: error });
    }
  }

  /**
   * The entries of an index in order: its columns, then the id of the row. Undefined when there is no such index.
   * @param name also of one that SQLite made by itself, `sqlite_autoindex_<table>_<n>`
   */
  index(name: string): AsyncGenerator<RowBatch> | undefined {
    const found = this.#find("index", name);
    return found && rowsOf(this.#pages, found.root, pageKinds.indexLeaf);
  }

  /** Likewise, to find rows by their first column, which holds integers. */
  indexFinder(name: string): IndexFinder | undefined {
    const found = this.#find("index", name);
    return found && new IndexFinder(this.#pages, found.root);
  }

  #find(type: string, name: string): SchemaRow | undefined {
    return this.#schema.find((row) => row.type === type && row.name.toLowerCase() === name.toLowerCase());
  }
}

/** The table of tables, which begins in the first page. */
async function readSchema(pages: Pages): Promise<SchemaRow[]> {
  const rows: SchemaRow[] = [];
  let bytes = 0;
  for await (const batch of rowsOf(pages, 1, pageKinds.tableLeaf))
    for (let i = 0; i < batch.count; i++) {
      const record = batch.record(i);
      const [type, name, table, root, sql] = [0, 1, 2, 3, 4].map((column) => record.value(column));
      const row = { type: `${type}`, name: `${name}`, table: `${table}`, root: Number(root ?? 0), sql: `${sql ?? ""}` };
      bytes += row.sql.length + row.name.length;
      if (bytes > MAX_SCHEMA_BYTES)
        throw new ImportError("unsupported", `its schema has more than ${MAX_SCHEMA_BYTES} bytes`, {
          file: pages.path,
        });
      rows.push(row);
    }
  return rows;
}
