import { ImportError } from "@sluice/errors";
import type { SqlDatabase, SqlRecord, SqlTable } from "@sluice/sqlite";
import { JsonLines } from "../../json-lines.ts";
import type { Store } from "../../store.ts";
import { writeValue } from "../sql-json.ts";
import { type Cell, cellsOf } from "./cells.ts";
import { type Vec0Column, vec0Columns } from "./vec0-columns.ts";

/** As `CREATE VIRTUAL TABLE … USING` names it. */
export const MODULE = "vec0";
/** Rows of a chunk that are believed. sqlite-vec itself stops at 4,096. */
const MAX_CHUNK_ROWS = 1 << 20;

/**
 * A virtual table of sqlite-vec: its rows lie in chunks, each column of them in a table of its own, and a bit of each row says
 * whether it is there. Seen with sqlite-vec 0.1.9.
 * @throws {ImportError} `unsupported`
 */
export function vec0Table(db: SqlDatabase, name: string, args: readonly string[]): Store {
  return { notes: [], rows: () => new Vec0Table(db, name, columnsOf(db, name, args)).lines() };
}

function columnsOf(db: SqlDatabase, name: string, args: readonly string[]): Vec0Column[] {
  try {
    return vec0Columns(args);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const reason = `the table ${name} of sqlite-vec is not read: ${error.message}`;
    throw new ImportError("unsupported", reason, { file: db.path }, { cause: error });
  }
}

/** Rows of a chunk, by the positions of its columns. */
interface Chunk {
  readonly id: bigint;
  readonly size: number;
  readonly record: SqlRecord;
  readonly validity: Uint8Array;
  readonly rowIds: DataView;
}

class Vec0Table {
  readonly #db: SqlDatabase;
  readonly #name: string;
  readonly #chunks: SqlTable;
  readonly #columns: readonly Vec0Column[];
  readonly #cells: readonly Cell[];
  readonly #lines = new JsonLines();

  constructor(db: SqlDatabase, name: string, columns: readonly Vec0Column[]) {
    this.#db = db;
    this.#name = name;
    this.#chunks = db.table(`${name}_chunks`);
    this.#columns = columns;
    this.#cells = cellsOf(db, name, columns);
  }

  async *lines(): AsyncGenerator<Uint8Array> {
    for await (const batch of this.#chunks.rows())
      for (let i = 0; i < batch.count; i++) yield* this.#chunk(this.#open(batch.record(i), batch.rowId(i)));
    const rest = this.#lines.taken(true);
    if (rest) yield rest;
  }

  /** @throws {ImportError} `malformed_file` */
  #open(record: SqlRecord, id: bigint): Chunk {
    const column = (name: string) => this.#chunks.column(name);
    const size = Number(record.value(column("size")));
    const [validity, rowIds] = [record.bytes(column("validity")), record.bytes(column("rowids"))];
    const isWhole = Number.isInteger(size) && size > 0 && size <= MAX_CHUNK_ROWS;
    if (isWhole && validity?.length === Math.ceil(size / 8) && rowIds?.length === 8 * size) {
      const view = new DataView(rowIds.buffer, rowIds.byteOffset, rowIds.byteLength);
      return { id, size, record, validity, rowIds: view };
    }
    const reason = `chunk ${id} of the table ${this.#name} claims ${size} rows and holds others`;
    throw new ImportError("malformed_file", reason, { file: this.#db.path });
  }

  async *#chunk({ id, size, record, validity, rowIds }: Chunk): AsyncGenerator<Uint8Array> {
    for (const cell of this.#cells) await cell.openChunk?.(id, size);
    for (let row = 0; row < size; row++) {
      if (((validity[row >>> 3] >>> (row & 7)) & 1) === 0) continue;
      await this.#row(record, row, rowIds.getBigInt64(8 * row, true));
      const text = this.#lines.taken();
      if (text) yield text;
    }
  }

  async #row(chunk: SqlRecord, row: number, rowId: bigint): Promise<void> {
    const lines = this.#lines;
    lines.begin();
    for (const [i, column] of this.#columns.entries()) {
      lines.key(column.name);
      if (column.kind !== "partition") await this.#cells[i].write(lines, row, rowId);
      else writeValue(lines, this.#chunks, chunk, this.#chunks.column(`partition${digits(column.number)}`), rowId);
    }
    lines.end();
  }
}

/** As in names of tables: `07`. */
function digits(number: number): string {
  return String(number).padStart(2, "0");
}
