import { ImportError, locate } from "@sluice/errors";
import { DataType, dataTypeName, type FieldSchema, isOptional } from "@sluice/schema";
import { Coercions } from "../coercions.ts";
import { MAX_ROW_BYTES } from "../format.ts";
import { bindColumns, type NamedColumn } from "../plan/bind-columns.ts";
import type { FieldPlan, Target } from "../plan/field-plan.ts";
import { absentWarning, leftOverWarning } from "../plan/left-over.ts";
import { SchemaFaults } from "../plan/schema-faults.ts";
import { type ArrayColumn, type ArrayHeader, planArrayColumn } from "./array-column.ts";
import { coercionOf, isArrayType } from "./array-rules.ts";
import type { ArraySet, NamedArray } from "./array-set.ts";
import { foldArrays } from "./fold-arrays.ts";

/** Arrays of a set that are read. */
export interface OpenedArrays {
  /** In the order of the schema. */
  readonly columns: readonly ArrayColumn[];
  /** Those that become keys of `$meta`. */
  readonly folded: readonly ArrayColumn[];
}

/**
 * Opens the arrays that feed fields; one that no field takes becomes a key of `$meta`, or is warned of. All headers
 * are read and checked, so what follows can fail on values only. None where all arrays have no rows: what is empty fits.
 * @throws {ImportError} `schema_mismatch` when arrays and fields do not fit, `malformed_file` when a file is broken or rows
 *   are not aligned, `unsupported` for fields and files that have no such form; all faults of the set in one
 */
export async function openArrays(
  set: ArraySet,
  plan: FieldPlan,
  signal?: AbortSignal,
  warn: (text: string) => void = () => {},
): Promise<OpenedArrays> {
  const faults = new SchemaFaults();
  const { given, extras } = boundArrays(set, plan, warn, faults);
  if (given.length === 0 && faults.isEmpty) throw new ImportError("schema_mismatch", set.missing(undefined));
  const { fields } = plan.schema;
  const headers = await Promise.all(given.map(([index, array]) => headerOf(fields[index], array, faults, signal)));
  if (given.length > 0 && headers.every((header) => header?.shape[0] === 0)) return { columns: [], folded: [] };
  const opened = given.map(([index, array], i) =>
    faults.attempt(() => headers[i] && openColumn(fields[index], index, array, headers[i], plan.options.coerces)),
  );
  const columns = opened.filter((column) => column !== undefined);
  if (columns.length > 0) faults.attempt(() => checkAligned(columns));
  faults.attempt(() => checkRowBytes(columns));
  faults.throwAny();
  const { folded, left } = await foldArrays(extras, plan, columns[0].rowCount, signal);
  plan.uses.noteMeta(folded.map(({ field }) => field.name));
  checkRowBytes([...columns, ...folded]);
  for (const text of [leftOverWarning(plan, left), coercedWarning(columns)])
    if (text !== undefined) warn(`${set.title}: ${text}`);
  return { columns, folded };
}

function boundArrays(
  set: ArraySet,
  plan: FieldPlan,
  warn: (text: string) => void,
  faults: SchemaFaults,
): { given: [index: number, array: NamedArray][]; extras: readonly NamedColumn<NamedArray>[] } {
  const { fields } = plan.schema;
  for (const [i, field] of fields.entries())
    if (!isOptional(field)) faults.attempt(() => checkType(set, field, arrayFor(set, plan, i)));
  const source = {
    columns: set.arrays.map((column) => ({ name: column.name, column })),
    missing: set.missing,
    repeated: (name: string, first: NamedArray) => `two files for field '${name}': ${first.source.path}`,
    placeOf: (array: NamedArray | undefined) => (array ? { file: array.source.path } : {}),
  };
  const bound = bindColumns<NamedArray>(plan, source, faults);
  const absent = absentWarning(plan, bound.fields);
  if (absent !== undefined) warn(`${set.title}: ${absent}`);
  const arrays = bound.fields.flatMap<[number, NamedArray]>((array, index) => (array ? [[index, array]] : []));
  const given = arrays.filter(([index, array]) => {
    faults.attempt(() => checkType(set, fields[index], array));
    return mayFeed(fields[index], array);
  });
  return { given, extras: bound.extras };
}

function arrayFor({ arrays }: ArraySet, plan: FieldPlan, index: number): NamedArray | undefined {
  const isFor = (target: Target) => target.kind === "field" && target.index === index;
  return arrays.find(({ name }) => isFor(plan.target(name)));
}

/** Sparse vectors are those of a sparse matrix. */
function mayFeed({ dataType }: FieldSchema, array: NamedArray | undefined): boolean {
  return isArrayType(dataType) || (dataType === DataType.SparseFloatVector && array?.dataType === dataType);
}

function checkType({ title }: ArraySet, field: FieldSchema, array: NamedArray | undefined): void {
  const { name, dataType } = field;
  const file = array?.source.path;
  // Members of struct arrays have brackets in their names.
  if (mayFeed(field, array) && !name.endsWith("]")) return;
  const reason = `unsupported importing ${title} for collection with data type: ${dataTypeName(dataType)}, field '${name}'`;
  throw new ImportError("unsupported", reason, { field: name, ...(file !== undefined && { file }) });
}

/** Undefined where it is broken, which is a fault. */
function headerOf(
  field: FieldSchema,
  { source, header }: NamedArray,
  faults: SchemaFaults,
  signal: AbortSignal | undefined,
): Promise<ArrayHeader | undefined> {
  return faults.attemptAsync(async () => {
    try {
      return await header(signal, field);
    } catch (error) {
      throw locate(error, { file: source.path, field: field.name });
    }
  });
}

function openColumn(
  field: FieldSchema,
  index: number,
  { source }: NamedArray,
  header: ArrayHeader,
  coerces: boolean | undefined,
): ArrayColumn {
  try {
    return planArrayColumn(field, index, source, header, coerces);
  } catch (error) {
    throw locate(error, { file: source.path, field: field.name });
  }
}

function coercedWarning(columns: readonly ArrayColumn[]): string | undefined {
  const coercions = new Coercions();
  for (const { field, dtype } of columns) {
    const coercion = coercionOf(field, dtype);
    if (coercion) coercions.all(field.name, coercion);
  }
  return coercions.warning;
}

function checkAligned(columns: readonly ArrayColumn[]): void {
  const [first] = columns;
  const other = columns.find((column) => column.rowCount !== first.rowCount);
  if (!other) return;
  const rows = (column: ArrayColumn) => `field '${column.field.name}' with '${column.rowCount}' rows`;
  const at = { file: other.source.path, field: other.field.name };
  throw new ImportError("malformed_file", `imported rows are not aligned, ${rows(first)}, ${rows(other)}`, at);
}

/** @throws {ImportError} `unsupported` when a row is larger than what is held at once */
function checkRowBytes(columns: readonly ArrayColumn[]): void {
  const rowBytes = columns.reduce((sum, column) => sum + column.pitchBytes, 0);
  if (rowBytes > MAX_ROW_BYTES)
    throw new ImportError("unsupported", `a row of all files takes ${rowBytes} bytes, more than ${MAX_ROW_BYTES}`);
}
