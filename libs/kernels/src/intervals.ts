import { intervals } from "./gen/intervals.ts";
import { instantiate } from "./web-assembly.ts";

type Within<N> = (at: number, count: number, low: N, high: N, mask: number, first: number, out: number) => number;

type RemaindersWithin = (
  ...args: [
    at: number,
    count: number,
    divisor: number,
    low: number,
    high: number,
    mask: number,
    first: number,
    out: number,
  ]
) => number;

/** What libs/kernels/assembly/intervals.ts exports. */
interface Functions {
  readonly int8sWithin: Within<number>;
  readonly int16sWithin: Within<number>;
  readonly int32sWithin: Within<number>;
  readonly int64sWithin: Within<bigint>;
  readonly floatsWithin: Within<number>;
  readonly doublesWithin: Within<number>;
  readonly int32RemaindersWithin: RemaindersWithin;
  readonly int64RemaindersWithin: RemaindersWithin;
}

type SmallIntegers = Int8Array | Int16Array | Int32Array;
type Floats = Float32Array | Float64Array;
type Find = (at: number, count: number, first: number) => number;

/** Rows that are looked at at once: their numbers and places stay in the processor's cache. */
const MAX_ROWS = 16_384;
const VALUES = 1024;
const PADDING = 16;
const FOUND = VALUES + 8 * MAX_ROWS + PADDING;
const PAGES = Math.ceil((FOUND + 4 * MAX_ROWS) / 65_536);

let loaded: ReturnType<typeof loadKernel> | undefined;

function loadKernel() {
  const { functions, memory } = instantiate<Functions>(intervals, PAGES);
  return { functions, bytes: new Uint8Array(memory), found: new Uint32Array(memory, FOUND, MAX_ROWS) };
}

/** One a thread. */
function kernel() {
  return (loaded ??= loadKernel());
}

/**
 * Narrows `rows[0, count)`, which follow one another, in place to those whose value lies from `low` to `high`, both included; or
 * to the others. Three to five times as fast as a loop of JavaScript.
 * @param low any number, also one that the values' type does not have
 * @returns how many are left
 */
export function keepIntegersWithin(
  values: SmallIntegers,
  [low, high]: readonly [number, number],
  isWanted: boolean,
  rows: Uint32Array,
  count: number,
): number {
  const most = 2 ** (8 * values.BYTES_PER_ELEMENT - 1) - 1;
  if (low > high || low > most || high < -most - 1) return isWanted ? 0 : count;
  const [from, to] = [Math.max(low, -most - 1), Math.min(high, most)];
  const within = kernel().functions[integerKernels[values.BYTES_PER_ELEMENT as keyof typeof integerKernels]];
  return keep(values, rows, count, (at, n, first) => within(at, n, from, to, isWanted ? 0 : -1, first, FOUND));
}

const integerKernels = { 1: "int8sWithin", 2: "int16sWithin", 4: "int32sWithin" } as const;

/** As `keepIntegersWithin`. @param low of 64 bits, as `high` */
export function keepInt64sWithin(
  values: BigInt64Array,
  [low, high]: readonly [bigint, bigint],
  isWanted: boolean,
  rows: Uint32Array,
  count: number,
): number {
  const { int64sWithin } = kernel().functions;
  return keep(values, rows, count, (at, n, first) => int64sWithin(at, n, low, high, isWanted ? 0 : -1, first, FOUND));
}

/** As `keepIntegersWithin`. NaN lies in no interval. */
export function keepFloatsWithin(
  values: Floats,
  [low, high]: readonly [number, number],
  isWanted: boolean,
  rows: Uint32Array,
  count: number,
): number {
  const isSingle = values.BYTES_PER_ELEMENT === Float32Array.BYTES_PER_ELEMENT;
  const [from, to] = isSingle ? [leastFloat(low), -leastFloat(-high)] : [low, high];
  const within = kernel().functions[isSingle ? "floatsWithin" : "doublesWithin"];
  return keep(values, rows, count, (at, n, first) => within(at, n, from, to, isWanted ? 0 : -1, first, FOUND));
}

/** Below it remainders are worked out exactly. */
export const REMAINDER_LIMIT = 2 ** 26;

/**
 * As `keepIntegersWithin`, of what dividing the values by a number leaves, which has the sign of the value.
 * @param divisor whole, from 1 to `REMAINDER_LIMIT`, exclusive
 */
export function keepRemaindersWithin(
  values: SmallIntegers | BigInt64Array,
  divisor: number,
  [low, high]: readonly [number, number],
  isWanted: boolean,
  rows: Uint32Array,
  count: number,
): number {
  const isWide = values instanceof BigInt64Array;
  const within = kernel().functions[isWide ? "int64RemaindersWithin" : "int32RemaindersWithin"];
  const find: Find = (at, n, first) => within(at, n, divisor, low, high, isWanted ? 0 : -1, first, FOUND);
  return isWide
    ? keep(values, rows, count, find)
    : keep(values, rows, count, find, new Int32Array(kernel().bytes.buffer, VALUES, MAX_ROWS));
}

/** @param wider where the kernel finds values that it wants in more bytes */
function keep(
  values: SmallIntegers | BigInt64Array | Floats,
  rows: Uint32Array,
  count: number,
  find: Find,
  wider?: Int32Array,
): number {
  const { bytes, found } = kernel();
  const width = values.BYTES_PER_ELEMENT;
  const first = rows[0];
  let kept = 0;
  for (let done = 0; done < count; done += MAX_ROWS) {
    const size = Math.min(MAX_ROWS, count - done);
    if (wider) wider.set(values.subarray(first + done, first + done + size) as SmallIntegers);
    else bytes.set(new Uint8Array(values.buffer, values.byteOffset + width * (first + done), width * size), VALUES);
    const left = find(VALUES, size, first + done);
    rows.set(found.subarray(0, left), kept);
    kept += left;
  }
  return kept;
}

const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

/** The least float32 that is not less than a number. */
function leastFloat(value: number): number {
  float[0] = value;
  if (!(float[0] < value)) return float[0];
  bits[0] += float[0] < 0 ? -1 : 1;
  return float[0];
}
