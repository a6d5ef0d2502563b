import type { Column } from "@sluice/columns";
import { DistinctSample, type FieldHealth } from "@sluice/jobs/findings";
import { type FieldSchema, isVector } from "@sluice/schema";
import { countDistinct } from "./hash-values.ts";
import { hasNorm, NormCounts } from "./norms.ts";

/** Bytes of a constant that are told: enough to compare it with another task's. */
const CONSTANT_BYTES = 64;

/** What the values of one field are like: nulls, whether all are the same, how many of keys and vectors are different, norms. */
export class FieldCheck {
  readonly #field: FieldSchema;
  readonly #norms: NormCounts | undefined;
  readonly #distinct: DistinctSample | undefined;
  #rows = 0;
  #nulls = 0;
  /** The first value, while all are like it. */
  #constant: Buffer | undefined;
  #isConstant = true;

  constructor(field: FieldSchema) {
    this.#field = field;
    this.#norms = hasNorm(field.dataType) ? new NormCounts(field) : undefined;
    this.#distinct = field.isPrimaryKey || isVector(field.dataType) ? new DistinctSample() : undefined;
  }

  /** @param column its first `rowCount` rows; may be overwritten afterwards */
  add(column: Column, rowCount: number): void {
    this.#rows += rowCount;
    if (column.validity) for (let row = 0; row < rowCount; row++) this.#nulls += 1 - column.validity[row];
    if (this.#isConstant) this.#isConstant = this.#isStillConstant(column, rowCount);
    if (this.#distinct) countDistinct(column, rowCount, this.#distinct);
    if (column.kind === "fixed") this.#norms?.add(column, rowCount);
  }

  /** Null counts as a value of its own, so that a column with some is not constant. */
  #isStillConstant(column: Column, rowCount: number): boolean {
    if (this.#nulls > 0 && this.#nulls < this.#rows) return false;
    for (let row = 0; row < rowCount; row++) {
      const [begin, end] =
        column.kind === "fixed"
          ? [row * column.width, (row + 1) * column.width]
          : [column.offsets[row], column.offsets[row + 1]];
      this.#constant ??= Buffer.from(column.data.subarray(begin, end));
      if (!sameBytes(column.data, begin, end, this.#constant)) return false;
    }
    return true;
  }

  /** Of all rows so far. */
  health(): FieldHealth {
    const isConstant = this.#isConstant && this.#rows > 1;
    return {
      field: this.#field.name,
      nulls: this.#nulls,
      isConstant,
      ...(this.#isConstant && this.#constant && { constant: this.#constant.toString("base64", 0, CONSTANT_BYTES) }),
      ...(this.#norms && {
        zeroVectors: this.#norms.zeroVectors,
        notNormalized: this.#norms.notNormalized,
        norms: this.#norms.norms,
      }),
      ...(this.#distinct && { distinct: this.#distinct.record() }),
    };
  }
}

function sameBytes(data: Uint8Array, begin: number, end: number, expected: Uint8Array): boolean {
  if (end - begin !== expected.length) return false;
  for (let i = 0; i < expected.length; i++) if (data[begin + i] !== expected[i]) return false;
  return true;
}
