import { type Column, DataType, type FieldSchema, type VarColumn, varValue } from "@sluice/schema";
import type { RowSet } from "./field-data.ts";

/** Rows of one source that a filter selected, with the source's key column. */
export interface Selection {
  /** Ascending row numbers. */
  readonly rows: Uint32Array;
  readonly keys: Column;
  /** Of rows with equal keys the one with the greatest timestamp counts. */
  readonly timestamp: bigint;
}

/**
 * The selected rows in ascending order of key (int64 by value, VarChar by bytes), each key once, after offset and limit.
 * `sourceOf` are positions in `selections`.
 */
export function orderByKey(
  selections: readonly Selection[],
  key: FieldSchema,
  window: { readonly offset: number; readonly limit: number | undefined },
): RowSet {
  const total = selections.reduce((sum, selection) => sum + selection.rows.length, 0);
  const sourceOf = new Uint32Array(total);
  const rowOf = new Uint32Array(total);
  let at = 0;
  for (const [source, { rows }] of selections.entries()) {
    sourceOf.fill(source, at, at + rows.length);
    rowOf.set(rows, at);
    at += rows.length;
  }
  const compare =
    key.dataType === DataType.Int64 ? int64Order(selections, sourceOf, rowOf) : textOrder(selections, sourceOf, rowOf);
  const newerFirst = (a: number, b: number) =>
    Number(selections[sourceOf[b]].timestamp - selections[sourceOf[a]].timestamp);
  const order = Uint32Array.from({ length: total }, (_, i) => i).sort((a, b) => compare(a, b) || newerFirst(a, b));
  return pick(order, sourceOf, rowOf, compare, window);
}

type Order = (a: number, b: number) => number;

function int64Order(selections: readonly Selection[], sourceOf: Uint32Array, rowOf: Uint32Array): Order {
  const keys = new BigInt64Array(sourceOf.length);
  const views = selections.map(
    ({ keys: column }) =>
      new BigInt64Array(column.data.buffer, column.data.byteOffset, Math.floor(column.data.byteLength / 8)),
  );
  for (let i = 0; i < keys.length; i++) keys[i] = views[sourceOf[i]][rowOf[i]];
  return (a, b) => (keys[a] < keys[b] ? -1 : keys[a] > keys[b] ? 1 : 0);
}

function textOrder(selections: readonly Selection[], sourceOf: Uint32Array, rowOf: Uint32Array): Order {
  const keys = Array.from(sourceOf, (source, i) => varValue(selections[source].keys as VarColumn, rowOf[i]));
  return (a, b) => Buffer.compare(keys[a], keys[b]);
}

/** Walks the order, skips repeated keys, and takes the window. */
function pick(
  order: Uint32Array,
  sourceOf: Uint32Array,
  rowOf: Uint32Array,
  compare: Order,
  { offset, limit }: { offset: number; limit: number | undefined },
): RowSet {
  const picked: number[] = [];
  const end = limit === undefined ? Number.POSITIVE_INFINITY : offset + limit;
  let seen = 0;
  for (let i = 0; i < order.length && seen < end; i++) {
    if (i > 0 && compare(order[i - 1], order[i]) === 0) continue;
    if (seen++ >= offset) picked.push(order[i]);
  }
  return {
    count: picked.length,
    sourceOf: Uint32Array.from(picked, (i) => sourceOf[i]),
    rowOf: Uint32Array.from(picked, (i) => rowOf[i]),
  };
}
