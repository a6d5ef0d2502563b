import { ARENA_SCRATCH_BYTES, isPooled, pooledMemory } from "@sluice/async";
import { rows as code } from "./gen/rows.ts";
import { instantiateIn } from "./web-assembly.ts";

// What is done with every row of a batch, where it lies in the thread's arena. Each function answers that it does not, and has
// then done nothing: the caller has a twin in TypeScript, against which this one is fuzzed.

interface Kernel {
  readonly findNotFinite: (at: number, count: number) => number;
  readonly copyRuns: (
    ...args: [source: number, starts: number, ends: number, count: number, width: number, target: number]
  ) => number;
  readonly groupRows: (buckets: number, rows: number, ends: number, order: number) => void;
  readonly joinRows: (order: number, count: number, starts: number, ends: number) => number;
  readonly numberRows: (starts: number, ends: number, count: number, first: bigint, target: number) => void;
  /** Room for the lists of a call. */
  readonly lists: DataView<ArrayBuffer>;
}

/** Runs `[starts[i], ends[i])` of rows, the first `count` of them. */
export interface Runs {
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  readonly count: number;
}

/** Lists begin behind the page that holds keys and hashes. */
const LISTS = 1 << 16;
/** Most runs of a call, and most rows: two lists of runs, or buckets and ends and order, fill the room. */
const MAX_RUNS = 1 << 16;
const MAX_ROWS = 1 << 17;
const MAX_BUCKETS = 1 << 15;
const RUN_ENDS = LISTS + 4 * MAX_RUNS;
const BUCKET_ENDS = LISTS + 2 * MAX_ROWS;
const ORDER = BUCKET_ENDS + 4 * MAX_BUCKETS;

let kernel: Kernel | null | undefined;

function loadKernel(): Kernel | null {
  const memory = pooledMemory();
  if (!memory || ORDER + 4 * MAX_ROWS > ARENA_SCRATCH_BYTES) return null;
  return { ...instantiateIn<Omit<Kernel, "lists">>(code, memory), lists: new DataView(memory.buffer) };
}

/**
 * First of `count` float32 from `at` on that is NaN or infinite, counted from `at`, or -1. Undefined outside of the arena.
 * @param words their bits
 */
export function findNotFiniteFloat(words: Int32Array, at: number, count: number): number | undefined {
  if (!isPooled(words)) return undefined;
  kernel ??= loadKernel();
  return kernel?.findNotFinite(words.byteOffset + 4 * at, count);
}

/** Copies runs of rows of `width` bytes, one after the other, to byte `at` of `target`. False outside of the arena. */
export function copyRuns(
  source: Uint8Array,
  target: Uint8Array,
  width: number,
  at: number,
  { starts, ends, count }: Runs,
): boolean {
  if (!isPooled(source) || !isPooled(target)) return false;
  kernel ??= loadKernel();
  if (!kernel) return false;
  if (isPooled(starts) && isPooled(ends)) {
    kernel.copyRuns(source.byteOffset, starts.byteOffset, ends.byteOffset, count, width, target.byteOffset + at);
    return true;
  }
  const { buffer } = kernel.lists;
  const lists = [new Uint32Array(buffer, LISTS, MAX_RUNS), new Uint32Array(buffer, RUN_ENDS, MAX_RUNS)];
  let to = target.byteOffset + at;
  for (let from = 0; from < count; from += MAX_RUNS) {
    const next = Math.min(count, from + MAX_RUNS);
    lists[0].set(starts.subarray(from, next));
    lists[1].set(ends.subarray(from, next));
    to = kernel.copyRuns(source.byteOffset, LISTS, RUN_ENDS, next - from, width, to);
  }
  return true;
}

/**
 * The numbers of rows in the order of their buckets, rows of one bucket in theirs. False for more than the kernel has room for.
 * @param bucketOf row by row, below the length of `ends`
 * @param ends where each bucket begins in the order; afterwards, where it ends
 */
export function groupRows(bucketOf: Uint16Array, ends: Uint32Array, order: Uint32Array): boolean {
  const { length: rowCount } = bucketOf;
  if (rowCount > MAX_ROWS || ends.length > MAX_BUCKETS) return false;
  kernel ??= loadKernel();
  if (!kernel) return false;
  const { buffer } = kernel.lists;
  new Uint16Array(buffer, LISTS, rowCount).set(bucketOf);
  const ended = new Uint32Array(buffer, BUCKET_ENDS, ends.length);
  ended.set(ends);
  kernel.groupRows(LISTS, rowCount, BUCKET_ENDS, ORDER);
  ends.set(ended);
  order.set(new Uint32Array(buffer, ORDER, rowCount));
  return true;
}

/**
 * Joins rows that follow each other to runs. Undefined outside of the arena, else how many they are.
 * @param starts with room for a run of each row, as `ends`
 */
export function joinRows(order: Uint32Array, starts: Uint32Array, ends: Uint32Array): number | undefined {
  if (!isPooled(order) || !isPooled(starts) || !isPooled(ends)) return undefined;
  kernel ??= loadKernel();
  return kernel?.joinRows(order.byteOffset, order.length, starts.byteOffset, ends.byteOffset);
}

/**
 * Writes the numbers of the rows of runs one after the other, 8 bytes each, to byte `at` of `target`. False outside of the arena.
 * @param first number of row 0
 */
export function numberRows({ starts, ends, count }: Runs, first: bigint, target: Uint8Array, at: number): boolean {
  if (!isPooled(starts) || !isPooled(ends) || !isPooled(target)) return false;
  kernel ??= loadKernel();
  kernel?.numberRows(starts.byteOffset, ends.byteOffset, count, first, target.byteOffset + at);
  return kernel !== null;
}
