import type { FixedColumn } from "@sluice/columns";
import { NORM_BIAS, NORM_BINS } from "@sluice/jobs/findings";
import { DataType, type FieldSchema } from "@sluice/schema";

/** A norm that differs by more from 1 is not that of a normalized vector, whatever its elements were rounded to. */
const TOLERANCE = 1e-3;

type Squares = (
  column: FixedColumn,
  dim: number,
  rowCount: number,
  take: (square: number, row: number) => void,
) => void;

const squaresOf: Partial<Record<DataType, Squares>> = {
  [DataType.FloatVector]: ({ data }, dim, rowCount, take) =>
    eachSquare(new Float32Array(data.buffer, data.byteOffset, rowCount * dim), dim, take),
  [DataType.Int8Vector]: ({ data }, dim, rowCount, take) =>
    eachSquare(new Int8Array(data.buffer, data.byteOffset, rowCount * dim), dim, take),
  [DataType.Float16Vector]: ({ data }, dim, rowCount, take) =>
    eachSquare(new Float16Array(data.buffer, data.byteOffset, rowCount * dim), dim, take),
  [DataType.BFloat16Vector]: ({ data }, dim, rowCount, take) =>
    eachBfloat16(new Uint16Array(data.buffer, data.byteOffset, rowCount * dim), dim, take),
};

/** Whether vectors of this type have a norm. */
export function hasNorm(dataType: DataType): boolean {
  return squaresOf[dataType] !== undefined;
}

/** Counts norms of vectors. */
export class NormCounts {
  zeroVectors = 0;
  notNormalized = 0;
  readonly norms = new Array<number>(NORM_BINS).fill(0);
  readonly #field: FieldSchema;

  constructor(field: FieldSchema) {
    this.#field = field;
  }

  /** Nulls do not count; nor does a type without norms. @param column its first `rowCount` rows */
  add(column: FixedColumn, rowCount: number): void {
    squaresOf[this.#field.dataType]?.(column, this.#field.dim, rowCount, (square, row) => {
      if (column.validity?.[row] !== 0) this.#count(square);
    });
  }

  #count(square: number): void {
    if (square === 0) {
      this.zeroVectors++;
      return;
    }
    const norm = Math.sqrt(square);
    if (Math.abs(norm - 1) > TOLERANCE) this.notNormalized++;
    const bin = Math.floor(Math.log2(norm)) + NORM_BIAS;
    this.norms[Math.max(0, Math.min(NORM_BINS - 1, bin))]++;
  }
}

function eachSquare(
  values: Float32Array | Float16Array | Int8Array,
  dim: number,
  take: (square: number, row: number) => void,
): void {
  for (let at = 0, row = 0; at < values.length; row++) {
    let square = 0;
    for (const end = at + dim; at < end; at++) square += values[at] * values[at];
    take(square, row);
  }
}

/** The upper halves of float32. */
function eachBfloat16(halves: Uint16Array, dim: number, take: (square: number, row: number) => void): void {
  const word = new Uint32Array(1);
  const value = new Float32Array(word.buffer);
  for (let at = 0, row = 0; at < halves.length; row++) {
    let square = 0;
    for (const end = at + dim; at < end; at++) {
      word[0] = halves[at] << 16;
      square += value[0] * value[0];
    }
    take(square, row);
  }
}
