import { distances } from "./gen/distances.ts";
import { instantiateIn, type SharedKernelMemory, sharedMemory } from "./web-assembly.ts";

type Compare = (query: number, rows: number, rowCount: number, width: number, out: number) => void;
type Widen = (from: number, count: number, out: number) => void;
type Gather = (rows: number, list: number, count: number, width: number, out: number) => void;

/** What libs/kernels/assembly/distances.ts exports. */
export interface DistanceKernel {
  readonly squaredDistances: Compare;
  readonly products: Compare;
  readonly hammingDistances: Compare;
  readonly jaccardDistances: Compare;
  readonly squaredNorms: (rows: number, rowCount: number, dim: number, out: number) => void;
  readonly gatherRows: Gather;
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
/** Most rows of a block, however short they are. */
export const MAX_BLOCK_ROWS = 256;
/** The same of sketches, which are smaller. */
export const MAX_SKETCHES = 1024;
/** What kernels read behind the last number, and the row that makes their count even. */
const PADDING = 64;
const ROWS_BYTES = 4 * 3 * MAX_DIM + BLOCK_BYTES + PADDING;

/** Layout of the room that a kernel works in: bytes from its beginning on. */
export const QUERY = 1024;
/** Rows of a block, widened to float32 where they are stored otherwise. */
export const ROWS = QUERY + 8 * MAX_DIM + PADDING;
/** Rows of a block as they are stored. */
export const STORED = ROWS + ROWS_BYTES;
/** What was computed of each row of a block, eight bytes each. */
export const SCORES = STORED + ROWS_BYTES;
/** Squared norms of the rows of a block, eight bytes each. */
export const NORMS = SCORES + 8 * (MAX_BLOCK_ROWS + 2);
/** Of the sketch of a query, two bytes a number. */
export const CODES = NORMS + 8 * (MAX_BLOCK_ROWS + 2);
/** Sketches of rows, a block of them. */
export const SKETCHES = CODES + 2 * MAX_DIM + PADDING;
/** Numbers of the rows that a sketch does not rule out, four bytes each. */
export const FOUND = SKETCHES + BLOCK_BYTES + PADDING;
/** Numbers of rows that are gathered. */
const LIST = FOUND + 4 * MAX_SKETCHES;
const PAGE_BYTES = 1 << 16;
const PAGES = Math.ceil((LIST + 4 * MAX_SKETCHES) / PAGE_BYTES);

/** The room that a kernel works in. */
export const KERNEL_ROOM_BYTES = PAGES * PAGE_BYTES;
/** What kernels may read behind the last row of a memory: another row, and some. */
export const KERNEL_BYTES_BEHIND = 4 * PAGE_BYTES;

/** A room in a memory that others have vectors in. */
export interface KernelRoom {
  readonly memory: SharedKernelMemory;
  /** Its first byte. */
  readonly at: number;
}

/** A kernel, and what it finds where it is: rows of the memory that its room lies in, and copies of others. */
export class DistanceKernelMemory {
  readonly functions: DistanceKernel;
  readonly room: number;
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  readonly #list: Uint32Array<SharedArrayBuffer>;

  /** @param room without: in a memory of its own */
  constructor({ memory, at }: KernelRoom = { memory: sharedMemory(PAGES), at: 0 }) {
    this.functions = instantiateIn<DistanceKernel>(distances, memory);
    this.room = at;
    this.bytes = new Uint8Array(memory.buffer);
    this.#list = new Uint32Array(memory.buffer, at + LIST, MAX_SKETCHES);
  }

  /**
   * Where some rows of `width` bytes lie one after the other: where they are, if that is in this memory and they follow one
   * another, or as copies from byte `copyAt` of the room on.
   * @param rows at most `MAX_SKETCHES`
   */
  place(data: Uint8Array, rows: Uint32Array, width: number, copyAt: number): number {
    const [first, count, to] = [rows[0] * width, rows.length, this.room + copyAt];
    const isHere = data.buffer === this.bytes.buffer;
    const areInARow = count === 0 || rows[count - 1] - rows[0] === count - 1;
    if (isHere && areInARow) return data.byteOffset + first;
    if (areInARow) this.bytes.set(data.subarray(first, first + count * width), to);
    else if (isHere) this.#gather(data.byteOffset, rows, width, to);
    else
      for (let i = 0; i < count; i++)
        this.bytes.set(data.subarray(rows[i] * width, (rows[i] + 1) * width), to + i * width);
    return to;
  }

  #gather(from: number, rows: Uint32Array, width: number, to: number): void {
    this.#list.set(rows);
    this.functions.gatherRows(from, this.#list.byteOffset, rows.length, width, to);
  }
}
