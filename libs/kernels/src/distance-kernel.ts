import { distances } from "./gen/distances.ts";
import { instantiate } from "./web-assembly.ts";

type Compare = (query: number, rows: number, rowCount: number, width: number, out: number) => void;
type Widen = (from: number, count: number, out: number) => void;

/** What libs/kernels/assembly/distances.ts exports. */
export interface DistanceKernel {
  readonly squaredDistances: Compare;
  readonly products: Compare;
  readonly hammingDistances: Compare;
  readonly jaccardDistances: Compare;
  readonly squaredNorms: (rows: number, rowCount: number, dim: number, out: number) => void;
  readonly widenFloat16: Widen;
  readonly widenBFloat16: Widen;
  readonly widenInt8: Widen;
  readonly sketchRows: (rows: number, rowCount: number, dim: number, out: number) => void;
  readonly nearRows: (...args: [...FindArgs, squares: number, radius: number]) => number;
  readonly alikeRows: (
    ...args: [...FindArgs, length: number, error: number, least: number, leastOfLength: number]
  ) => number;
}

type FindArgs = [query: number, rows: number, rowCount: number, dim: number, out: number, scale: number];

/** Greatest dimension, in numbers; of bits eight times as many. */
export const MAX_DIM = 32_768;
/** Rows that are compared with every query while the processor's cache holds them. */
export const BLOCK_BYTES = 128 << 10;
export const MAX_BLOCK_ROWS = 256;
/** The same of sketches, which are smaller. */
export const MAX_SKETCHES = 1024;
/** What kernels read behind the last number, and the row that makes their count even. */
const PADDING = 64;
const ROWS_BYTES = 4 * 3 * MAX_DIM + BLOCK_BYTES + PADDING;

/** Layout of the memory. */
export const QUERY = 1024;
export const ROWS = QUERY + 8 * MAX_DIM + PADDING;
export const STORED = ROWS + ROWS_BYTES;
export const SCORES = STORED + ROWS_BYTES;
export const NORMS = SCORES + 8 * (MAX_BLOCK_ROWS + 2);
/** Of the sketch of a query, two bytes a number. */
export const CODES = NORMS + 8 * (MAX_BLOCK_ROWS + 2);
export const SKETCHES = CODES + 2 * MAX_DIM + PADDING;
export const FOUND = SKETCHES + BLOCK_BYTES + PADDING;
const PAGES = Math.ceil((FOUND + 4 * MAX_SKETCHES) / 65_536);

/** The kernel, with a memory of its own. */
export function distanceKernel(): { readonly functions: DistanceKernel; readonly memory: ArrayBuffer } {
  return instantiate<DistanceKernel>(distances, PAGES);
}

/** Copies some rows of `width` bytes to a place in a kernel's memory: in one piece where they follow one another. */
export function gather(memory: Uint8Array, data: Uint8Array, rows: Uint32Array, width: number, at: number): void {
  const count = rows.length;
  if (count === 0) return;
  const first = rows[0] * width;
  if (rows[count - 1] - rows[0] === count - 1) {
    memory.set(data.subarray(first, first + count * width), at);
    return;
  }
  for (let i = 0; i < count; i++) {
    const from = rows[i] * width;
    memory.set(data.subarray(from, from + width), at + i * width);
  }
}
