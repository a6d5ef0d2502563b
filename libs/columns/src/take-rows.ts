import type { Column, FixedColumn, InsertBatch, VarColumn } from "./column.ts";

/** Gives memory of so many bytes, with any content. */
type TakeBytes = (length: number) => Uint8Array;

/**
 * Some rows of a column, in memory of their own, so that the column can go.
 * @param take where their values go; whatever it gives is the caller's
 */
export function takeRows(column: Column, rows: Uint32Array, take: TakeBytes = newBytes): Column {
  const { validity } = column;
  const taken = column.kind === "fixed" ? takeFixed(column, rows, take) : takeVar(column, rows, take);
  return { ...taken, validity: validity && Uint8Array.from(rows, (row) => validity[row]) };
}

const newBytes: TakeBytes = (length) => new Uint8Array(length);

function takeFixed({ width, data }: FixedColumn, rows: Uint32Array, take: TakeBytes): FixedColumn {
  const taken = take(rows.length * width);
  for (let i = 0; i < rows.length; ) {
    const end = runEnd(rows, i);
    copyValue(taken, i * width, data, rows[i] * width, (end - i) * width);
    i = end;
  }
  return { kind: "fixed", width, data: taken, validity: undefined };
}

function takeVar({ offsets, data }: VarColumn, rows: Uint32Array, take: TakeBytes): VarColumn {
  const taken = new Uint32Array(rows.length + 1);
  for (let i = 0; i < rows.length; i++) taken[i + 1] = taken[i] + offsets[rows[i] + 1] - offsets[rows[i]];
  const bytes = take(taken[rows.length]);
  for (let i = 0; i < rows.length; ) {
    const end = runEnd(rows, i);
    copyValue(bytes, taken[i], data, offsets[rows[i]], taken[end] - taken[i]);
    i = end;
  }
  return { kind: "var", offsets: taken, data: bytes, validity: undefined };
}

/** Where the rows end that follow one another in the column from the `from`th on: one copy takes them all. */
function runEnd(rows: Uint32Array, from: number): number {
  let end = from + 1;
  while (end < rows.length && rows[end] === rows[end - 1] + 1) end++;
  return end;
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
