import { DataType } from "@sluice/schema";
import type { CanonicalRow } from "../canonical-rows.ts";
import type { FieldOptions } from "../plan/field-options.ts";
import { parsePath, type SourcePath } from "../plan/source-path.ts";
import type { ValueForm } from "../plan/value-form.ts";
import { ValueKinds } from "../rows/json/value-kinds.ts";
import { isCalledVector } from "../rows/list-lengths.ts";
import { columnFacts } from "./column-facts.ts";
import type { SampledColumn } from "./propose-schema.ts";

/** A column by the name of the field that takes it. */
export interface MappedColumn extends SampledColumn {
  /** Its name in the source, or the path at which it lies there. */
  readonly source: string;
}

/** What leads to which field, and how values are read that do not say it themselves. */
export interface Mapping extends Pick<FieldOptions, "mapping" | "ignored" | "forms"> {
  /** By field: a text there is a vector of floats, in this form. */
  readonly vectorForms?: ReadonlyMap<string, ValueForm>;
  /** The field whose objects are sparse vectors. */
  readonly sparse?: string | undefined;
  /** Members that no field takes become dynamic keys. */
  readonly hasRest?: boolean;
}

/**
 * The columns as `fields_mapping` leads them to fields: renamed, left out, or taken out of the objects that other columns are. Such
 * an object is no column itself any more: an import would not keep the rest of it either.
 * @param rows a sample of them
 */
export function mappedColumns(
  columns: readonly SampledColumn[],
  rows: readonly CanonicalRow[],
  { mapping, ignored = [], forms = new Map(), vectorForms = new Map(), sparse }: Mapping,
): MappedColumn[] {
  const names = new Set(columns.map(({ name }) => name));
  const left = new Set(ignored);
  const renamed = new Map<string, string>();
  const inside: MappedColumn[] = [];
  for (const [source, field] of mapping) {
    const path = knownPath(source, names);
    if (path.length === 1) renamed.set(path[0], field);
    else inside.push(columnAt(path, { source, field }, rows));
    if (path.length > 1) left.add(path[0]);
  }
  const whole = columns.flatMap((column): MappedColumn[] => {
    const field = renamed.get(column.name);
    if (field === undefined && left.has(column.name)) return [];
    return [field === undefined ? { ...column, source: column.name } : renamedColumn(column, field, rows)];
  });
  return [...whole, ...inside].map((column) => {
    if (vectorForms.has(column.name)) return vectorOfTexts(column, rows, names);
    if (column.name === sparse && column.dataType === DataType.JSON)
      return { ...column, dataType: DataType.SparseFloatVector };
    return forms.has(column.name) ? unread(column) : column;
  });
}

/** Base64 of vectors of floats, or lists, all of one length. */
function vectorOfTexts(column: MappedColumn, rows: readonly CanonicalRow[], names: ReadonlySet<string>): MappedColumn {
  const path = knownPath(column.source, names);
  const values = rows.map((row) => valueAt(row, path) ?? null).filter((value) => value !== null);
  const [dim, ...others] = new Set(values.map(elementsOf));
  if (dim === undefined || !Number.isInteger(dim) || others.length > 0) return column;
  const { name, source, type, facts } = column;
  return { name, source, type, facts, isNullable: values.length < rows.length, dataType: DataType.FloatVector, dim };
}

function elementsOf(value: unknown): number {
  if (Array.isArray(value)) return value.length;
  return typeof value === "string" ? Buffer.from(value, "base64").length / FLOAT_BYTES : Number.NaN;
}

const FLOAT_BYTES = 4;

/** Lists of integers are the vectors that the field is called after, though their column is not. */
function renamedColumn(column: SampledColumn, field: string, rows: readonly CanonicalRow[]): MappedColumn {
  const { name: source, dataType, elementType, mayBeLists } = column;
  const areLists = dataType === DataType.JSON ? mayBeLists : dataType === DataType.Array;
  const mayBeVectors = areLists && (elementType === undefined || elementType === DataType.Int64);
  return mayBeVectors && isCalledVector(field)
    ? columnAt([source], { source, field }, rows)
    : { ...column, source, name: field };
}

/** The steps from a row on: a mapping may go on from the document, whose rows lie at its first steps. */
export function knownPath(source: string, names: ReadonlySet<string>): SourcePath {
  if (names.has(source)) return [source];
  const steps = parsePath(source);
  const begin = steps.findIndex((step) => names.has(step));
  return begin < 0 ? steps : steps.slice(begin);
}

/** What the rows that were looked at have at a path. */
function columnAt(
  path: SourcePath,
  { source, field }: { readonly source: string; readonly field: string },
  rows: readonly CanonicalRow[],
): MappedColumn {
  const kinds = new ValueKinds();
  const values = rows.map((row) => ({ [field]: valueAt(row, path) }));
  for (const row of values) if (row[field] !== undefined) kinds.add(withIntegers(row[field]));
  return { ...kinds.describe(field, rows.length), facts: columnFacts(field, values), source };
}

/** What stands in a row at a path. */
export function valueAt(row: CanonicalRow, path: SourcePath): unknown {
  return path.reduce(inner, row as unknown);
}

function inner(value: unknown, step: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[step] : undefined;
}

/** What one kind of text stands for is not looked into: which vectors they are the collection has to say. */
function unread(column: MappedColumn): MappedColumn {
  return { ...column, dataType: undefined, type: `${column.type} in another form` };
}

/** As `ValueKinds` wants them; those beyond 2^53 are `{"$int": "…"}` here. */
function withIntegers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withIntegers);
  if (typeof value === "number") return Number.isInteger(value) ? BigInt(value) : value;
  const isLarge = typeof value === "object" && value !== null && Object.keys(value).join() === "$int";
  return isLarge ? BigInt((value as { $int: string }).$int) : value;
}
