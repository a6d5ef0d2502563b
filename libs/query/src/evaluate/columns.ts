import type { Column } from "@sluice/columns";
import { DataType } from "@sluice/schema";
import { compareOrdered, matches } from "../bind/fold.ts";
import type { FieldRef, Predicate } from "../plan.ts";
import { integerReader } from "./integer-results.ts";
import {
  columnOf,
  dropNulls,
  fixedColumn,
  floats,
  isWide,
  type RowBatch,
  type Selector,
  smallIntegers,
  varColumn,
} from "./selector.ts";

type ColumnsLeaf = Extract<Predicate, { kind: "columns" }>;

/** One column against another, row by row. UNKNOWN when either is null. */
export function columnsSelector(leaf: ColumnsLeaf, wanted: boolean): Selector {
  const compare =
    leaf.left.schema.dataType === DataType.VarChar || leaf.left.schema.dataType === DataType.String ? strings : numbers;
  return (batch, rows, count) => {
    const known = dropBothNulls(columnOf(batch, leaf.left), columnOf(batch, leaf.right), rows, count);
    const holds = compare(leaf, batch);
    let kept = 0;
    for (let i = 0; i < known; i++) {
      const row = rows[i];
      if (holds(row) === wanted) rows[kept++] = row;
    }
    return kept;
  };
}

function dropBothNulls(left: Column, right: Column, rows: Uint32Array, count: number): number {
  return dropNulls(right, rows, dropNulls(left, rows, count));
}

/** By value, an int64 against a double exactly. */
function numbers({ left, op, right }: ColumnsLeaf, batch: RowBatch): (row: number) => boolean {
  const [a, b] = [numberReader(left, batch), numberReader(right, batch)];
  return (row) => compareOrdered(op, a(row), b(row));
}

function numberReader(field: FieldRef, batch: RowBatch): (row: number) => bigint | number {
  const column = fixedColumn(batch, field);
  if (isWide(field)) return integerReader(true, column, batch.rowCount);
  const { dataType } = field.schema;
  const isFloat = dataType === DataType.Float || dataType === DataType.Double;
  const values = isFloat ? floats(column, batch.rowCount) : smallIntegers(column, batch.rowCount);
  return (row) => values[row];
}

function strings({ left, op, right }: ColumnsLeaf, batch: RowBatch): (row: number) => boolean {
  const [a, b] = [varColumn(batch, left), varColumn(batch, right)];
  const [one, two] = [asBuffer(a.data), asBuffer(b.data)];
  return (row) => matches(op, one.compare(two, b.offsets[row], b.offsets[row + 1], a.offsets[row], a.offsets[row + 1]));
}

function asBuffer(data: Uint8Array): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
