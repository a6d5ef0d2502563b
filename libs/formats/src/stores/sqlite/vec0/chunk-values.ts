import { ImportError } from "@sluice/errors";
import type { SqlDatabase, SqlRecord } from "@sluice/sqlite";

/** The values that one column has in chunks: a row of its table each. */
export class ChunkValues {
  readonly #file: string;
  readonly #name: string;
  readonly #index: ReturnType<SqlDatabase["indexFinder"]>;
  readonly #finder: ReturnType<ReturnType<SqlDatabase["table"]>["finder"]>;
  readonly #column: number;

  /** @param column that holds the values */
  constructor(db: SqlDatabase, name: string, column: string) {
    const table = db.table(name);
    this.#file = db.path;
    this.#name = name;
    this.#column = table.column(column);
    this.#finder = table.finder();
    // The column `rowid` of these tables is an ordinary one: SQLite has given the rows ids of its own.
    this.#index = db.indexFinder(`sqlite_autoindex_${name}_1`);
  }

  /**
   * The bytes of a chunk, until those of another are asked for.
   * @param bytes that they must have @throws {ImportError} `malformed_file`
   */
  async of(chunk: bigint, bytes: number): Promise<Buffer> {
    const found = (await this.record(chunk))?.bytes(this.#column);
    if (found?.length === bytes) return Buffer.from(found.buffer, found.byteOffset, bytes);
    const what = found ? `has ${found.length} bytes, expected ${bytes}` : "is not there";
    throw new ImportError("malformed_file", `chunk ${chunk} of the table ${this.#name} ${what}`, { file: this.#file });
  }

  /** UTF-8 of the text of a row. @throws {ImportError} `malformed_file` */
  async text(row: bigint): Promise<Uint8Array> {
    const found = (await this.record(row))?.utf8(this.#column);
    if (found) return found;
    const reason = `the text of row ${row} is not in the table ${this.#name}`;
    throw new ImportError("malformed_file", reason, { file: this.#file });
  }

  /** The row of a chunk; undefined where there is none. */
  async record(key: bigint): Promise<SqlRecord | undefined> {
    const rowId = await this.#index?.find(key);
    return rowId === undefined ? undefined : await this.#finder.find(rowId);
  }
}
