import type { Turns } from "@sluice/async";
import type { Column, VarColumn } from "@sluice/columns";
import { DataType, type FieldSchema } from "@sluice/schema";
import { sortInTurns } from "./sort-in-turns.ts";

/** Rows of an answer, in order: which of the sources, and which row there. */
export interface RowSet {
  readonly count: number;
  readonly sourceOf: Uint32Array;
  readonly rowOf: Uint32Array;
}

/** Rows of one source that a filter selected, with their keys. */
export interface Selection {
  /** Ascending row numbers. */
  readonly rows: Uint32Array;
  /** Parallel to `rows`. */
  readonly keys: Column;
  /** Of rows with equal keys the one with the greatest counts: one for all rows, or a column parallel to `rows`. */
  readonly timestamps: bigint | Column;
}

/** Which rows of an order are answered; undefined: all behind `offset`. */
export interface Window {
  readonly offset: number;
  readonly limit: number | undefined;
}

/**
 * The selected rows in ascending order of key (int64 by value, VarChar by bytes), each key once, after offset and limit.
 * `sourceOf` are positions in `selections`. Others get their turns meanwhile.
 */
export async function orderByKey(
  selections: readonly Selection[],
  key: FieldSchema,
  window: Window,
  turns: Turns,
): Promise<RowSet> {
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
    key.dataType === DataType.Int64
      ? await int64Order(selections, total, window, turns)
      : textOrder(selections, sourceOf);
  const timestampAt = timestampsOf(selections, sourceOf);
  const newerFirst = (a: number, b: number) => Number(timestampAt(b) - timestampAt(a));
  const order = await sortInTurns(candidates, (a, b) => compare(a, b) || newerFirst(a, b), turns);
  const picked = await pick(order, compare, window, turns);
  return { count: picked.length, sourceOf: picked.map((i) => sourceOf[i]), rowOf: picked.map((i) => rowOf[i]) };
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

async function int64Order(
  selections: readonly Selection[],
  total: number,
  window: Window,
  turns: Turns,
): Promise<KeyOrder> {
  const keys = new BigInt64Array(total);
  let at = 0;
  for (const { rows, keys: column } of selections) {
    keys.set(new BigInt64Array(column.data.buffer, column.data.byteOffset, rows.length), at);
    at += rows.length;
  }
  const last = await lastKey(keys, window, turns);
  const all = countUpTo(total);
  // By halves: a bigint for each comparison would be garbage.
  const [low, high] = [new Uint32Array(keys.buffer), new Int32Array(keys.buffer)];
  return {
    compare: (a, b) => high[2 * a + 1] - high[2 * b + 1] || low[2 * a] - low[2 * b],
    candidates: last === undefined ? all : all.filter((i) => keys[i] <= last),
  };
}

/** 0, 1, 2 … */
export function countUpTo(end: number): Uint32Array {
  const numbers = new Uint32Array(end);
  for (let i = 0; i < end; i++) numbers[i] = i;
  return numbers;
}

/** Keys that are sorted at once; windows that are larger are cut from rows in order. */
const KEYS_AT_ONCE = 1 << 16;

/** The greatest key of the window; undefined when all keys lie in it. Sorting keys alone is many times cheaper than rows. */
async function lastKey(keys: BigInt64Array, { offset, limit }: Window, turns: Turns): Promise<bigint | undefined> {
  const wanted = limit === undefined ? keys.length : offset + limit;
  if (keys.length <= wanted || wanted > KEYS_AT_ONCE) return undefined;
  let least = new BigInt64Array(0);
  for (let from = 0; from < keys.length; from += KEYS_AT_ONCE) {
    const more = keys.subarray(from, from + KEYS_AT_ONCE);
    const joined = new BigInt64Array(least.length + more.length);
    joined.set(least);
    joined.set(more, least.length);
    least = distinct(joined.sort()).slice(0, wanted);
    if (turns.isDue) await turns.next();
  }
  return least.length === wanted ? least[wanted - 1] : undefined;
}

/** Of ascending numbers each once, in place. */
function distinct(sorted: BigInt64Array<ArrayBuffer>): BigInt64Array<ArrayBuffer> {
  let count = 0;
  for (let i = 0; i < sorted.length; i++) if (i === 0 || sorted[i] !== sorted[i - 1]) sorted[count++] = sorted[i];
  return sorted.subarray(0, count);
}

function textOrder(selections: readonly Selection[], sourceOf: Uint32Array): KeyOrder {
  let next = 0;
  const sources = selections.map(({ rows, keys }) => {
    const { data, offsets } = keys as VarColumn;
    const first = next;
    next += rows.length;
    return { first, offsets, text: Buffer.from(data.buffer, data.byteOffset, data.byteLength) };
  });
  const compare = (a: number, b: number) => {
    const [left, right] = [sources[sourceOf[a]], sources[sourceOf[b]]];
    const [x, y] = [a - left.first, b - right.first];
    const { offsets } = right;
    return left.text.compare(right.text, offsets[y], offsets[y + 1], left.offsets[x], left.offsets[x + 1]);
  };
  return { compare, candidates: countUpTo(sourceOf.length) };
}

/** Of rows in order those that lie in the window, without those that repeat a key. */
async function pick(
  order: Uint32Array,
  compare: KeyOrder["compare"],
  { offset, limit = order.length }: Window,
  turns: Turns,
): Promise<Uint32Array> {
  const picked = new Uint32Array(Math.min(limit, order.length));
  let [seen, count] = [0, 0];
  for (let i = 0; i < order.length && count < picked.length; i++) {
    if ((i & 4095) === 4095 && turns.isDue) await turns.next();
    if (i > 0 && compare(order[i - 1], order[i]) === 0) continue;
    if (seen++ >= offset) picked[count++] = order[i];
  }
  return picked.slice(0, count);
}
