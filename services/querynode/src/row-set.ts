import { type Column, type VarColumn, varValue } from "@sluice/columns";
import { DataType, type FieldSchema } from "@sluice/schema";
import type { RowSet } from "./field-data.ts";

/** Rows of one source that a filter selected, with their keys. */
export interface Selection {
  /** Ascending row numbers. */
  readonly rows: Uint32Array;
  /** Parallel to `rows`. */
  readonly keys: Column;
  /** Of rows with equal keys the one with the greatest counts: one for all rows, or a column parallel to `rows`. */
  readonly timestamps: bigint | Column;
}

export interface Window {
  readonly offset: number;
  readonly limit: number | undefined;
}

/**
 * The selected rows in ascending order of key (int64 by value, VarChar by bytes), each key once, after offset and limit.
 * `sourceOf` are positions in `selections`.
 */
export function orderByKey(selections: readonly Selection[], key: FieldSchema, window: Window): RowSet {
  const total = selections.reduce((sum, selection) => sum + selection.rows.length, 0);
  const sourceOf = new Uint32Array(total);
  const rowOf = new Uint32Array(total);
  let at = 0;
  for (const [source, { rows }] of selections.entries()) {
    sourceOf.fill(source, at, at + rows.length);
    rowOf.set(rows, at);
    at += rows.length;
  }
  const { compare, candidates } =
    key.dataType === DataType.Int64 ? int64Order(selections, total, window) : textOrder(selections, total);
  const timestampAt = timestampsOf(selections, sourceOf);
  const newerFirst = (a: number, b: number) => Number(timestampAt(b) - timestampAt(a));
  const order = candidates.sort((a, b) => compare(a, b) || newerFirst(a, b));
  return pick(order, sourceOf, rowOf, compare, window);
}

/** Of a row by its position among all selected ones. */
function timestampsOf(selections: readonly Selection[], sourceOf: Uint32Array): (position: number) => bigint {
  let at = 0;
  const sources = selections.map(({ rows, timestamps }) => {
    const first = at;
    at += rows.length;
    if (typeof timestamps === "bigint") return { first, timestamps, values: undefined };
    const { data } = timestamps;
    return { first, timestamps: 0n, values: new BigInt64Array(data.buffer, data.byteOffset, rows.length) };
  });
  return (position) => {
    const { first, timestamps, values } = sources[sourceOf[position]];
    return values ? values[position - first] : timestamps;
  };
}

interface KeyOrder {
  readonly compare: (a: number, b: number) => number;
  /** Positions of rows that can lie in the window. */
  readonly candidates: Uint32Array;
}

function int64Order(selections: readonly Selection[], total: number, window: Window): KeyOrder {
  const keys = new BigInt64Array(total);
  let at = 0;
  for (const { rows, keys: column } of selections) {
    keys.set(new BigInt64Array(column.data.buffer, column.data.byteOffset, rows.length), at);
    at += rows.length;
  }
  const last = lastKey(keys, window);
  const all = Uint32Array.from({ length: total }, (_, i) => i);
  return {
    compare: (a, b) => (keys[a] < keys[b] ? -1 : keys[a] > keys[b] ? 1 : 0),
    candidates: last === undefined ? all : all.filter((i) => keys[i] <= last),
  };
}

/** The greatest key of the window; undefined when all keys lie in it. Sorting keys alone is many times cheaper than rows. */
function lastKey(keys: BigInt64Array, { offset, limit }: Window): bigint | undefined {
  if (limit === undefined || keys.length <= offset + limit) return undefined;
  const sorted = keys.slice().sort();
  let distinct = 0;
  for (let i = 0; i < sorted.length; i++) {
    if (i > 0 && sorted[i] === sorted[i - 1]) continue;
    if (++distinct === offset + limit) return sorted[i];
  }
  return undefined;
}

function textOrder(selections: readonly Selection[], total: number): KeyOrder {
  const keys = selections.flatMap((selection) =>
    Array.from(selection.rows, (_, i) => varValue(selection.keys as VarColumn, i)),
  );
  return {
    compare: (a, b) => Buffer.compare(keys[a], keys[b]),
    candidates: Uint32Array.from({ length: total }, (_, i) => i),
  };
}

/** Walks the order, skips repeated keys, and takes the window. */
function pick(
  order: Uint32Array,
  sourceOf: Uint32Array,
  rowOf: Uint32Array,
  compare: KeyOrder["compare"],
  { offset, limit }: Window,
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
