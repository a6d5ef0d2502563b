import {
  BLOCK_BYTES,
  CODES,
  type DistanceKernelMemory,
  FOUND,
  MAX_DIM,
  MAX_SKETCHES,
  SKETCHES,
} from "./distance-kernel.ts";

/** A query beside sketches: `codes` times `scale` is the query, but for `error`. */
export interface SketchedQuery {
  readonly codes: Int16Array;
  readonly scale: number;
  /** How far the codes are from the query, at most. */
  readonly error: number;
  readonly length: number;
  /** Of the codes times the scale. */
  readonly squares: number;
}

/** Words of a sketch behind its bytes: scale, error, length, sum of squares. */
const WORDS_BYTES = 16;
/** Greater than what rounding changes of a length or a sum of products. */
const STEP = 1e-9;
/** The same of floats. */
const FLOAT_STEP = 1e-6;

/**
 * Sketches of float vectors: a byte a number, and how far the vector is from that. They tell of most rows, by a fourth of the
 * bytes, that the row is not within a bound, and never of one that is. Made of the rows that `VectorDistances` has loaded.
 */
export class VectorSketches {
  readonly #kernel: DistanceKernelMemory;
  readonly #loadedRows: () => number;
  readonly #codes: Int16Array;
  readonly #found: Uint32Array;
  /** Where the loaded sketches lie. */
  #at = 0;
  /** Which query is in memory. */
  #query: SketchedQuery | undefined;

  /** @param loadedRows where the rows lie that `VectorDistances` has loaded */
  constructor(kernel: DistanceKernelMemory, loadedRows: () => number) {
    this.#kernel = kernel;
    this.#loadedRows = loadedRows;
    const { bytes, room } = kernel;
    this.#codes = new Int16Array(bytes.buffer, room + CODES, MAX_DIM);
    this.#found = new Uint32Array(bytes.buffer, room + FOUND, MAX_SKETCHES);
  }

  /** Bytes of a sketch. */
  static widthOf(dim: number): number {
    return ((dim + 15) & ~15) + WORDS_BYTES;
  }

  /** Sketches that are compared at once. */
  static blockRows(dim: number): number {
    return Math.min(MAX_SKETCHES, Math.floor(BLOCK_BYTES / VectorSketches.widthOf(dim)));
  }

  /** Sketches of the first rows of the block that is loaded, to a place in `out`. */
  write(rowCount: number, dim: number, out: Uint8Array, at: number): void {
    const { functions, room, bytes } = this.#kernel;
    if (out.buffer === bytes.buffer) {
      functions.sketchRows(this.#loadedRows(), rowCount, dim, out.byteOffset + at);
      return;
    }
    const from = room + SKETCHES;
    functions.sketchRows(this.#loadedRows(), rowCount, dim, from);
    out.set(bytes.subarray(from, from + rowCount * VectorSketches.widthOf(dim)), at);
  }

  /** Loads sketches. @param rows their places in `data`, at most a block of them */
  load(data: Uint8Array, rows: Uint32Array, dim: number): void {
    this.#at = this.#kernel.place(data, rows, VectorSketches.widthOf(dim), SKETCHES);
  }

  /** Places in the block of rows whose squared distance may be `bound` or less; valid until the next call. */
  near(query: SketchedQuery, bound: number, rowCount: number): Uint32Array {
    const { codes, scale, squares, error } = query;
    const radius = Math.sqrt(Math.max(0, bound)) * (1 + STEP) + error;
    const [at, out] = this.#places(query);
    const { nearRows } = this.#kernel.functions;
    return this.#found.subarray(0, nearRows(at, this.#at, rowCount, codes.length, out, scale, squares, radius));
  }

  /** Of the query, which is in memory afterwards, and of what is found. */
  #places(query: SketchedQuery): readonly [codes: number, found: number] {
    if (this.#query !== query) this.#codes.set(query.codes);
    this.#query = query;
    const { room } = this.#kernel;
    return [room + CODES, room + FOUND];
  }

  /** Places in the block of rows whose product with the query may be `least` or more; valid until the next call. */
  alike(query: SketchedQuery, least: number, rowCount: number): Uint32Array {
    return this.#alike(query, least, 0, rowCount);
  }

  /** The same of cosines. */
  alikeByAngle(query: SketchedQuery, least: number, rowCount: number): Uint32Array {
    const { length } = query;
    return this.#alike(query, 0, (least - Math.abs(least) * FLOAT_STEP) * length, rowCount);
  }

  #alike(query: SketchedQuery, least: number, ofLength: number, rowCount: number): Uint32Array {
    const { codes, scale, length, error } = query;
    const perLength = error * (1 + FLOAT_STEP) + STEP * length;
    const [at, out] = this.#places(query);
    const { alikeRows } = this.#kernel.functions;
    const dim = codes.length;
    const count = alikeRows(at, this.#at, rowCount, dim, out, scale, length, perLength, least, ofLength);
    return this.#found.subarray(0, count);
  }
}

/** The query at a place of vectors of `dim` numbers. */
export function sketchedQuery(vectors: Float32Array, from: number, dim: number): SketchedQuery {
  const query = vectors.subarray(from, from + dim);
  const peak = query.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  // Products with bytes, added up, stay whole numbers of 32 bits.
  const most = Math.min(32_767, Math.floor(2 ** 31 / (128 * (dim + 16))));
  const scale = peak / most;
  const codes = new Int16Array((dim + 15) & ~15);
  let [errors, lengths, squares] = [0, 0, 0];
  for (const [i, value] of query.entries()) {
    codes[i] = scale > 0 ? Math.round(value / scale) : 0;
    const kept = codes[i] * scale;
    errors += (value - kept) ** 2;
    lengths += value ** 2;
    squares += kept ** 2;
  }
  return { codes, scale, squares, error: Math.sqrt(errors) * (1 + STEP), length: Math.sqrt(lengths) * (1 + STEP) };
}
