import { type Column, type DeletedKeys, rowsNotDeleted, takeRows } from "@sluice/columns";
import type { KeyDeletes } from "@sluice/segment";
import { keysOfColumn } from "./keys-of-column.ts";

/** Rows that deletes concern, and these deletes, one for each of their keys. */
export interface DeletedRows {
  readonly found: KeyDeletes;
  readonly rowCount: number;
}

/**
 * Which of some rows deletes concern.
 * @param keys of all rows of a segment @param timestamps since when they count, as of `rowsNotDeleted` @param rows ascending
 */
export function deletedRows(
  deletes: DeletedKeys,
  keys: Column,
  timestamps: bigint | Column,
  rows: Uint32Array,
): DeletedRows {
  const live = rowsNotDeleted(deletes, keys, timestamps, rows);
  if (live.length === rows.length) return { found: { keys: [], timestamps: [] }, rowCount: 0 };
  const isLive = new Set(live);
  const dead = rows.filter((row) => !isLive.has(row));
  const newest = new Map<bigint | string, bigint>();
  for (const [i, key] of keysOfColumn(takeRows(keys, dead), dead.length).entries())
    newest.set(key, deletes.timestampOf(keys, dead[i]) ?? 0n);
  return { found: { keys: [...newest.keys()], timestamps: [...newest.values()] }, rowCount: dead.length };
}

/** All rows of a segment. */
export function allRows(rowCount: number): Uint32Array {
  return Uint32Array.from({ length: rowCount }, (_, row) => row);
}
