import type { Column, FixedColumn, VarColumn } from "@sluice/columns";
import { DataType } from "@sluice/schema";
import type { FieldRef } from "../plan.ts";

/** Rows to be filtered: columns by position in `schema.fields`. */
export interface RowBatch {
  readonly columns: ReadonlyMap<number, Column>;
  readonly rowCount: number;
}

/**
 * Narrows `rows[0, count)`, ascending row numbers, in place to those for which a predicate has the wanted truth; the order
 * stays. Returns how many are left.
 *
 * Three-valued logic needs no third value here. NOT is pushed down to the leaves (de Morgan holds in Kleene's logic), and a
 * leaf is compiled to select either its TRUE or its FALSE rows; rows where it is UNKNOWN are in neither. AND and OR of what
 * is left are TRUE exactly when all, or any, of their operands are.
 */
export type Selector = (batch: RowBatch, rows: Uint32Array, count: number) => number;

/** A selector that stops behind each of its parts, where the event loop may be given a turn. */
export type StepSelector = (batch: RowBatch, rows: Uint32Array, count: number) => Generator<undefined, number, void>;

/** A leaf is FALSE: its NOT selects the row. */
export const FALSE = 0;
/** A leaf is TRUE: it selects the row. */
export const TRUE = 1;
/**
 * A leaf has nothing to look at, such as a null or a path that leads nowhere: neither it nor its NOT selects the row.
 */
export const UNKNOWN = 2;
/** Kleene's three values, for what leaves say of one row. */
export type Truth = typeof FALSE | typeof TRUE | typeof UNKNOWN;

/** Of what is known: never UNKNOWN. */
export function truthOf(value: boolean): Truth {
  return value ? TRUE : FALSE;
}

/** The field's column. @throws Error when the caller gave none, although `Filter.fields` names it */
export function columnOf(batch: RowBatch, field: FieldRef): Column {
  const column = batch.columns.get(field.index);
  if (!column) throw new Error(`column ${field.schema.name} is needed to evaluate the filter`);
  return column;
}

/** As `columnOf`. @throws Error also for a column of another kind than its field's */
export function fixedColumn(batch: RowBatch, field: FieldRef): FixedColumn {
  const column = columnOf(batch, field);
  if (column.kind !== "fixed") throw new Error(`column ${field.schema.name} has no fixed width`);
  return column;
}

/** As `columnOf`. @throws Error also for a column of another kind than its field's */
export function varColumn(batch: RowBatch, field: FieldRef): VarColumn {
  const column = columnOf(batch, field);
  if (column.kind !== "var") throw new Error(`column ${field.schema.name} has a fixed width`);
  return column;
}

/** Leaves out null rows. */
export function dropNulls(column: Column, rows: Uint32Array, count: number): number {
  const { validity } = column;
  return validity ? keepValidity(validity, 1, rows, count) : count;
}

/** Keeps the rows whose validity is as given; `validity[0]` is that of the row `first`. */
export function keepValidity(validity: Uint8Array, wanted: 0 | 1, rows: Uint32Array, count: number, first = 0): number {
  let kept = 0;
  for (let i = 0; i < count; i++) {
    const row = rows[i];
    if (validity[row - first] === wanted) rows[kept++] = row;
  }
  return kept;
}

/** Fewer are looked at one by one in less time than a kernel is called. */
const MIN_RUN = 64;

/** Whether rows, ascending and each once, follow one another, and are worth a kernel. */
export function isRun(rows: Uint32Array, count: number): boolean {
  return count >= MIN_RUN && rows[count - 1] - rows[0] === count - 1;
}

/** Integers of at most 32 bits, and Bool. */
export type SmallIntegers = Int8Array | Int16Array | Int32Array;

/** A view over Bool (0, 1), Int8, Int16 or Int32. */
export function smallIntegers(column: FixedColumn, rowCount: number): SmallIntegers {
  const { buffer, byteOffset } = column.data;
  if (column.width === 1) return new Int8Array(buffer, byteOffset, rowCount);
  return column.width === 2
    ? new Int16Array(buffer, byteOffset, rowCount)
    : new Int32Array(buffer, byteOffset, rowCount);
}

/** A view over 64-bit integers: low and high word of each. */
export function wordPairs(column: FixedColumn, rowCount: number): Int32Array {
  return new Int32Array(column.data.buffer, column.data.byteOffset, 2 * rowCount);
}

/** A view over 64-bit integers. */
export function int64s(column: FixedColumn, rowCount: number): BigInt64Array {
  return new BigInt64Array(column.data.buffer, column.data.byteOffset, rowCount);
}

/** A view over Float or Double, whichever the width says. */
export function floats(column: FixedColumn, rowCount: number): Float32Array | Float64Array {
  const { buffer, byteOffset } = column.data;
  return column.width === 4
    ? new Float32Array(buffer, byteOffset, rowCount)
    : new Float64Array(buffer, byteOffset, rowCount);
}

/** Is the field stored in 64-bit integers? */
export function isWide(field: FieldRef): boolean {
  return field.schema.dataType === DataType.Int64 || field.schema.dataType === DataType.Timestamptz;
}
