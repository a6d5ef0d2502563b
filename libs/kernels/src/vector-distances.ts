import {
  BLOCK_BYTES,
  DistanceKernelMemory,
  type KernelRoom,
  MAX_BLOCK_ROWS,
  MAX_DIM,
  NORMS,
  QUERY,
  ROWS,
  SCORES,
  STORED,
} from "./distance-kernel.ts";
import { VectorSketches } from "./vector-sketches.ts";

export { MAX_BLOCK_ROWS };

/** How rows of numbers are stored. */
export type StoredNumbers = "float32" | "float16" | "bfloat16" | "int8";

const widenOf = { float16: "widenFloat16", bfloat16: "widenBFloat16", int8: "widenInt8" } as const;
const bytesOf = { float32: 4, float16: 2, bfloat16: 2, int8: 1 } as const;

/**
 * Compares vectors, a block of rows with one query at a time, in WebAssembly. Sums are doubles in a fixed order, so that scores
 * do not depend on the block that a row lies in. Floats that lie in its memory are compared where they are. One a thread and memory:
 * whoever comes back to it after somebody else loads its rows again.
 */
export class VectorDistances {
  readonly #kernel: DistanceKernelMemory;
  readonly #query: Float64Array;
  /** Whose rows are loaded, and where they lie. */
  #loaded: unknown;
  #rows = 0;
  /** Which query is in memory. */
  #queries: Float32Array | undefined;
  #from = 0;

  /** @param room in the memory that vectors lie in; without, in a memory of its own */
  constructor(room?: KernelRoom) {
    this.#kernel = new DistanceKernelMemory(room);
    const { bytes, room: at } = this.#kernel;
    this.#query = new Float64Array(bytes.buffer, at + QUERY, MAX_DIM);
    this.scores = new Float64Array(bytes.buffer, at + SCORES, MAX_BLOCK_ROWS);
    this.norms = new Float64Array(bytes.buffer, at + NORMS, MAX_BLOCK_ROWS);
    this.sketches = new VectorSketches(this.#kernel, () => this.#rows);
  }

  /** Of the rows of the block that was compared last. */
  readonly scores: Float64Array;
  /** Lengths of the rows of the block that is loaded, after `measure`. */
  readonly norms: Float64Array;
  /** Made of the rows that are loaded, and compared without them. */
  readonly sketches: VectorSketches;

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
    const { functions, room } = this.#kernel;
    const width = dim * bytesOf[stored];
    const at = this.#kernel.place(data, rows, width, stored === "float32" ? ROWS : STORED);
    if (stored !== "float32") functions[widenOf[stored]](at, rows.length * dim, room + ROWS);
    this.#rows = stored === "float32" ? at : room + ROWS;
    this.#loaded = rows;
  }

  /** Loads rows of bits, `width` bytes each. */
  loadBits(data: Uint8Array, rows: Uint32Array, width: number): void {
    this.#rows = this.#kernel.place(data, rows, width, ROWS);
    this.#loaded = rows;
  }

  /** Lengths of the loaded rows, to `norms`. */
  measure(rowCount: number, dim: number): void {
    const { functions, room } = this.#kernel;
    functions.squaredNorms(this.#rows, rowCount, dim, room + NORMS);
    const { norms } = this;
    for (let i = 0; i < rowCount; i++) norms[i] = Math.sqrt(norms[i]);
  }

  /** Compares the query at `from` with the loaded rows, to `scores`. @param queries which nobody changes */
  compare(
    metric: "squaredDistances" | "products",
    queries: Float32Array,
    from: number,
    dim: number,
    rowCount: number,
  ): void {
    const { functions, room } = this.#kernel;
    if (this.#queries !== queries || this.#from !== from) this.#query.set(queries.subarray(from, from + dim));
    [this.#queries, this.#from] = [queries, from];
    functions[metric](room + QUERY, this.#rows, rowCount, dim, room + SCORES);
  }

  /** The same of bits. */
  compareBits(metric: "hammingDistances" | "jaccardDistances", query: Uint8Array, rowCount: number): void {
    const { functions, room, bytes } = this.#kernel;
    this.#queries = undefined;
    bytes.set(query, room + QUERY);
    functions[metric](room + QUERY, this.#rows, rowCount, query.length, room + SCORES);
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
