import { distances } from "./gen/distances.ts";
import { instantiate } from "./web-assembly.ts";

type Compare = (query: number, rows: number, rowCount: number, width: number, out: number) => void;
type Widen = (from: number, count: number, out: number) => void;

interface Kernel {
  readonly squaredDistances: Compare;
  readonly products: Compare;
  readonly hammingDistances: Compare;
  readonly jaccardDistances: Compare;
  readonly squaredNorms: (rows: number, rowCount: number, dim: number, out: number) => void;
  readonly widenFloat16: Widen;
  readonly widenBFloat16: Widen;
  readonly widenInt8: Widen;
}

/** How rows of numbers are stored. */
export type StoredNumbers = "float32" | "float16" | "bfloat16" | "int8";

/** Greatest dimension, in numbers; of bits eight times as many. */
const MAX_DIM = 32_768;
/** Rows that are compared with every query while the processor's cache holds them. */
const BLOCK_BYTES = 128 << 10;
export const MAX_BLOCK_ROWS = 256;
/** What kernels read behind the last number, and the row that makes their count even. */
const PADDING = 64;
const ROWS_BYTES = 4 * 3 * MAX_DIM + BLOCK_BYTES + PADDING;

/** Layout of the memory. */
const QUERY = 1024;
const ROWS = QUERY + 8 * MAX_DIM + PADDING;
const STORED = ROWS + ROWS_BYTES;
const SCORES = STORED + ROWS_BYTES;
const NORMS = SCORES + 8 * (MAX_BLOCK_ROWS + 2);
const PAGES = Math.ceil((NORMS + 8 * (MAX_BLOCK_ROWS + 2)) / 65_536);

const widenOf = { float16: "widenFloat16", bfloat16: "widenBFloat16", int8: "widenInt8" } as const;
const bytesOf = { float32: 4, float16: 2, bfloat16: 2, int8: 1 } as const;

/**
 * Compares vectors, a block of rows with one query at a time, in WebAssembly. Sums are doubles in a fixed order, so that scores
 * do not depend on the block that a row lies in. One a thread: whoever comes back to it after somebody else loads its
 * rows again.
 */
export class VectorDistances {
  readonly #kernel: Kernel;
  readonly #bytes: Uint8Array;
  readonly #query: Float64Array;
  /** Whose rows are in memory. */
  #loaded: unknown;

  constructor() {
    const { functions, memory } = instantiate<Kernel>(distances, PAGES);
    this.#kernel = functions;
    this.#bytes = new Uint8Array(memory);
    this.#query = new Float64Array(memory, QUERY, MAX_DIM);
    this.scores = new Float64Array(memory, SCORES, MAX_BLOCK_ROWS);
    this.norms = new Float64Array(memory, NORMS, MAX_BLOCK_ROWS);
  }

  /** Of the rows of the block that was compared last. */
  readonly scores: Float64Array;
  /** Lengths of the rows of the block that is loaded, after `measure`. */
  readonly norms: Float64Array;

  /** Rows of a block, an even number from 2 to 256. @param rowBytes of a row in memory, widened */
  static blockRows(rowBytes: number): number {
    return Math.min(MAX_BLOCK_ROWS, Math.max(2, Math.floor(BLOCK_BYTES / rowBytes) & ~1));
  }

  /** Whether the rows of `block` are what is loaded. */
  holds(block: unknown): boolean {
    return this.#loaded === block;
  }

  /** Loads rows of numbers. @param rows their places in `data`, at most a block of them; they name what is loaded */
  load(data: Uint8Array, rows: Uint32Array, dim: number, stored: StoredNumbers): void {
    const width = dim * bytesOf[stored];
    this.#gather(data, rows, width, stored === "float32" ? ROWS : STORED);
    if (stored !== "float32") this.#kernel[widenOf[stored]](STORED, rows.length * dim, ROWS);
    this.#loaded = rows;
  }

  /** Loads rows of bits, `width` bytes each. */
  loadBits(data: Uint8Array, rows: Uint32Array, width: number): void {
    this.#gather(data, rows, width, ROWS);
    this.#loaded = rows;
  }

  /** Rows that follow one another are copied in one piece. */
  #gather(data: Uint8Array, rows: Uint32Array, width: number, at: number): void {
    const count = rows.length;
    if (count === 0) return;
    const first = rows[0] * width;
    if (rows[count - 1] - rows[0] === count - 1) {
      this.#bytes.set(data.subarray(first, first + count * width), at);
      return;
    }
    for (let i = 0; i < count; i++) {
      const from = rows[i] * width;
      this.#bytes.set(data.subarray(from, from + width), at + i * width);
    }
  }

  /** Lengths of the loaded rows, to `norms`. */
  measure(rowCount: number, dim: number): void {
    this.#kernel.squaredNorms(ROWS, rowCount, dim, NORMS);
    const { norms } = this;
    for (let i = 0; i < rowCount; i++) norms[i] = Math.sqrt(norms[i]);
  }

  /** Compares the query at `from` with the loaded rows, to `scores`. */
  compare(
    metric: "squaredDistances" | "products",
    queries: Float32Array,
    from: number,
    dim: number,
    rowCount: number,
  ): void {
    this.#query.set(queries.subarray(from, from + dim));
    this.#kernel[metric](QUERY, ROWS, rowCount, dim, SCORES);
  }

  /** The same of bits. */
  compareBits(metric: "hammingDistances" | "jaccardDistances", query: Uint8Array, rowCount: number): void {
    this.#bytes.set(query, QUERY);
    this.#kernel[metric](QUERY, ROWS, rowCount, query.length, SCORES);
  }
}

/** The length of each query of `dim` numbers. */
export function lengthsOf(vectors: Float32Array, dim: number): Float64Array {
  const sums = (from: number) => {
    const s = [0, 0, 0, 0];
    for (let i = 0; i < dim; i++) s[i < (dim & ~3) ? i & 3 : 0] += vectors[from + i] * vectors[from + i];
    return s[0] + s[1] + (s[2] + s[3]);
  };
  return Float64Array.from({ length: vectors.length / dim }, (_, i) => Math.sqrt(sums(i * dim)));
}
