import { keepInt64sWithin, keepIntegersWithin } from "@sluice/kernels";
import { MAX_INT64, MIN_INT64 } from "../constant.ts";
import type { FieldRef, Predicate } from "../plan.ts";
import { Int64Set } from "./int64-set.ts";
import {
  dropNulls,
  fixedColumn,
  int64s,
  isRun,
  isWide,
  type Selector,
  type SmallIntegers,
  smallIntegers,
  wordPairs,
} from "./selector.ts";

type Leaf<Kind> = Extract<Predicate, { kind: Kind }>;

/** Both bounds inclusive. */
export function integerSelector({ field, low, high }: Leaf<"integer">, wanted: boolean): Selector {
  return isWide(field) ? wideInterval(field, low, high, wanted) : smallInterval(field, low, high, wanted);
}

function smallInterval(field: FieldRef, low: bigint, high: bigint, wanted: boolean): Selector {
  // Bounds beyond int32 keep their side of every value when they are cut to its edges, one step outside.
  const [least, most] = [
    Number(clamp(low, -(2n ** 31n), 2n ** 31n)),
    Number(clamp(high, -(2n ** 31n) - 1n, 2n ** 31n - 1n)),
  ];
  return (batch, rows, count) => {
    const column = fixedColumn(batch, field);
    return keepSmall(smallIntegers(column, batch.rowCount), least, most, wanted, rows, dropNulls(column, rows, count));
  };
}

function keepSmall(
  values: SmallIntegers,
  low: number,
  high: number,
  wanted: boolean,
  rows: Uint32Array,
  count: number,
): number {
  if (isRun(rows, count)) return keepIntegersWithin(values, [low, high], wanted, rows, count);
  let kept = 0;
  for (let i = 0; i < count; i++) {
    const row = rows[i];
    const value = values[row];
    if ((value >= low && value <= high) === wanted) rows[kept++] = row;
  }
  return kept;
}

function wideInterval(field: FieldRef, low: bigint, high: bigint, wanted: boolean): Selector {
  const empty = low > high || low > MAX_INT64 || high < MIN_INT64;
  const interval = [clamp(low, MIN_INT64, MAX_INT64), clamp(high, MIN_INT64, MAX_INT64)] as const;
  const [least, most] = interval.map(splitWords);
  return (batch, rows, count) => {
    const column = fixedColumn(batch, field);
    const known = dropNulls(column, rows, count);
    if (empty) return wanted ? 0 : known;
    if (isRun(rows, known)) return keepInt64sWithin(int64s(column, batch.rowCount), interval, wanted, rows, known);
    const words = wordPairs(column, batch.rowCount);
    if (low === high) return keepEqual(words, least, wanted, rows, known);
    return keepWide(words, least, most, wanted, rows, known);
  };
}

interface Words {
  /** Unsigned. */
  readonly low: number;
  /** Signed. */
  readonly high: number;
}

function splitWords(value: bigint): Words {
  return { low: Number(BigInt.asUintN(32, value)), high: Number(BigInt.asIntN(32, value >> 32n)) };
}

function keepWide(
  words: Int32Array,
  least: Words,
  most: Words,
  wanted: boolean,
  rows: Uint32Array,
  count: number,
): number {
  const { low: leastLow, high: leastHigh } = least;
  const { low: mostLow, high: mostHigh } = most;
  let kept = 0;
  for (let i = 0; i < count; i++) {
    const row = rows[i];
    const high = words[2 * row + 1];
    const low = words[2 * row] >>> 0;
    const above = high > leastHigh || (high === leastHigh && low >= leastLow);
    const below = high < mostHigh || (high === mostHigh && low <= mostLow);
    if ((above && below) === wanted) rows[kept++] = row;
  }
  return kept;
}

function keepEqual(words: Int32Array, value: Words, wanted: boolean, rows: Uint32Array, count: number): number {
  const [low, high] = [value.low | 0, value.high];
  let kept = 0;
  for (let i = 0; i < count; i++) {
    const row = rows[i];
    if ((words[2 * row] === low && words[2 * row + 1] === high) === wanted) rows[kept++] = row;
  }
  return kept;
}

/** The nearest value from `low` to `high`. */
export function clamp(value: bigint, low: bigint, high: bigint): bigint {
  return value < low ? low : value > high ? high : value;
}

/** Members of a list, or with `wanted` false what is no member; nulls are neither. */
export function inIntegersSelector({ field, values }: Leaf<"inIntegers">, wanted: boolean): Selector {
  const set = new Int64Set(values);
  const wide = isWide(field);
  return (batch, rows, count) => {
    const column = fixedColumn(batch, field);
    const known = dropNulls(column, rows, count);
    if (wide) return keepWideMembers(wordPairs(column, batch.rowCount), set, wanted, rows, known);
    return keepSmallMembers(smallIntegers(column, batch.rowCount), set, wanted, rows, known);
  };
}

function keepWideMembers(words: Int32Array, set: Int64Set, wanted: boolean, rows: Uint32Array, count: number): number {
  let kept = 0;
  for (let i = 0; i < count; i++) {
    const row = rows[i];
    if (set.has(words[2 * row], words[2 * row + 1]) === wanted) rows[kept++] = row;
  }
  return kept;
}

function keepSmallMembers(
  values: SmallIntegers,
  set: Int64Set,
  wanted: boolean,
  rows: Uint32Array,
  count: number,
): number {
  let kept = 0;
  for (let i = 0; i < count; i++) {
    const row = rows[i];
    const value = values[row];
    if (set.has(value, value >> 31) === wanted) rows[kept++] = row;
  }
  return kept;
}
