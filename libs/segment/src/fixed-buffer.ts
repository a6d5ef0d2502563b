import { giveMemory } from "@sluice/async";
import type { Column } from "@sluice/columns";
import type { FieldSchema } from "@sluice/schema";
import type { BufferLimits, ColumnBuffer } from "./column-buffer.ts";
import { grow, grownLength, mismatch } from "./column-memory.ts";
import { copyRuns } from "./copy-runs.ts";
import type { RowRuns } from "./row-runs.ts";
import { ValidityBuffer } from "./validity-buffer.ts";

/** A buffer is filled, most likely, once it holds more than this share of its limit: a small import takes little memory. */
const SMALL_SHARE = 16;

/** Values of equal width. */
export class FixedBuffer implements ColumnBuffer {
  readonly #width: number;
  readonly #limit: number;
  readonly #isRoomy: boolean;
  readonly #validity: ValidityBuffer;
  #data = new Uint8Array(0);

  constructor(field: FieldSchema, width: number, limits: BufferLimits) {
    this.#width = width;
    this.#limit = limits.rows * width;
    this.#isRoomy = limits.isRoomy ?? false;
    this.#validity = new ValidityBuffer(field, limits);
  }

  get allocatedBytes(): number {
    return this.#data.length + this.#validity.allocatedBytes;
  }

  growth(_source: Column, _runs: RowRuns, rowCount: number, rows: number): number {
    const length = this.#lengthFor(rowCount + rows);
    return length - this.#data.length + this.#validity.growth(rowCount + rows);
  }

  append(source: Column, runs: RowRuns, rowCount: number, rows: number): number {
    if (source.kind !== "fixed" || source.width !== this.#width) throw mismatch(`values of ${this.#width} bytes`);
    const width = this.#width;
    this.#data = grow(this.#data, rowCount * width, this.#lengthFor(rowCount + rows));
    copyRuns(source.data, this.#data, width, rowCount, runs);
    this.#validity.append(source.validity, runs, rowCount, rows);
    return rows * width;
  }

  column(rowCount: number): Column {
    const data = this.#data.subarray(0, rowCount * this.#width);
    return { kind: "fixed", width: this.#width, data, validity: this.#validity.view(rowCount) };
  }

  clear(): void {
    this.#validity.clear();
  }

  release(): void {
    this.#validity.release();
    giveMemory(this.#data);
    this.#data = new Uint8Array(0);
  }

  #lengthFor(rows: number): number {
    const needed = rows * this.#width;
    const isLarge = this.#isRoomy && needed > this.#limit / SMALL_SHARE && needed > this.#data.length;
    return grownLength(this.#data.length, isLarge ? this.#limit : needed, this.#limit);
  }
}
