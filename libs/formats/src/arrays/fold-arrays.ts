import { ImportError, locate } from "@sluice/errors";
import { DataType, type FieldSchema } from "@sluice/schema";
import type { NamedColumn } from "../plan/bind-columns.ts";
import type { FieldPlan } from "../plan/field-plan.ts";
import { type ArrayColumn, type ArrayHeader, arrayColumn } from "./array-column.ts";
import type { NamedArray } from "./array-set.ts";
import { type Dtype, parseDtype } from "./dtype.ts";
import { isKnownUnit } from "./times.ts";

/** Arrays that no field takes, and what becomes of them. */
export interface ExtraArrays {
  /** Become keys of `$meta`; their field is `$meta` under the array's name. */
  readonly folded: readonly ArrayColumn[];
  /** Names of those that are left out. */
  readonly left: readonly string[];
}

/**
 * What becomes of arrays that no field takes: keys of `$meta` where there is one, unless the option `fold_extra_columns` is
 * false; of one or two dimensions, with as many rows as the others, of a type that JSON has. Others are left out, whatever is
 * wrong with them, but for one that is cut short.
 * @throws {ImportError} `malformed_file`, or storage that failed
 */
export async function foldArrays(
  extras: readonly NamedColumn<NamedArray>[],
  { schema, options }: FieldPlan,
  rowCount: number,
  signal: AbortSignal | undefined,
): Promise<ExtraArrays> {
  const position = schema.fields.findIndex((field) => field.isDynamic);
  const folds = options.foldExtraColumns && position >= 0;
  const folded: ArrayColumn[] = [];
  const left: string[] = [];
  for (const { name, column } of extras) {
    const header = folds ? await headerOf(column, signal) : undefined;
    const dtype = header && dtypeOf(header, rowCount);
    if (header && dtype) folded.push(foldedColumn(schema.fields[position], position, name, column, header, dtype));
    else left.push(name);
  }
  return { folded, left };
}

/** Undefined for arrays that a format names by itself, and those whose header is broken: nobody has asked for them. */
async function headerOf(array: NamedArray, signal: AbortSignal | undefined): Promise<ArrayHeader | undefined> {
  if (array.role !== undefined || array.isImplied) return undefined;
  try {
    return await array.header(signal);
  } catch (error) {
    if (error instanceof ImportError && error.code !== "object_store_unavailable") return undefined;
    throw error;
  }
}

function dtypeOf({ descr, shape }: ArrayHeader, rowCount: number): Dtype | undefined {
  if (shape[0] !== rowCount || shape.length > 2) return undefined;
  const dtype = parseDtype(descr);
  const isUnknown = dtype?.code === "P" || (dtype?.code === "M8" && !isKnownUnit(dtype.unit));
  return isUnknown ? undefined : dtype;
}

function foldedColumn(
  meta: FieldSchema,
  position: number,
  name: string,
  { source }: NamedArray,
  header: ArrayHeader,
  dtype: Dtype,
): ArrayColumn {
  const field = { ...meta, name, dataType: DataType.JSON, isDynamic: false };
  const rowItems = header.shape.length === 2 ? header.shape[1] : 1;
  try {
    return { ...arrayColumn(field, position, source, header, dtype, rowItems), isList: header.shape.length === 2 };
  } catch (error) {
    throw locate(error, { file: source.path, field: name });
  }
}
