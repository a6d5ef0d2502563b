import { didYouMean, excerpt, excerptOfList, ImportError } from "@sluice/errors";
import { TABLE_OPTION } from "../../stores/choose.ts";

/** A column as `CREATE TABLE` has it. */
export interface SqlColumn {
  readonly name: string;
  /** In lower case, what stands behind it; empty where no statement said it. */
  readonly type: string;
}

/** The table whose rows are read. */
export interface SqlTable {
  readonly name: string;
  readonly columns: readonly SqlColumn[];
}

const IDENTIFIER = '(?:"(?:[^"]|"")*"|`(?:[^`]|``)*`|[\\w$\\u0080-\\uffff]+)';
const NAME = `(${IDENTIFIER}(?:\\s*\\.\\s*${IDENTIFIER})*)`;
const CREATE = new RegExp(
  `^CREATE\\s+(?:UNLOGGED\\s+)?TABLE\\s+(?:IF\\s+NOT\\s+EXISTS\\s+)?${NAME}\\s*\\(([\\s\\S]*)$`,
  "i",
);
const COPY = new RegExp(`^COPY\\s+${NAME}\\s*(?:\\(([\\s\\S]*)\\)\\s*)?FROM\\s+stdin$`, "i");
/** Of archives of pg_dump, and of folders that DuckDB has exported. */
const FILE = /^COPY\s[\s\S]*\sFROM\s+'([^']*)'/i;
const INSERT = new RegExp(
  `^(?:INSERT|REPLACE)\\s+(?:[a-z_]+\\s+)*INTO\\s+${NAME}\\s*(?:\\(([\\s\\S]*)\\)\\s*)?(?:OVERRIDING\\s+SYSTEM\\s+VALUE\\s+)?VALUES$`,
  "i",
);
/** What is no column between the brackets; programs put names that are such words into quotes, but for PostgreSQL `key`. */
const CONSTRAINT =
  /^((PRIMARY|FOREIGN)\s+KEY|UNIQUE|CONSTRAINT|CHECK|EXCLUDE|LIKE|(FULLTEXT|SPATIAL|VECTOR)\s+(KEY|INDEX))\b|^(KEY|INDEX)\s+`/i;

/** What the statements of a dump say of its tables, and whose rows are meant: those of the table that the option names, else of the only one. */
export class SqlTables {
  readonly #created = new Map<string, readonly SqlColumn[]>();
  readonly #filled = new Set<string>();
  readonly #wanted: string | undefined;
  #table: SqlTable | undefined;

  constructor({ [TABLE_OPTION]: wanted }: Readonly<Record<string, string>>) {
    this.#wanted = wanted;
  }

  /** The table, once rows of it were met; at the end also one that has none. */
  get table(): SqlTable | undefined {
    return this.#table;
  }

  /** Takes a statement that is not followed by rows. @throws {ImportError} where it says that they lie in another file */
  create(statement: string): void {
    const [, file] = FILE.exec(statement) ?? [];
    if (file !== undefined) throw elsewhere(file);
    const [, name, body] = CREATE.exec(statement) ?? [];
    if (name !== undefined) this.#created.set(plain(name), columnsOf(body));
  }

  /** The table whose rows follow `COPY … FROM stdin`; undefined where nobody wants them. @throws {ImportError} */
  copy(statement: string): SqlTable | undefined {
    return this.#rowsOf(COPY.exec(statement));
  }

  /** The same for `INSERT INTO … VALUES`. @throws {ImportError} */
  insert(statement: string): SqlTable | undefined {
    const found = INSERT.exec(statement);
    if (found) return this.#rowsOf(found);
    const reason = `the statement '${excerpt(statement)}' is not understood: dump rows by INSERT INTO … VALUES`;
    throw new ImportError("unsupported", reason);
  }

  /** At the end of the dump. @throws {ImportError} where it has no such table */
  end(): SqlTable {
    if (this.#table) return this.#table;
    const wanted = this.#wanted;
    const names = [...new Set([...this.#created.keys(), ...this.#filled])];
    const found = names.find((name) => wanted !== undefined && isCalled(name, wanted));
    if (found !== undefined) return { name: found, columns: this.#created.get(found) ?? [] };
    if (wanted === undefined)
      throw new ImportError("malformed_file", "the dump has no rows: neither COPY … FROM stdin nor INSERT … VALUES");
    const why = `there is no table '${excerpt(wanted)}'${didYouMean(wanted, names)}, there are [${excerptOfList(names)}]`;
    throw new ImportError("request_invalid", `options.${TABLE_OPTION}: ${why}`);
  }

  #rowsOf(found: RegExpExecArray | null): SqlTable | undefined {
    if (!found) return undefined;
    const name = plain(found[1]);
    this.#filled.add(name);
    if (this.#wanted === undefined) this.#checkOnly(name);
    else if (!isCalled(name, this.#wanted)) return undefined;
    const columns = this.#columns(name, found[2]);
    this.#table ??= { name, columns };
    if (this.#table.name !== name) throw several([this.#table.name, name]);
    const isSame =
      columns.length === this.#table.columns.length &&
      columns.every((column, i) => column.name === this.#table?.columns[i].name);
    if (!isSame)
      throw new ImportError(
        "unsupported",
        `statements name other columns of table '${name}': dump it anew, each row with all columns`,
      );
    return this.#table;
  }

  /** Other tables may have no rows, but nobody knows before the end. */
  #checkOnly(name: string): void {
    const names = [...new Set([...this.#created.keys(), ...this.#filled])];
    if (names.length > 1 && this.#table?.name !== name) throw several(names);
    if (this.#table && this.#table.name !== name) throw several(names);
  }

  #columns(name: string, listed: string | undefined): readonly SqlColumn[] {
    const created = this.#created.get(name);
    if (listed === undefined) {
      if (created) return created;
      throw new ImportError(
        "unsupported",
        `nothing in the dump names the columns of table '${name}': dump its schema too, or the columns of each INSERT`,
      );
    }
    const typeOf = (column: string) => created?.find((other) => other.name === column)?.type ?? "";
    return splitList(listed).map((text) => ({ name: unquoted(text.trim()), type: typeOf(unquoted(text.trim())) }));
  }
}

function elsewhere(file: string): ImportError {
  const cure =
    "import that file, or write an archive of pg_dump as one by pg_restore --table=NAME --file=NAME.sql ARCHIVE";
  return new ImportError("unsupported", `the rows lie in another file, '${excerpt(file)}': ${cure}`);
}

function several(names: readonly string[]): ImportError {
  const reason = `the dump has several tables, choose one by the option ${TABLE_OPTION}: [${excerptOfList([...names])}]`;
  return new ImportError("request_invalid", reason);
}

/** By its whole name, or without the schema. */
function isCalled(name: string, wanted: string): boolean {
  return name === wanted || name.endsWith(`.${wanted}`);
}

function plain(name: string): string {
  return (name.match(new RegExp(IDENTIFIER, "g")) ?? []).map(unquoted).join(".");
}

function unquoted(name: string): string {
  const mark = name[0];
  return mark === '"' || mark === "`" ? name.slice(1, -1).replaceAll(mark + mark, mark) : name;
}

/** What stands between the brackets of `CREATE TABLE`, and behind them. */
function columnsOf(body: string): SqlColumn[] {
  return splitList(body).flatMap((text) => {
    const [, name, type] = new RegExp(`^\\s*(${IDENTIFIER})\\s*([\\s\\S]*)$`).exec(text) ?? [];
    return name === undefined || CONSTRAINT.test(text.trim())
      ? []
      : [{ name: unquoted(name), type: type.trim().toLowerCase() }];
  });
}

/** Parts between commas that stand in no brackets or quotes, up to the bracket that closes the list. */
function splitList(text: string): string[] {
  const parts: string[] = [];
  let [depth, from] = [0, 0];
  for (let at = 0; at < text.length; at++) {
    const mark = text[at];
    if (mark === "'" || mark === '"' || mark === "`") {
      const end = text.indexOf(mark, at + 1);
      at = end < 0 ? text.length : end;
    } else if (mark === "(") depth++;
    else if (mark === ")" && depth-- === 0) return [...parts, text.slice(from, at)];
    else if (mark === "," && depth === 0) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
  }
  return [...parts, text.slice(from)];
}
