import type { PandasIndex, PandasRange } from "./file-layout.ts";
import type { FileMetaData } from "./file-metadata.ts";

const NONE: PandasIndex = { columns: [], ranges: [] };

/**
 * What the metadata of pandas say of the index. A range that has not as many numbers as the file has rows is none: the file was
 * made of others. Source: pandas, "Storing pandas DataFrame objects in Apache Parquet format", key `pandas`.
 */
export function pandasIndexOf({ pandas }: Partial<FileMetaData["notes"]>, rowCount: number): PandasIndex {
  const entries = listOf(pandas, "index_columns");
  const columns = entries.filter((entry) => typeof entry === "string");
  return { columns, ranges: entries.flatMap((entry) => rangeOf(entry, rowCount) ?? []) };
}

/** Columns that the file has as integers, and pandas as floating point numbers (`numpy_type`). */
export function pandasFloatsOf({ pandas }: Partial<FileMetaData["notes"]>): readonly string[] {
  return listOf(pandas, "columns").flatMap((entry) => {
    const { name, pandas_type: type, numpy_type: held } = (entry ?? {}) as Record<string, unknown>;
    return typeof name === "string" && held === "float64" && /^u?int64$/.test(String(type)) ? [name] : [];
  });
}

type SourceReviver = (key: string, value: unknown, written: { readonly source?: string }) => unknown;
/** Revivers are told how numbers were written. Source: ECMAScript, "JSON.parse source text access". */
const parseWith = JSON.parse as (text: string, reviver: SourceReviver) => unknown;

/** Ids may be beyond what numbers hold. */
function exactRange(key: string, value: unknown, { source = "" }: { readonly source?: string }): unknown {
  return /^(start|stop|step)$/.test(key) && /^-?\d{1,19}$/.test(source) ? BigInt(source) : value;
}

/** A member of the metadata of pandas that is a list. */
function listOf(pandas: string | undefined, name: "index_columns" | "columns"): readonly unknown[] {
  if (!pandas) return NONE.columns;
  try {
    const { [name]: entries } = parseWith(pandas, exactRange) as { [name]?: unknown };
    return Array.isArray(entries) ? entries : NONE.columns;
  } catch {
    return NONE.columns; // What other programs make of the key is not the file's damage.
  }
}

function rangeOf(entry: unknown, rowCount: number): PandasRange | undefined {
  if (typeof entry !== "object" || entry === null) return undefined;
  const { kind, name, start, stop, step } = entry as Record<string, unknown>;
  if (kind !== "range" || typeof name !== "string") return undefined;
  if (typeof start !== "bigint" || typeof stop !== "bigint" || typeof step !== "bigint" || step === 0n)
    return undefined;
  const last = start + step * BigInt(rowCount - 1);
  const isLast = step > 0n ? last < stop && last + step >= stop : last > stop && last + step <= stop;
  return isLast ? { name, start, step } : undefined;
}
