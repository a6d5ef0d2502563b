import { ImportError } from "@sluice/errors";
import { TooLarge } from "@sluice/parquet";
import { TextOut } from "../../text-out.ts";
import { CopyLines } from "./copy-lines.ts";
import type { DumpPart, SqlDialect } from "./dump-part.ts";
import { SqlStatements } from "./sql-statements.ts";
import type { SqlTables } from "./sql-tables.ts";
import { SqlTuples } from "./sql-tuples.ts";

/** Bytes from the start of a dump that say which program wrote it. */
export const SQL_HEAD_BYTES = 4096;

/** By the first line, which all programs write, or by the quotes around names. */
export function sqlDialectOf(head: string): SqlDialect {
  return {
    hasEscapes: /(MySQL|MariaDB|mysqldump|phpMyAdmin)/i.test(head) || /^(CREATE TABLE|INSERT INTO) `/im.test(head),
  };
}

/**
 * Reads a dump in SQL piece by piece, and writes the rows of one table in the text form of PostgreSQL's COPY: those of `COPY …
 * FROM stdin` as they are, values of `INSERT … VALUES` as cells. All else is passed over. Source: the manuals of PostgreSQL, MySQL
 * and SQLite, and what pg_dump, mysqldump and `.dump` write.
 */
export class SqlDump {
  readonly #tables: SqlTables;
  readonly #dialect: SqlDialect;
  readonly #out = new TextOut();
  #part: DumpPart;
  /** Of the chunk in the dump. */
  #base = 0;

  constructor(tables: SqlTables, dialect: SqlDialect) {
    this.#tables = tables;
    this.#dialect = dialect;
    this.#part = this.#statements();
  }

  /** @throws {ImportError} with the byte of the dump */
  push(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; ) {
      try {
        at = this.#part.run(chunk, at);
        if (this.#part.isDone) this.#part = this.#behind(this.#part);
      } catch (error) {
        if (error instanceof TooLarge) throw new ImportError("unsupported", error.message);
        if (!(error instanceof RangeError)) throw error;
        throw new ImportError("malformed_file", `the dump cannot be read: ${error.message}`, {
          byteOffset: this.#base + at,
        });
      }
    }
    this.#base += chunk.length;
  }

  /** At the end of the file. @throws {ImportError} where it stands inside of something */
  end(): void {
    if (this.#part instanceof SqlStatements && this.#part.isBetween) return;
    throw new ImportError("malformed_file", "the dump breaks off", { byteOffset: this.#base });
  }

  /** Rows that were written, when they are so many bytes at least; valid until more is pushed. */
  taken(atLeast: number): Uint8Array | undefined {
    const { bytes, length } = this.#out;
    if (length < Math.max(1, atLeast)) return undefined;
    this.#out.clear();
    return bytes.subarray(0, length);
  }

  #statements(isBehindRows = false): SqlStatements {
    return new SqlStatements(this.#dialect, (text) => this.#tables.create(text), isBehindRows);
  }

  #behind(part: DumpPart): DumpPart {
    if (!(part instanceof SqlStatements)) return this.#statements(part instanceof SqlTuples);
    const { rows, text } = part;
    const table = rows === "copy" ? this.#tables.copy(text) : this.#tables.insert(text);
    const out = table ? this.#out : undefined;
    return rows === "copy" ? new CopyLines(out) : new SqlTuples(this.#dialect, table?.columns, out);
  }
}
