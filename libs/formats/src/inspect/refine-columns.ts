import type { ImportError } from "@sluice/errors";
import { DataType } from "@sluice/schema";
import { sparkVector } from "@sluice/values";
import { MAX_DIM } from "../arrays/one-file.ts";
import type { CanonicalRow } from "../canonical-rows.ts";
import type { ColumnDescription } from "../format.ts";
import { keepIntegers, ValueKinds } from "../rows/json/value-kinds.ts";
import { columnFacts } from "./column-facts.ts";
import type { SampledColumn } from "./propose-schema.ts";

/**
 * Columns of integers that rows were rejected for, as text: their type says that they are integers, so that such a value can only be
 * one that Int64 has not. Undefined where there is none.
 * @param rejected of a sample that was read as `columns` are
 */
export function withWideIntegers(
  columns: readonly ColumnDescription[],
  rejected: readonly ImportError[],
): ColumnDescription[] | undefined {
  const fields = new Set(rejected.map(({ at }) => at?.field));
  const isWide = ({ name, dataType }: ColumnDescription) => dataType === DataType.Int64 && fields.has(name);
  if (!columns.some(isWide)) return undefined;
  return columns.map((column) =>
    isWide(column) ? { ...column, dataType: DataType.VarChar, isCoerced: true as const } : column,
  );
}

/** Texts that are all lists of numbers, as the vectors that lists would be. @param rows a sample of them */
export function withTextLists(column: SampledColumn, rows: readonly CanonicalRow[]): SampledColumn {
  if (!column.mayBeLists) return column;
  const values = rows.map((row) => ({ [column.name]: parsed(row[column.name]) }));
  const kinds = new ValueKinds();
  for (const row of values) kinds.add(row[column.name] ?? null);
  const { dataType, dim } = kinds.describe(column.name, rows.length);
  if (dataType !== DataType.FloatVector) return column;
  return { ...column, dataType, dim, facts: columnFacts(column.name, values.map(asNumbers)) };
}

/** A vector as Spark ML has it in a row. */
interface SparkVector extends Readonly<Record<string, unknown>> {
  readonly type: number;
  readonly size: number | null;
  readonly values: readonly number[];
}

/** Vectors of Spark ML: sparse where all are, dense where they have one length, else JSON. @param rows a sample, as JSON */
export function withSparkVectors(column: SampledColumn, rows: readonly CanonicalRow[]): SampledColumn {
  const { name } = column;
  const vectors = rows.map((row) => row[name] as SparkVector | null | undefined);
  const found = vectors.filter((vector) => typeof vector === "object" && vector !== null);
  if (found.length > 0 && found.every(({ type }) => type === 0))
    return { ...column, dataType: DataType.SparseFloatVector };
  const dims = new Set(found.map(({ size, values }) => size ?? values.length));
  const [dim] = dims;
  if (dims.size !== 1 || dim > MAX_DIM) return { ...column, dataType: DataType.JSON };
  const lists = vectors.map((vector) => ({ [name]: (vector && sparkVector(vector, dim)) ?? null }));
  return { ...column, dataType: DataType.FloatVector, dim, facts: columnFacts(name, lists as CanonicalRow[]) };
}

function parsed(value: unknown): unknown {
  if (value === null || value === undefined) return null;
  const text = typeof value === "string" ? value : JSON.stringify(value);
  try {
    return text.startsWith("[") ? JSON.parse(text, keepIntegers as never) : value;
  } catch {
    return value;
  }
}

function asNumbers(row: Readonly<Record<string, unknown>>): CanonicalRow {
  const [[name, list]] = Object.entries(row);
  return { [name]: Array.isArray(list) ? list.map(Number) : null };
}
