import type { ColumnDescription, SourceDescription } from "../../../format.ts";
import { FileWindows, NEEDS_MORE } from "../../file-windows.ts";
import { Scanner } from "../scanner.ts";
import { keepIntegers, ValueKinds } from "../value-kinds.ts";
import type { ColumnsFile } from "./columns-reader.ts";
import { type ColumnValues, type FoundColumn, findColumns } from "./find-columns.ts";

/** Values of each column that a description looks at, and bytes at most. */
const SAMPLE_ROWS = 1000;
const SAMPLE_BYTES = 256 << 10;

/** What the first values of each column are. @throws {ImportError} for a file that is no table */
export async function describeColumns(files: readonly ColumnsFile[], signal: AbortSignal): Promise<SourceDescription> {
  const found: FoundColumn[] = [];
  for (const { source, path } of files) found.push(...(await findColumns(source, path, undefined, signal)));
  const columns: ColumnDescription[] = [];
  for (const column of found) if (column.values) columns.push(await describeColumn(column, column.values, signal));
  const counts = new Set(found.flatMap(({ values }) => (values ? [values.count] : [])));
  const [rowCount] = counts;
  return {
    rowCount: counts.size === 1 ? rowCount : undefined,
    columns,
    sampledRows: Math.min(rowCount ?? 0, SAMPLE_ROWS),
  };
}

async function describeColumn(
  { name, source }: FoundColumn,
  values: ColumnValues,
  signal: AbortSignal,
): Promise<ColumnDescription> {
  const chunkBytes = Math.max(1, Math.min(SAMPLE_BYTES, values.end - values.start + 1));
  const windows = new FileWindows(source, { chunkBytes, start: values.start, signal });
  const window = await windows.next(undefined, 0);
  const scanner = new Scanner(source.path);
  scanner.open(window);
  const kinds = new ValueKinds();
  let count = 0;
  try {
    for (let at = window.begin; count < Math.min(values.count, SAMPLE_ROWS); count++) {
      at = scanner.blanks(count > 0 ? scanner.blanks(at) + 1 : at);
      if (values.isLabelled) at = scanner.colon(scanner.keyEnd(at));
      const end = scanner.skipValue(at);
      kinds.add(JSON.parse(scanner.text(at, end), keepIntegers as never));
      at = end;
    }
  } catch (error) {
    // The sample ends inside of a value.
    if (error !== NEEDS_MORE) throw error;
  } finally {
    await windows.close(window);
  }
  return kinds.describe(name, count);
}
