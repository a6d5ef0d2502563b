import { excerpt, ImportError } from "@sluice/errors";

/** How a file of separated values is written. */
export interface Dialect {
  /** UTF-8 of one character. */
  readonly separator: Uint8Array;
  /** The byte that stands around cells which hold separators, line ends or itself (doubled); -1 where there is none. */
  readonly quote: number;
  /** Backslash escapes, as PostgreSQL's text format has them; never together with a quote. */
  readonly hasEscapes: boolean;
  /** A backslash in quotes escapes a quote or a backslash, as Spark writes them, and what MySQL puts one before; a doubled quote is none. */
  readonly escapesQuotes: boolean;
  /** A cell of these bytes is null, or its field's default, where its field may be either. */
  readonly nullKey: Uint8Array;
  /** The first line names the columns. */
  readonly hasHeader: boolean;
  /** Names of the columns, in place of the header's. */
  readonly columns: readonly string[] | undefined;
  readonly decimal: "." | ",";
}

/** Options of an import that say how its files are written. */
export const dialectKeys = ["sep", "nullkey", "quote", "escape", "header", "columns", "decimal"] as const;

/** What programs put between columns besides commas: spreadsheets of many countries, and tools for text. */
const OTHER_SEPARATORS = [";", "\t", "|", ","];

const REPLACEMENT = "\ufffd";
const BACKSLASH = "\\";
const TAB = 0x09;

/**
 * Source: import semantics §4 for `sep` and `nullkey`.
 * @param separator where no option names one @throws {ImportError} `request_invalid`
 */
export function parseDialect(options: Readonly<Record<string, string>>, separator: "," | "\t"): Dialect {
  const escapesQuotes = parseEscape(options.escape) && (options.quote ?? "") !== "";
  const hasEscapes = parseEscape(options.escape) && !escapesQuotes;
  const sep = parseSeparator(options.sep || (hasEscapes ? "\t" : separator));
  const hasHeader = parseHeader(options.header);
  const columns = parseColumns(options.columns);
  if (!hasHeader && !columns)
    throw invalid("header", "without a header the option 'columns' must name the columns, in the order of the file");
  return {
    separator: Buffer.from(sep),
    quote: parseQuote(options.quote ?? (hasEscapes ? "" : '"'), sep, escapesQuotes),
    ...{ hasEscapes, escapesQuotes },
    nullKey: Buffer.from(options.nullkey ?? (hasEscapes ? "\\N" : "")),
    ...{ hasHeader, columns },
    decimal: parseDecimal(options.decimal),
  };
}

/** What to say of a header that is one column to us, and seems to be several; nothing of any other. */
export function separatorHint(names: readonly string[]): string {
  const found = names.length === 1 ? OTHER_SEPARATORS.find((mark) => names[0].includes(mark)) : undefined;
  return found ? `; the separator seems to be ${JSON.stringify(found)}: the option 'sep' says so` : "";
}

/** What to say of a quote inside of a cell without quotes. Between tabs it may be no quote at all. */
export function bareQuoteText({ separator, quote }: Dialect): string {
  const isTab = separator.length === 1 && separator[0] === TAB;
  const hint = isTab
    ? "; in the tab-separated text of PostgreSQL and ClickHouse it is text: the option 'escape' (\\) says so"
    : "";
  const mark = String.fromCharCode(quote);
  return `a quote (${mark}) stands inside of a cell without quotes: put the cell in quotes and double it${hint}`;
}

/** Only the first character counts, as in Milvus. */
function parseSeparator(text: string): string {
  const [first] = text.toWellFormed();
  if (first && !["\0", "\n", "\r", '"', REPLACEMENT].includes(first)) return first;
  throw new ImportError("request_invalid", `unsupported csv separator: ${JSON.stringify(excerpt(text))}`);
}

function parseQuote(text: string, separator: string, escapesQuotes: boolean): number {
  if (text === "") return -1;
  if (escapesQuotes && text === BACKSLASH) throw invalid("quote", "a backslash is what escapes it: name another mark");
  const isMark = /^[!-/:-@[-`{-~]$/.test(text);
  if (isMark && text !== separator) return text.charCodeAt(0);
  throw invalid("quote", `must be one mark of ASCII other than the separator, or nothing, found ${shown(text)}`);
}

function parseEscape(text = ""): boolean {
  if (text === "") return false;
  if (text === BACKSLASH) return true;
  throw invalid("escape", `must be a backslash or nothing, found ${shown(text)}`);
}

function parseHeader(text = "true"): boolean {
  const word = text.toLowerCase();
  if (word === "true" || word === "false") return word === "true";
  throw invalid("header", `must be "true" or "false", found ${shown(text)}`);
}

function parseDecimal(text = "."): "." | "," {
  if (text === "." || text === ",") return text;
  throw invalid("decimal", `must be "." or ",", found ${shown(text)}`);
}

/** A JSON list of names, or names with commas between them. @throws {ImportError} `request_invalid` */
export function parseColumns(text: string | undefined): readonly string[] | undefined {
  if (text === undefined || text.trim() === "") return undefined;
  if (!text.trimStart().startsWith("[")) return text.split(",").map((name) => name.trim());
  const names = parseList(text);
  if (Array.isArray(names) && names.length > 0 && names.every((name) => typeof name === "string")) return names;
  throw invalid("columns", `must be names with commas between them, or a JSON list of names, found ${shown(text)}`);
}

function parseList(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function shown(text: string): string {
  return JSON.stringify(excerpt(text));
}

function invalid(option: string, reason: string): ImportError {
  return new ImportError("request_invalid", `options.${option}: ${reason}`);
}
