import type { InsertBatch } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import type { BatchOptions, Format, FormatReader, ReaderInput, RejectedRow, SourceDescription } from "../../format.ts";
import { type SequentialContent, SequentialFile } from "../../sequential-file.ts";
import { TABLE_OPTION } from "../../stores/choose.ts";
import { describeCsv } from "../csv/describe-csv.ts";
import { type Dialect, parseDialect } from "../csv/dialect.ts";
import { openCsv } from "../csv/open-csv.ts";
import { onlyOne } from "../only-one.ts";
import { describedColumn } from "./column-types.ts";
import { SQL_HEAD_BYTES, SqlDump, sqlDialectOf } from "./sql-dump.ts";
import { type SqlTable, SqlTables } from "./sql-tables.ts";

const TITLE = "SQL dump";
/** Rows are handed on at a time, about. */
const CHUNK_BYTES = 256 << 10;

/**
 * A dump of a database in SQL, as pg_dump, mysqldump and sqlite3 write it: the rows of one table, read from front to back as cells of
 * COPY's text form, so that a column is what its field is.
 */
export const sqlFormat: Format = {
  name: "sql",
  title: TITLE,
  extensions: [".sql"],
  grouping: "rows",
  takesForms: true,
  rangeUnit: undefined,
  tellsCutsOnly: true,
  isSequential: true,
  mayBeScript: true,
  optionKeys: [TABLE_OPTION],
  describe: ([source], signal, options = {}) => describeSql(source, options, signal),
  probe: async ({ sources }) => ({ rowCount: undefined, cuts: "nowhere", extent: onlyOne(sources, TITLE).sizeBytes }),
  open: (input) => new SqlReader(input),
};

/** The rows of a table of a dump, from its start on. */
class TableRows implements SequentialContent {
  readonly tables: SqlTables;
  readonly #dump: SqlDump;
  readonly #chunks: AsyncIterator<Uint8Array>;
  #isAtEnd = false;
  /** Bytes of the dump that were read. */
  readBytes = 0;

  static async open(source: SourceFile, options: ReaderInput["options"], signal?: AbortSignal): Promise<TableRows> {
    const head = new Uint8Array(Math.min(SQL_HEAD_BYTES, source.sizeBytes));
    const length = await source.readInto(0, head, signal);
    return new TableRows(source, options, Buffer.from(head.buffer, 0, length).toString("latin1"), signal);
  }

  private constructor(source: SourceFile, options: ReaderInput["options"], head: string, signal?: AbortSignal) {
    this.tables = new SqlTables(options);
    this.#dump = new SqlDump(this.tables, sqlDialectOf(head));
    this.#chunks = source.read(undefined, signal)[Symbol.asyncIterator]();
  }

  /** Reads up to the first rows of the table. @throws {ImportError} */
  async table(): Promise<SqlTable> {
    while (!this.tables.table && (await this.#push()));
    return this.tables.table ?? this.tables.end();
  }

  async next(): Promise<Uint8Array | undefined> {
    for (;;) {
      const rows = this.#dump.taken(this.#isAtEnd ? 1 : CHUNK_BYTES);
      if (rows || this.#isAtEnd) return rows;
      await this.#push();
    }
  }

  async #push(): Promise<boolean> {
    const { value, done } = await this.#chunks.next();
    this.#isAtEnd = done === true;
    if (done) this.#dump.end();
    else {
      this.#dump.push(value);
      this.readBytes += value.length;
    }
    return !done;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#chunks.return?.();
  }
}

interface OpenedTable {
  readonly table: SqlTable;
  readonly rows: TableRows;
  /** Its rows, once. */
  readonly text: SequentialFile;
  readonly dialect: Dialect;
}

async function openTable(
  source: SourceFile,
  options: ReaderInput["options"],
  signal: AbortSignal,
): Promise<OpenedTable> {
  const rows = await TableRows.open(source, options, signal);
  try {
    const table = await rows.table();
    const columns = JSON.stringify(table.columns.map(({ name }) => name));
    const dialect = parseDialect({ escape: "\\", header: "false", columns }, "\t");
    return { table, rows, text: new SequentialFile(source, onlyOnce(rows)), dialect };
  } catch (error) {
    await rows[Symbol.asyncDispose]();
    throw error instanceof ImportError
      ? new ImportError(error.code, error.reason, { file: source.path, ...error.at })
      : error;
  }
}

/** What is read again would go on where it stands. */
function onlyOnce(rows: TableRows): () => TableRows {
  let isOpen = false;
  return () => {
    if (isOpen) throw new Error("the rows of a dump are read from front to back");
    isOpen = true;
    return rows;
  };
}

async function describeSql(
  source: SourceFile,
  options: ReaderInput["options"],
  signal: AbortSignal,
): Promise<SourceDescription> {
  const { table, text, dialect } = await openTable(source, options, signal);
  await using _ = text;
  const described = await describeCsv(text, dialect, signal, options.nan === "null");
  return { ...described, columns: described.columns.map((column, i) => describedColumn(column, table.columns[i])) };
}

/** The rows of a table, whose places in the text that was made of it say nothing of the dump. */
class SqlReader implements FormatReader {
  readonly #input: ReaderInput;

  constructor(input: ReaderInput) {
    this.#input = input;
  }

  async *batches(options: BatchOptions): AsyncGenerator<InsertBatch> {
    const { onReject, signal } = options;
    const { rows, text, dialect } = await openTable(onlyOne(this.#input.sources, TITLE), this.#input.options, signal);
    await using _ = text;
    await using reader = openCsv({ ...this.#input, sources: [text] }, dialect);
    const placed = ({ row, error }: RejectedRow): RejectedRow => ({ row, error: withoutOffset(error) });
    try {
      const read = { ...options, ...(onReject && { onReject: (row: RejectedRow) => onReject(placed(row)) }) };
      for await (const batch of reader.batches(read)) yield { ...batch, sourceBytes: rows.readBytes };
    } catch (error) {
      throw error instanceof ImportError && error.at?.row !== undefined ? withoutOffset(error) : error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

function withoutOffset(error: ImportError): ImportError {
  const { byteOffset: _, line: __, ...at } = error.at ?? {};
  return new ImportError(error.code, error.reason, at, { cause: error.cause ?? error });
}
