import { giveMemory, takeMemory } from "@sluice/async";
import type { Column } from "@sluice/columns";
import { numberRows } from "@sluice/kernels";
import type { RowRuns } from "./row-runs.ts";

/** Row ids as pairs of int32: a bigint a row would be slower than the copy of a vector. */
export class RowIdBuffer {
  readonly #limit: number;
  #memory = new Uint8Array(0);
  #pairs = new Int32Array(0);

  constructor(rows: number) {
    this.#limit = 2 * rows;
  }

  /** Bytes that it holds allocated. */
  get allocatedBytes(): number {
    return this.#pairs.byteLength;
  }

  /** Bytes that it would allocate more. @param rows that it has to hold then, those of before included */
  growth(rows: number): number {
    return 4 * (this.#lengthFor(rows) - this.#pairs.length);
  }

  /** The numbers of the selected rows. @param firstRowId of the batch's row 0 @returns their bytes */
  append(runs: RowRuns, rowCount: number, rows: number, firstRowId: bigint): number {
    this.#grow(rowCount, rowCount + rows);
    if (numberRows(runs, firstRowId, this.#memory, 8 * rowCount)) return 8 * rows;
    const baseLow = Number(BigInt.asUintN(32, firstRowId));
    const high = Number(BigInt.asIntN(32, firstRowId >> 32n));
    for (let i = 0, at = 2 * rowCount; i < runs.count; i++) {
      const start = runs.starts[i];
      const end = runs.ends[i];
      this.#fill(baseLow, high, start, end, at);
      at += 2 * (end - start);
    }
    return 8 * rows;
  }

  /** Numbers of rows `[start, end)` from index `at` on. In int32 but for the one run in billions whose low words overflow. */
  #fill(baseLow: number, high: number, start: number, end: number, at: number): void {
    const pairs = this.#pairs;
    if (baseLow + end <= 2 ** 32) {
      for (let low = (baseLow + start) | 0, p = at, left = end - start; left > 0; left--, low = (low + 1) | 0) {
        pairs[p++] = low;
        pairs[p++] = high;
      }
      return;
    }
    for (let row = start, p = at; row < end; row++) {
      const low = baseLow + row;
      pairs[p++] = low;
      pairs[p++] = low < 2 ** 32 ? high : high + 1;
    }
  }

  /** What was appended; stays valid until the next append. */
  column(rowCount: number): Column {
    return { kind: "fixed", width: 8, data: this.#memory.subarray(0, 8 * rowCount), validity: undefined };
  }

  #lengthFor(rows: number): number {
    const needed = 2 * rows;
    const { length } = this.#pairs;
    return needed <= length ? length : Math.max(needed, Math.min(this.#limit, 2 * length));
  }

  #grow(used: number, rows: number): void {
    const length = this.#lengthFor(rows);
    if (length === this.#pairs.length) return;
    const memory = takeMemory(4 * length);
    const pairs = new Int32Array(memory.buffer, memory.byteOffset, length);
    pairs.set(this.#pairs.subarray(0, 2 * used));
    giveMemory(this.#memory);
    [this.#memory, this.#pairs] = [memory, pairs];
  }

  /** Gives its memory back. It is not used again. */
  release(): void {
    giveMemory(this.#memory);
    this.#memory = new Uint8Array(0);
    this.#pairs = new Int32Array(0);
  }
}
