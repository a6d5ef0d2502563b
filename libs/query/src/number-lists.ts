import { MAX_INT64, MIN_INT64 } from "./constant.ts";

/**
 * Int64 values, ascending, each once. Lists come with a million of them: sorted, they take a tenth of the time of a `Set`, which
 * hashes bigints one by one.
 */
export type IntegerList = BigInt64Array;

/** As {@link IntegerList}, of doubles. -0 is 0. */
export type DoubleList = Float64Array;

/** The values of a list; those outside int64 are left out: nothing stored equals them. */
export function integerList(values: readonly bigint[]): IntegerList {
  const within = values.every(isInt64) ? values : values.filter(isInt64);
  return withoutRepetitions(new BigInt64Array(within).sort());
}

/** The values of a list; an integer among them is a double already. */
export function doubleList(values: readonly number[]): DoubleList {
  return withoutRepetitions(Float64Array.from(values, (value) => value + 0).sort());
}

/** The values of all lists, of which there is at least one. Short ones cost little beside a long one. */
export function unionOf(lists: readonly IntegerList[]): IntegerList {
  const longest = lists.reduce((best, list) => (list.length > best.length ? list : best));
  const others = joined(lists.filter((list) => list !== longest));
  return others.length === 0 ? longest : inserted(longest, withoutRepetitions(others.sort()));
}

function inserted(long: IntegerList, short: IntegerList): IntegerList {
  const all = new BigInt64Array(long.length + short.length);
  let [from, count] = [0, 0];
  for (const value of short) {
    const to = lowerBound(long, value, from);
    all.set(long.subarray(from, to), count);
    count += to - from;
    from = to;
    if (long[to] !== value) all[count++] = value;
  }
  all.set(long.subarray(from), count);
  return all.subarray(0, count + long.length - from);
}

/** The first place from `from` on whose value is not less. */
function lowerBound(list: IntegerList, value: bigint, from: number): number {
  let [low, high] = [from, list.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (list[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function joined(lists: readonly IntegerList[]): BigInt64Array {
  const all = new BigInt64Array(lists.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const list of lists) {
    all.set(list, at);
    at += list.length;
  }
  return all;
}

function isInt64(value: bigint): boolean {
  return value >= MIN_INT64 && value <= MAX_INT64;
}

/** Moves the values of an ascending list together. */
function withoutRepetitions<T extends IntegerList | DoubleList>(sorted: T): T {
  let kept = Math.min(1, sorted.length);
  for (let i = 1; i < sorted.length; i++) if (sorted[i] !== sorted[i - 1]) sorted[kept++] = sorted[i];
  return sorted.subarray(0, kept) as T;
}
