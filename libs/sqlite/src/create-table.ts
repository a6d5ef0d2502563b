import type { SqlValue } from "./record.ts";
import { isWord, listAt, type SqlWord, sqlWords } from "./sql-words.ts";

/** What becomes of values that are stored in a column. Source: SQLite, datatypes §3.1. */
export type Affinity = "integer" | "real" | "numeric" | "text" | "blob";

/** A column as `CREATE TABLE` declares it. */
export interface SqlColumn {
  readonly name: string;
  /** As declared; "" for none. */
  readonly type: string;
  readonly affinity: Affinity;
  readonly isNotNull: boolean;
  /** Of rows that are older than the column. */
  readonly defaultValue: SqlValue;
}

/** What a `CREATE TABLE` says of the rows that are stored. */
export interface SqlTableShape {
  /** Those that are stored, in the order of the values of a row. */
  readonly columns: readonly SqlColumn[];
  /** The column that is the row id itself; its stored values are null. */
  readonly rowIdColumn: number | undefined;
  /** Rows are in an index of the primary key. */
  readonly hasNoRowId: boolean;
}

/** A virtual table: its module, and what that was given, each as it stands. */
export interface VirtualTableShape {
  readonly module: string;
  readonly arguments: readonly string[];
}

/** Words that end the type of a column. */
const constraints = ["CONSTRAINT", "PRIMARY", "NOT", "NULL", "UNIQUE", "CHECK", "DEFAULT", "COLLATE", "REFERENCES"];
const columnEnds = new Set([...constraints, "GENERATED", "AS"]);
const tableConstraints = ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"];

/** @throws {RangeError} with what is not understood */
export function parseCreateTable(sql: string): SqlTableShape {
  const words = sqlWords(sql);
  const open = words.findIndex((word) => isWord(word, "("));
  const list = open < 0 ? undefined : listAt(words, open);
  if (!list) throw new RangeError("its statement CREATE TABLE has no columns");
  const isColumn = ([first]: readonly SqlWord[]) => !tableConstraints.some((keyword) => isWord(first, keyword));
  const defined = list.parts.filter((part) => part.length > 0 && isColumn(part));
  const stored = defined.filter((part) => !isComputed(part));
  const columns = stored.map(columnOf);
  const keys = list.parts.filter((part) => part.length > 0 && !isColumn(part)).flatMap(keyOf);
  return { columns, rowIdColumn: rowIdColumn(stored, columns, keys), hasNoRowId: saysWithoutRowId(words, list.end) };
}

/** Undefined for a statement that makes no virtual table. */
export function parseVirtualTable(sql: string): VirtualTableShape | undefined {
  const words = sqlWords(sql);
  const using = words.findIndex((word) => isWord(word, "USING"));
  if (!isWord(words[0], "CREATE") || !isWord(words[1], "VIRTUAL") || using < 0) return undefined;
  const list = listAt(words, using + 2);
  const parts = list?.parts.filter((part) => part.length > 0) ?? [];
  return { module: words[using + 1]?.text ?? "", arguments: parts.map((part) => part.map(({ raw }) => raw).join(" ")) };
}

function saysWithoutRowId(words: readonly SqlWord[], from: number): boolean {
  return words.some((word, i) => i >= from && isWord(word, "WITHOUT") && isWord(words[i + 1], "ROWID"));
}

/** Columns that are computed when they are read are not stored. */
function isComputed(part: readonly SqlWord[]): boolean {
  const as = part.findIndex((word, i) => i > 0 && isWord(word, "AS"));
  return as > 0 && isWord(part[as + 1], "(") && !part.some((word) => isWord(word, "STORED"));
}

function columnOf(part: readonly SqlWord[]): SqlColumn {
  const type = typeOf(part);
  const isNotNull = part.some((word, i) => isWord(word, "NOT") && isWord(part[i + 1], "NULL"));
  return { name: part[0].text, type, affinity: affinityOf(type), isNotNull, defaultValue: defaultOf(part) };
}

function typeOf(part: readonly SqlWord[]): string {
  const end = part.findIndex((word, i) => i > 0 && !word.isQuoted && columnEnds.has(word.text.toUpperCase()));
  return part
    .slice(1, end < 0 ? undefined : end)
    .map(({ raw }) => raw)
    .join(" ");
}

function affinityOf(type: string): Affinity {
  if (/INT/i.test(type)) return "integer";
  if (/CHAR|CLOB|TEXT/i.test(type)) return "text";
  if (type === "" || /BLOB/i.test(type)) return "blob";
  return /REAL|FLOA|DOUB/i.test(type) ? "real" : "numeric";
}

/** Rows that were there before the column have it, so only constants can be given. */
function defaultOf(part: readonly SqlWord[]): SqlValue {
  const at = part.findIndex((word, i) => i > 0 && isWord(word, "DEFAULT")) + 1;
  if (at === 0) return null;
  const [word, next] = part.slice(isWord(part[at], "(") ? at + 1 : at);
  if (word === undefined) return null;
  if (word.isQuoted) return word.text;
  const sign = isWord(word, "-") || isWord(word, "+") ? word.text : "";
  const text = sign === "" ? word.text : `${sign}${next?.text}`;
  if (/^true$/i.test(text)) return 1;
  if (/^(false|null)$/i.test(text)) return text.length === 5 ? 0 : null;
  const value = Number(text);
  if (Number.isNaN(value)) return null;
  return Number.isInteger(value) && !Number.isSafeInteger(value) && /^[-+]?\d+$/.test(text) ? BigInt(text) : value;
}

/** Columns of a primary key that stands behind the columns. */
function keyOf(part: readonly SqlWord[]): string[][] {
  const at = part.findIndex((word) => isWord(word, "PRIMARY"));
  if (at < 0) return [];
  const list = listAt(part, at + 2);
  return list ? [list.parts.map(([name]) => name?.text.toLowerCase() ?? "")] : [];
}

/** Source: SQLite, rowid tables: a primary key of one column whose type is INTEGER, and no other word. */
function rowIdColumn(
  parts: readonly (readonly SqlWord[])[],
  columns: readonly SqlColumn[],
  keys: readonly (readonly string[])[],
): number | undefined {
  const isInteger = (i: number) => /^integer$/i.test(columns[i].type);
  const own = parts.findIndex((part) => part.some((word, i) => i > 0 && isWord(word, "PRIMARY")));
  if (own >= 0) {
    const key = parts[own].findIndex((word, i) => i > 0 && isWord(word, "PRIMARY"));
    return isInteger(own) && !isWord(parts[own][key + 2], "DESC") ? own : undefined;
  }
  const [key] = keys;
  const named = key?.length === 1 ? columns.findIndex(({ name }) => name.toLowerCase() === key[0]) : -1;
  return named >= 0 && isInteger(named) ? named : undefined;
}
