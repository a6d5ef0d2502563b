import { ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { DataType } from "@sluice/schema";
import type { ColumnDescription, SourceDescription } from "../../format.ts";
import { isNotFiniteWord } from "../../numbers/holes.ts";
import { FileWindows, NEEDS_MORE } from "../file-windows.ts";
import { ListLengths } from "../list-lengths.ts";
import { readHeader } from "./csv-layout.ts";
import { CsvScanner } from "./csv-scanner.ts";
import { type Dialect, separatorHint } from "./dialect.ts";

/** Rows that a description looks at, and bytes at most. */
const SAMPLE_ROWS = 1000;
const SAMPLE_BYTES = 4 << 20;

/** What the cells of the first records look like. @param nanIsNull see `FieldOptions` @throws {ImportError} for a file without a header */
export async function describeCsv(
  source: SourceFile,
  dialect: Dialect,
  signal: AbortSignal,
  nanIsNull = false,
): Promise<SourceDescription> {
  const chunkBytes = Math.min(SAMPLE_BYTES, source.sizeBytes + 1);
  const windows = new FileWindows(source, { chunkBytes, start: 0, signal });
  const window = await windows.next(undefined, 0);
  const scanner = new CsvScanner(source.path, dialect);
  scanner.open(window);
  try {
    const { names, end } = readHeader(scanner, window.begin);
    const columns = names.map(() => new CellKinds(nanIsNull));
    const sampledRows = sample(scanner, end, { names, columns });
    return { rowCount: undefined, columns: columns.map((kinds, i) => kinds.describe(names[i])), sampledRows };
  } catch (error) {
    if (error !== NEEDS_MORE) throw error;
    throw scanner.malformed(window.begin, `the header does not end within the first ${SAMPLE_BYTES} bytes`);
  } finally {
    await windows.close(window);
  }
}

interface Sampled {
  readonly names: readonly string[];
  /** Parallel to the names. */
  readonly columns: readonly CellKinds[];
}

/** Looks at records from `p` on; how many they were. */
function sample(scanner: CsvScanner, p: number, { names, columns }: Sampled): number {
  let rows = 0;
  try {
    for (let at = p; rows < SAMPLE_ROWS && at < scanner.end; rows++) {
      scanner.row = rows;
      for (const [i, kinds] of columns.entries()) {
        at = scanner.cell(i === 0 ? at : at + scanner.separatorAt(at));
        kinds.add(scanner.isNull() ? "" : plainNumber(scanner));
      }
      at = scanner.lineEnd(at) + 1;
      if (at === 0) return rows;
    }
  } catch (error) {
    // The sample ends inside of a record.
    if (error !== NEEDS_MORE) throw hinted(error, names);
  }
  return rows;
}

/** Quotes that seem to be broken are no surprise where the columns are separated otherwise. */
function hinted(error: unknown, names: readonly string[]): unknown {
  const hint = separatorHint(names);
  return error instanceof ImportError && hint ? new ImportError(error.code, `${error.reason}${hint}`, error.at) : error;
}

/** The last cell; a decimal comma as a point. */
function plainNumber(scanner: CsvScanner): string {
  const text = scanner.text();
  return scanner.dialect.decimal === "," && /^[+-]?\d*,\d+$/.test(text) ? text.replace(",", ".") : text;
}

type Kind = "integer" | "number" | "boolean" | "list" | "object" | "string";

const types: Readonly<Record<Exclude<Kind, "list">, DataType>> = {
  integer: DataType.Int64,
  number: DataType.Double,
  boolean: DataType.Bool,
  object: DataType.JSON,
  string: DataType.VarChar,
};

/** What is seen of the cells of one column. */
class CellKinds {
  readonly #kinds = new Set<Kind>();
  readonly #lengths = new ListLengths();
  readonly #nanIsNull: boolean;
  #isNullable = false;
  /** Words that are null among numbers, and texts among others. */
  #hasWords = false;

  constructor(nanIsNull: boolean) {
    this.#nanIsNull = nanIsNull;
  }

  add(text: string): void {
    if (text === "") {
      this.#isNullable = true;
      return;
    }
    if (this.#nanIsNull && isNotFiniteWord(text)) {
      this.#hasWords = true;
      return;
    }
    const numbers = numbersOf(text);
    if (numbers !== undefined) this.#lengths.add(numbers);
    this.#kinds.add(numbers === undefined ? kindOf(text) : "list");
  }

  describe(name: string): ColumnDescription {
    const base = {
      name,
      type: [...this.#kinds].sort().join(" | ") || "null",
      isNullable: this.#isNullable || this.#hasWords,
    };
    const kind = this.#kind();
    if (kind !== "list") return { ...base, dataType: kind && types[kind] };
    const dim = this.#lengths.dimOf(name);
    return dim !== undefined
      ? { ...base, dataType: DataType.FloatVector, dim }
      : { ...base, dataType: DataType.Array, elementType: DataType.Double };
  }

  /** Any text is a string; an integer is a number, too. */
  #kind(): Kind | undefined {
    const kinds = [...this.#kinds, ...(this.#hasWords ? (["number"] as const) : [])];
    if (kinds.length <= 1) return kinds[0];
    return kinds.every((kind) => kind === "integer" || kind === "number") ? "number" : "string";
  }
}

/** How many numbers a list has; undefined for what is none. */
function numbersOf(text: string): number | undefined {
  if (!/^\[[-+.\deE,\s]*\]$/.test(text)) return undefined;
  const items = text.slice(1, -1).trim();
  return items === "" ? 0 : items.split(/[\s,]+/).length;
}

function kindOf(text: string): Kind {
  // Digits beyond Int64, or behind a zero, are ids or codes, and no measures: as numbers they would have other digits.
  if (/^[+-]?\d+$/.test(text)) return isInt64(text) && !/^[+-]?0\d/.test(text) ? "integer" : "string";
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return "number";
  if (/^(true|false)$/i.test(text)) return "boolean";
  return /^[[{]/.test(text) && isJson(text) ? "object" : "string";
}

function isInt64(digits: string): boolean {
  return digits.length <= 20 && BigInt.asIntN(64, BigInt(digits)) === BigInt(digits);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
