import type { Column, FixedColumn, InsertBatch, VarColumn } from "./column.ts";

/** Some rows of a column, in memory of their own, so that the column can go. */
export function takeRows(column: Column, rows: Uint32Array): Column {
  const { validity } = column;
  const taken = column.kind === "fixed" ? takeFixed(column, rows) : takeVar(column, rows);
  return { ...taken, validity: validity && Uint8Array.from(rows, (row) => validity[row]) };
}

function takeFixed({ width, data }: FixedColumn, rows: Uint32Array): FixedColumn {
  const taken = new Uint8Array(rows.length * width);
  for (let i = 0; i < rows.length; i++) copyValue(taken, i * width, data, rows[i] * width, width);
  return { kind: "fixed", width, data: taken, validity: undefined };
}

function takeVar({ offsets, data }: VarColumn, rows: Uint32Array): VarColumn {
  const taken = new Uint32Array(rows.length + 1);
  for (let i = 0; i < rows.length; i++) taken[i + 1] = taken[i] + offsets[rows[i] + 1] - offsets[rows[i]];
  const bytes = new Uint8Array(taken[rows.length]);
  for (let i = 0; i < rows.length; i++) copyValue(bytes, taken[i], data, offsets[rows[i]], taken[i + 1] - taken[i]);
  return { kind: "var", offsets: taken, data: bytes, validity: undefined };
}

/** Some rows of a batch, with all that they have, likewise. */
export function takeBatchRows<Batch extends InsertBatch>(batch: Batch, rows: Uint32Array): Batch {
  const columns = batch.columns.map((column) => column && takeRows(column, rows));
  const { storedRows } = batch;
  if (!storedRows) return { ...batch, rowCount: rows.length, columns };
  const { rowIds, timestamps } = storedRows;
  const stored = { rowIds: takeRows(rowIds, rows), timestamps: takeRows(timestamps, rows) };
  return { ...batch, rowCount: rows.length, columns, storedRows: stored };
}

/** Rows `[from, to)` of a column, as a view of its memory: no typed view fits over it, whose values may lie anywhere. */
export function sliceRows(column: Column, from: number, to: number): Column {
  const validity = column.validity?.subarray(from, to);
  if (column.kind === "var") return { ...column, validity, offsets: column.offsets.subarray(from, to + 1) };
  return { ...column, validity, data: column.data.subarray(from * column.width, to * column.width) };
}

/** Copies one value. A view for each would cost more than copying what is short. */
export function copyValue(target: Uint8Array, to: number, source: Uint8Array, from: number, length: number): void {
  if (length > 16) target.set(source.subarray(from, from + length), to);
  else for (let k = 0; k < length; k++) target[to + k] = source[from + k];
}
