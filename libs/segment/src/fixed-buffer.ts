import { giveMemory, takeMemory } from "@sluice/async";
import type { Column } from "@sluice/columns";
import type { FieldSchema } from "@sluice/schema";
import type { BufferLimits, ColumnBuffer } from "./column-buffer.ts";
import { grownLength, mismatch } from "./column-memory.ts";
import { copyRuns, loopBytes } from "./copy-runs.ts";
import type { RowRuns } from "./row-runs.ts";
import { ValidityBuffer } from "./validity-buffer.ts";

/** A buffer is filled, most likely, once it holds more than this share of its limit: a small import takes little memory. */
const SMALL_SHARE = 16;
/** What disks ask of addresses and of places in files. */
const BLOCK_BYTES = 4096;

/**
 * By the width of rows, where they begin in a block of the file that they were last written to: it is the same each time but for
 * the rare one that is smaller. Rows that begin so in memory can be written from where they lie.
 */
const leads = new Map<number, number>();

/** Values of equal width. */
export class FixedBuffer implements ColumnBuffer {
  readonly #width: number;
  readonly #limit: number;
  readonly #isRoomy: boolean;
  readonly #validity: ValidityBuffer;
  /** Wide rows do not begin where their memory does; narrow ones are also read as numbers, which must be aligned. */
  readonly #isWide: boolean;
  #memory = new Uint8Array(0);
  /** Of the memory, from the first row on. */
  #data = this.#memory;

  constructor(field: FieldSchema, width: number, limits: BufferLimits) {
    this.#width = width;
    this.#limit = limits.rows * width;
    this.#isRoomy = limits.isRoomy ?? false;
    this.#isWide = width > loopBytes;
    this.#validity = new ValidityBuffer(field, limits);
  }

  get allocatedBytes(): number {
    return this.#memory.length + this.#validity.allocatedBytes;
  }

  growth(_source: Column, _runs: RowRuns, rowCount: number, rows: number): number {
    const length = this.#lengthFor(rowCount + rows);
    return length - this.#data.length + this.#validity.growth(rowCount + rows);
  }

  append(source: Column, runs: RowRuns, rowCount: number, rows: number): number {
    if (source.kind !== "fixed" || source.width !== this.#width) throw mismatch(`values of ${this.#width} bytes`);
    const width = this.#width;
    this.#grow(rowCount * width, this.#lengthFor(rowCount + rows));
    copyRuns(source.data, this.#data, width, rowCount, runs);
    this.#validity.append(source.validity, runs, rowCount, rows);
    return rows * width;
  }

  column(rowCount: number): Column {
    const data = this.#data.subarray(0, rowCount * this.#width);
    return { kind: "fixed", width: this.#width, data, validity: this.#validity.view(rowCount) };
  }

  /** A short file, as the last one of a segment, says nothing about the next. */
  noteFile(pieces: readonly Uint8Array[]): void {
    if (!this.#isWide) return;
    let offset = 0;
    for (const { buffer, byteOffset, byteLength } of pieces) {
      const isFirst = buffer === this.#data.buffer && byteOffset === this.#data.byteOffset;
      if (isFirst && byteLength > this.#limit / 2) leads.set(this.#width, offset % BLOCK_BYTES);
      offset += byteLength;
    }
  }

  clear(): void {
    this.#placeRows(this.#data.length);
    this.#validity.clear();
  }

  release(): void {
    this.#validity.release();
    giveMemory(this.#memory);
    this.#data = this.#memory = new Uint8Array(0);
  }

  #lengthFor(rows: number): number {
    const needed = rows * this.#width;
    const isLarge = this.#isRoomy && needed > this.#limit / SMALL_SHARE && needed > this.#data.length;
    return grownLength(this.#data.length, isLarge ? this.#limit : needed, this.#limit);
  }

  #grow(used: number, length: number): void {
    if (length === this.#data.length) return;
    const [memory, data] = [this.#memory, this.#data];
    this.#memory = takeMemory(this.#isWide ? length + BLOCK_BYTES : length);
    this.#placeRows(length);
    this.#data.set(data.subarray(0, used));
    giveMemory(memory);
  }

  #placeRows(length: number): void {
    const lead = this.#isWide ? (leads.get(this.#width) ?? 0) : 0;
    this.#data = this.#memory.subarray(lead, lead + length);
  }
}
