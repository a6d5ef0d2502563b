import { ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { DataType } from "@sluice/schema";
import type { ColumnDescription, SourceDescription } from "../../format.ts";
import { parseFieldOptions } from "../../plan/field-options.ts";
import { presetOf } from "../../presets/preset-of.ts";
import { FileWindows, NEEDS_MORE } from "../file-windows.ts";
import type { PeekedFile } from "../peeked-file.ts";
import { describeColumns } from "./columns/describe-columns.ts";
import type { ColumnsShape, JsonShape } from "./json-shape.ts";
import { plainValue } from "./plain-value.ts";
import { Scanner } from "./scanner.ts";
import { layoutOf, type ToldFile, tellFile } from "./tell-layout.ts";
import { keepIntegers, ValueKinds } from "./value-kinds.ts";

/** Rows that a description looks at, and bytes at most. */
const SAMPLE_ROWS = 1000;
const SAMPLE_BYTES = 4 << 20;

/**
 * What the first rows of a file, or of the columns of a set, have for keys and values.
 * @param isNamedLines its name says that it has one object a line
 * @param options of the import: its mapping says where rows lie in a document, its preset whether values are wrapped
 * @throws {ImportError} for a file that does not begin with rows
 */
export async function describeJson(
  [file, ...others]: readonly SourceFile[],
  isNamedLines: boolean,
  signal: AbortSignal,
  options: Readonly<Record<string, string>> = {},
): Promise<SourceDescription> {
  const { mapping } = parseFieldOptions(options);
  const { source, shape } = await tellFile(file, { isNamedLines, mapping }, signal);
  if (others.length === 0 && shape.kind !== "columns") {
    const isWrapped = options.preset ? presetOf(options.preset).extended_json === true : false;
    return describeRows({ source, shape }, shape, isWrapped, signal);
  }
  const files = [{ source, path: shape.kind === "columns" ? shape.path : [] }];
  for (const other of others) {
    const told = await tellFile(other, { isNamedLines }, signal);
    files.push({ source: told.source, path: told.shape.kind === "columns" ? told.shape.path : [] });
  }
  return describeColumns(files, signal);
}

async function describeRows(
  { source }: ToldFile,
  shape: Exclude<JsonShape, ColumnsShape>,
  isWrapped: boolean,
  signal: AbortSignal,
): Promise<SourceDescription> {
  const samples = new Map<string, ValueKinds>();
  const rows = await sampleRows(source, shape, signal);
  for (const row of rows)
    for (const [key, value] of Object.entries(row)) {
      const kinds = samples.get(key) ?? new ValueKinds();
      samples.set(key, kinds);
      kinds.add(isWrapped ? plainValue(value) : value);
    }
  const isIndex = (name: string) => shape.kind === "document" && isUnnamedIndex(name, shape.labels);
  const columns = [...samples].flatMap(([name, kinds]) =>
    isIndex(name) ? [] : [withTexts(kinds.describe(name, rows.length))],
  );
  const rowsPath = shape.kind === "document" && shape.path.length > 0 && shape.isFound && shape.path;
  return { rowCount: undefined, columns, sampledRows: rows.length, ...(rowsPath && { rowsPath }) };
}

/** What pandas numbers rows with by itself; an index that somebody has named is a column. Source: pandas, `set_default_names`. */
function isUnnamedIndex(name: string, labels: readonly string[] = []): boolean {
  return labels.includes(name) && /^(index|level_\d+)$/.test(name);
}

/** Texts may hold vectors, as those of pgvector do. */
function withTexts(column: ColumnDescription): ColumnDescription {
  return column.dataType === DataType.VarChar ? { ...column, mayBeLists: true } : column;
}

async function sampleRows(
  source: PeekedFile,
  shape: Exclude<JsonShape, ColumnsShape>,
  signal: AbortSignal,
): Promise<Record<string, unknown>[]> {
  const layout = layoutOf(shape, source);
  const names = shape.kind === "objects" ? undefined : shape.names;
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
      const isRow = scanner.bytes[at] === 0x7b || (names && scanner.bytes[at] === 0x5b);
      if (!isRow) throw new ImportError("malformed_file", "each row should be a key-value map", scanner.at(at));
      rows.push(named(JSON.parse(scanner.text(at, end), keepIntegers as never), names));
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

/** Values of a row that is a list, under their names. */
function named(row: unknown, names: readonly string[] | undefined): Record<string, unknown> {
  if (!Array.isArray(row)) return row as Record<string, unknown>;
  return Object.fromEntries(row.map((value, i) => [names?.[i] ?? String(i), value]));
}
