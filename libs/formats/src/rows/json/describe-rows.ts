import { ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { DataType } from "@sluice/schema";
import type { ColumnDescription, SourceDescription } from "../../format.ts";
import { FileWindows, NEEDS_MORE } from "../file-windows.ts";
import { Scanner } from "./scanner.ts";
import { tellLayout } from "./tell-layout.ts";

/** Rows that a description looks at, and bytes at most. */
const SAMPLE_ROWS = 1000;
const SAMPLE_BYTES = 4 << 20;

/**
 * What the first rows of a file have for keys and values.
 * @param isNamedLines its name says that it has one object a line
 * @throws {ImportError} for a file that does not begin with rows
 */
export async function describeRows(
  source: SourceFile,
  isNamedLines: boolean,
  signal: AbortSignal,
): Promise<SourceDescription> {
  const samples = new Map<string, ValueKinds>();
  const rows = await sampleRows(source, isNamedLines, signal);
  for (const row of rows)
    for (const [key, value] of Object.entries(row)) {
      const kinds = samples.get(key) ?? new ValueKinds();
      samples.set(key, kinds);
      kinds.add(value);
    }
  const columns = [...samples].map(([name, kinds]) => kinds.describe(name, rows.length));
  return { rowCount: undefined, columns, sampledRows: rows.length };
}

async function sampleRows(
  file: SourceFile,
  isNamedLines: boolean,
  signal: AbortSignal,
): Promise<Record<string, unknown>[]> {
  const { source, layout } = await tellLayout(file, { isNamedLines, signal });
  const chunkBytes = Math.max(1, Math.min(SAMPLE_BYTES, source.sizeBytes + 1));
  const windows = new FileWindows(source, { chunkBytes, start: layout.start, signal });
  const window = await windows.next(undefined, 0);
  const scanner = new Scanner(source.path, layout.isOneLine);
  scanner.open(window);
  const rows: Record<string, unknown>[] = [];
  try {
    for (let at = layout.begin(scanner, window.begin); at >= 0 && rows.length < SAMPLE_ROWS; ) {
      scanner.row = rows.length;
      const end = scanner.skipValue(at);
      if (scanner.bytes[at] !== 0x7b)
        throw new ImportError("malformed_file", "each row should be a key-value map", scanner.at(at));
      rows.push(JSON.parse(scanner.text(at, end), keepIntegers as never));
      at = layout.next(scanner, end);
    }
  } catch (error) {
    // The sample ends inside of a row; a first row that is larger than the sample is no sample.
    if (error !== NEEDS_MORE || rows.length === 0) throw error === NEEDS_MORE ? noRow(source) : error;
  } finally {
    await windows.close(window);
  }
  return rows;
}

function noRow({ path: file }: SourceFile): ImportError {
  return new ImportError("malformed_file", `no row ends within the first ${SAMPLE_BYTES} bytes`, { file });
}

/** Numbers that are written as integers become bigint. */
function keepIntegers(_key: string, value: unknown, { source = "" }: { source?: string }): unknown {
  return typeof value === "number" && /^-?\d+$/.test(source) ? BigInt(source) : value;
}

/** What is seen of the values of one key. */
class ValueKinds {
  readonly #kinds = new Set<string>();
  /** Of lists. */
  readonly #elements = new Set<string>();
  readonly #lengths = new Set<number>();
  #present = 0;

  add(value: unknown): void {
    if (value === null) return;
    this.#present++;
    this.#kinds.add(kindOf(value));
    if (!Array.isArray(value)) return;
    this.#lengths.add(value.length);
    for (const element of value) this.#elements.add(kindOf(element));
  }

  /** @param rows that were looked at */
  describe(name: string, rows: number): ColumnDescription {
    const kinds = [...this.#kinds].sort();
    const type = kinds.map((kind) => (kind === LIST ? `list<${[...this.#elements].sort().join(" | ")}>` : kind));
    const base = { name, type: type.join(" | ") || "null", isNullable: this.#present < rows };
    return this.#kinds.size === 1 && this.#kinds.has(LIST)
      ? { ...base, ...this.#list() }
      : { ...base, dataType: commonType(this.#kinds) };
  }

  /** Lists of numbers of one length, with a fraction among them, are vectors. */
  #list(): Pick<ColumnDescription, "dataType" | "elementType" | "dim"> {
    const elementType = commonType(this.#elements);
    const [dim] = this.#lengths;
    if (elementType === DataType.Double && this.#lengths.size === 1 && dim > 1)
      return { dataType: DataType.FloatVector, dim };
    if (elementType === undefined || elementType === DataType.JSON) return { dataType: undefined };
    return { dataType: DataType.Array, elementType };
  }
}

const LIST = "list";

const types: Readonly<Record<string, DataType>> = {
  integer: DataType.Int64,
  number: DataType.Double,
  boolean: DataType.Bool,
  string: DataType.VarChar,
  object: DataType.JSON,
};

/** The field type that takes values of all these kinds. */
function commonType(kinds: ReadonlySet<string>): DataType | undefined {
  const areNumbers = kinds.has("number") && [...kinds].every((kind) => kind === "integer" || kind === "number");
  const [only] = kinds;
  return areNumbers ? DataType.Double : kinds.size === 1 ? types[only] : undefined;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return LIST;
  if (typeof value === "bigint") return "integer";
  return value === null ? "null" : typeof value;
}
