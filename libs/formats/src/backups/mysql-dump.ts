import { ImportError } from "@sluice/errors";

/** A row of a dump by the names of its columns: text, null, and numbers as their text. */
export type DumpRow = Readonly<Record<string, string | null>>;

/** All rows that a dump inserts into one table. */
export interface DumpedTable {
  /** In lower case. */
  readonly columns: readonly string[];
  readonly rows: readonly DumpRow[];
}

/**
 * Some tables in what `mysqldump` writes: `CREATE TABLE` gives the columns, `INSERT INTO … VALUES` the rows. Statements of anything
 * else are stepped over. Source: MySQL reference manual, "String Literals" and "mysqldump".
 * @param wanted names of tables, without regard to case; the answer has them as they are given
 * @throws {ImportError} `malformed_file` with the byte, for statements that break off
 */
export function readMysqlDump(text: string, wanted: readonly string[]): Map<string, DumpedTable> {
  const tables = new Map<string, { columns: string[]; rows: DumpRow[] }>();
  const nameOf = (name: string) => wanted.find((table) => table.toLowerCase() === name.toLowerCase());
  const scanner = new SqlScanner(text);
  while (scanner.nextStatement()) {
    const created = nameOf(scanner.take(/CREATE TABLE (?:IF NOT EXISTS )?`([^`\n]+)` \(/iy)?.[1] ?? "");
    if (created !== undefined) tables.set(created, { columns: scanner.columnNames(), rows: [] });
    const [, name = "", listed] =
      scanner.take(/INSERT (?:IGNORE )?INTO `([^`\n]+)` (?:\(([^)\n]*)\) )?VALUES\s*/iy) ?? [];
    const table = tables.get(nameOf(name) ?? "");
    if (table) for (const row of scanner.rows(columnsOf(listed) ?? table.columns)) table.rows.push(row);
    scanner.stepOver();
  }
  return tables;
}

function columnsOf(listed: string | undefined): string[] | undefined {
  return listed?.split(",").map((name) => name.trim().replaceAll("`", "").toLowerCase());
}

const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", b: "\b", "0": "\0", Z: "\x1a" };

class SqlScanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Goes to the next line that begins a statement of interest: mysqldump begins each on a line of its own. */
  nextStatement(): boolean {
    const next = /^(?:CREATE TABLE|INSERT )/gim;
    next.lastIndex = this.#at;
    const found = next.exec(this.#text);
    this.#at = found?.index ?? this.#text.length;
    return found !== null;
  }

  /** Whatever was taken of a statement, the next one is another. */
  stepOver(): void {
    this.#at++;
  }

  /** What a sticky pattern takes here. */
  take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text) ?? undefined;
    if (found) this.#at = pattern.lastIndex;
    return found;
  }

  /** Columns stand on lines of their own, which begin with their names. */
  columnNames(): string[] {
    const end = this.#text.indexOf("\n)", this.#at);
    if (end < 0) throw this.damaged("a table breaks off");
    const names = [...this.#text.slice(this.#at, end).matchAll(/^ *`([^`\n]+)`/gm)].map(([, name]) =>
      name.toLowerCase(),
    );
    this.#at = end;
    return names;
  }

  *rows(columns: readonly string[]): Generator<DumpRow> {
    for (;;) {
      const row: Record<string, string | null> = {};
      this.#expect("(");
      for (const [i, column] of columns.entries()) {
        if (i > 0) this.#expect(",");
        row[column] = this.#value();
      }
      this.#expect(")");
      yield row;
      if (this.#text[this.#at] !== ",") return;
      this.#at++;
      while (/\s/.test(this.#text[this.#at] ?? "")) this.#at++;
    }
  }

  #expect(character: string): void {
    if (this.#text[this.#at] !== character)
      throw this.damaged(`expected ${character}, found ${this.#text[this.#at] ?? "the end"}`);
    this.#at++;
  }

  #value(): string | null {
    const plain = /(?:NULL|-?[\d.]+(?:e[+-]?\d+)?)/iy;
    plain.lastIndex = this.#at;
    const found = plain.exec(this.#text);
    if (!found) return this.#string();
    this.#at = plain.lastIndex;
    return found[0].toUpperCase() === "NULL" ? null : found[0];
  }

  #string(): string {
    this.#expect("'");
    let value = "";
    for (let start = this.#at; ; ) {
      const character = this.#text[this.#at++];
      if (character === undefined) throw this.damaged("a text breaks off");
      if (character === "\\") {
        const escaped = this.#text[this.#at++] ?? "";
        value += this.#text.slice(start, this.#at - 2) + (escapes[escaped] ?? escaped);
        start = this.#at;
      } else if (character === "'") {
        value += this.#text.slice(start, this.#at - 1);
        // Two quotes are one in the text.
        if (this.#text[this.#at] !== "'") return value;
        start = this.#at++;
      }
    }
  }

  damaged(detail: string): ImportError {
    const byteOffset = Buffer.byteLength(this.#text.slice(0, this.#at));
    return new ImportError("malformed_file", `the MySQL dump is damaged: ${detail}`, { byteOffset });
  }
}
