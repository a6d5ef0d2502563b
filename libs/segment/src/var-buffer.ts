import { giveMemory } from "@sluice/async";
import type { Column } from "@sluice/columns";
import type { FieldSchema } from "@sluice/schema";
import type { BufferLimits, ColumnBuffer } from "./column-buffer.ts";
import { grow, grownLength, mismatch } from "./column-memory.ts";
import { bufferOver, copyBytes } from "./copy-runs.ts";
import type { RowRuns } from "./row-runs.ts";
import { ValidityBuffer } from "./validity-buffer.ts";

/** Values of any length: bytes, and where each ends. */
export class VarBuffer implements ColumnBuffer {
  readonly #limits: BufferLimits;
  readonly #validity: ValidityBuffer;
  #offsets = new Uint32Array(1);
  #data = new Uint8Array(0);
  #length = 0;

  constructor(field: FieldSchema, limits: BufferLimits) {
    this.#limits = limits;
    this.#validity = new ValidityBuffer(field, limits);
  }

  get allocatedBytes(): number {
    return this.#data.length + this.#offsets.byteLength + this.#validity.allocatedBytes;
  }

  growth(source: Column, runs: RowRuns, rowCount: number, rows: number): number {
    const data = this.#dataFor(bytesOf(source, runs)) - this.#data.length;
    const offsets = this.#offsetsFor(rowCount + rows) - this.#offsets.length;
    return data + offsets * 4 + this.#validity.growth(rowCount + rows);
  }

  append(source: Column, runs: RowRuns, rowCount: number, rows: number): number {
    if (source.kind !== "var") throw mismatch("values of any length");
    const added = bytesOf(source, runs);
    this.#data = grow(this.#data, this.#length, this.#dataFor(added));
    this.#growOffsets(rowCount, rows);
    const offsets = this.#offsets;
    const from = bufferOver(source.data);
    const into = bufferOver(this.#data);
    let to = this.#length;
    let row = rowCount;
    for (let i = 0; i < runs.count; i++) {
      const start = runs.starts[i];
      const end = runs.ends[i];
      const first = source.offsets[start];
      const shift = to - first;
      for (let k = start + 1; k <= end; k++) offsets[++row] = source.offsets[k] + shift;
      copyBytes(from, first, source.offsets[end], into, to);
      to += source.offsets[end] - first;
    }
    this.#length = to;
    this.#validity.append(source.validity, runs, rowCount, rows);
    return added;
  }

  column(rowCount: number): Column {
    const data = this.#data.subarray(0, this.#length);
    return {
      kind: "var",
      offsets: this.#offsets.subarray(0, rowCount + 1),
      data,
      validity: this.#validity.view(rowCount),
    };
  }

  /** What is compressed is written from other memory. */
  clear(): void {
    this.#length = 0;
    this.#validity.clear();
  }

  release(): void {
    this.#validity.release();
    giveMemory(this.#data);
    this.#data = new Uint8Array(0);
  }

  #dataFor(added: number): number {
    return grownLength(this.#data.length, this.#length + added, this.#limits.bytes);
  }

  #offsetsFor(rows: number): number {
    return grownLength(this.#offsets.length, rows + 1, this.#limits.rows + 1);
  }

  #growOffsets(rowCount: number, rows: number): void {
    const length = this.#offsetsFor(rowCount + rows);
    if (length === this.#offsets.length) return;
    const larger = new Uint32Array(length);
    larger.set(this.#offsets.subarray(0, rowCount + 1));
    this.#offsets = larger;
  }
}

function bytesOf(source: Column, runs: RowRuns): number {
  if (source.kind !== "var") throw mismatch("values of any length");
  let bytes = 0;
  for (let i = 0; i < runs.count; i++) bytes += source.offsets[runs.ends[i]] - source.offsets[runs.starts[i]];
  return bytes;
}
