import { type Column, takeRows } from "@sluice/columns";
import { primaryKeyIndex } from "@sluice/schema";
import { keysOfColumn } from "./keys-of-column.ts";
import type { RowCall } from "./row-call.ts";

/** Of rows with equal keys the last. */
export interface NewestRows {
  readonly keys: readonly (bigint | string)[];
  /** Without the rows that a later one replaces, in this call or another. */
  readonly calls: readonly RowCall[];
}

/** Calls that replace rows, as if they were carried out one after the other. */
export function newestRows(calls: readonly RowCall[]): NewestRows {
  const newest = new Map<bigint | string, { call: number; row: number }>();
  const keysOfCalls = calls.map(keysOf);
  for (const [call, keys] of keysOfCalls.entries())
    for (const [row, key] of keys.entries()) newest.set(key, { call, row });
  const kept = calls.map((call, i) => {
    const keys = keysOfCalls[i];
    const isNewest = (row: number) => newest.get(keys[row])?.call === i && newest.get(keys[row])?.row === row;
    return withRows(
      call,
      Uint32Array.from(keys.keys()).filter((row) => isNewest(row)),
    );
  });
  return { keys: [...newest.keys()], calls: kept.filter(({ batch }) => batch.rowCount > 0) };
}

function keysOf({ schema, batch: { columns, rowCount } }: RowCall): readonly (bigint | string)[] {
  return keysOfColumn(columns[primaryKeyIndex(schema)] as Column, rowCount);
}

function withRows(call: RowCall, rows: Uint32Array): RowCall {
  const { batch } = call;
  if (rows.length === batch.rowCount) return call;
  const columns = batch.columns.map((column) => column && takeRows(column, rows));
  return { ...call, batch: { ...batch, columns, rowCount: rows.length } };
}
