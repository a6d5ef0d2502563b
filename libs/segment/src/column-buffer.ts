import { giveMemory, takeMemory } from "@sluice/async";
import type { Column } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import { type FieldSchema, fixedWidth } from "@sluice/schema";
import type { RowRuns } from "./row-runs.ts";

/** Values of one field while a bucket fills. Memory is used again after each flush and only grows. */
export interface ColumnBuffer {
  /** Bytes that it holds allocated. */
  readonly allocatedBytes: number;
  /** Bytes that it would allocate more for these rows on top of `rowCount`. */
  growth(source: Column, runs: RowRuns, rowCount: number, rows: number): number;
  /** Appends the selected rows behind the `rowCount` it has; gives the bytes of their values. */
  append(source: Column, runs: RowRuns, rowCount: number, rows: number): number;
  /** What was appended; stays valid until the next append. */
  column(rowCount: number): Column;
  clear(): void;
  /** Gives its memory back. It is not used again. */
  release(): void;
}

/** How large a buffer gets before it is flushed: what growing does not pass. */
export interface BufferLimits {
  readonly rows: number;
  readonly bytes: number;
  /** All buffers may be as large as they get: those that will be take their memory at once, without copies. */
  readonly isRoomy?: boolean;
}

export function columnBuffer(field: FieldSchema, limits: BufferLimits): ColumnBuffer {
  const width = fixedWidth(field);
  return width > 0 ? new FixedBuffer(field, width, limits) : new VarBuffer(field, limits);
}

/** A buffer is filled, most likely, once it holds more than this share of its limit: a small import takes little memory. */
const SMALL_SHARE = 16;
/** Memory is not halved below this. */
const MIN_LENGTH = 64;

/** Above this a call of `set` costs less than a loop. Measured with two buckets of random rows. */
const loopBytes = 96;

class FixedBuffer implements ColumnBuffer {
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
    giveMemory(this.#data);
    this.#data = new Uint8Array(0);
  }

  #lengthFor(rows: number): number {
    const needed = rows * this.#width;
    const isLarge = this.#isRoomy && needed > this.#limit / SMALL_SHARE && needed > this.#data.length;
    return grownLength(this.#data.length, isLarge ? this.#limit : needed, this.#limit);
  }
}

class VarBuffer implements ColumnBuffer {
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

  clear(): void {
    this.#length = 0;
    this.#validity.clear();
  }

  release(): void {
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

/** One byte a row of a nullable field; nothing of another. */
class ValidityBuffer {
  readonly #field: FieldSchema;
  readonly #limit: number;
  #bytes = new Uint8Array(0);
  #hasNulls = false;

  constructor(field: FieldSchema, limits: BufferLimits) {
    this.#field = field;
    this.#limit = limits.rows;
  }

  get allocatedBytes(): number {
    return this.#bytes.length;
  }

  growth(rows: number): number {
    return this.#field.nullable ? grownLength(this.#bytes.length, rows, this.#limit) - this.#bytes.length : 0;
  }

  append(source: Uint8Array | undefined, runs: RowRuns, rowCount: number, rows: number): void {
    if (!this.#field.nullable) {
      if (source) this.#refuseNulls(source, runs);
      return;
    }
    this.#bytes = grow(this.#bytes, rowCount, grownLength(this.#bytes.length, rowCount + rows, this.#limit));
    if (source) copyRuns(source, this.#bytes, 1, rowCount, runs);
    else this.#bytes.fill(1, rowCount, rowCount + rows);
    this.#hasNulls ||= source !== undefined;
  }

  view(rowCount: number): Uint8Array | undefined {
    return this.#hasNulls ? this.#bytes.subarray(0, rowCount) : undefined;
  }

  clear(): void {
    this.#hasNulls = false;
  }

  #refuseNulls(source: Uint8Array, runs: RowRuns): void {
    for (let i = 0; i < runs.count; i++) {
      const row = source.subarray(0, runs.ends[i]).indexOf(0, runs.starts[i]);
      if (row >= 0)
        throw new ImportError("internal", "a null in a field that has none", { row, field: this.#field.name });
    }
  }
}

/** Copies rows of `width` bytes to row `to` on. */
function copyRuns(source: Uint8Array, target: Uint8Array, width: number, to: number, runs: RowRuns): void {
  if (width % 4 === 0 && width <= loopBytes) copyWords(source, target, width / 4, to, runs);
  else copyRows(source, target, width, to, runs);
}

function copyRows(source: Uint8Array, target: Uint8Array, width: number, to: number, runs: RowRuns): void {
  const { starts, ends, count } = runs;
  const from = bufferOver(source);
  const into = bufferOver(target);
  for (let i = 0, at = to * width; i < count; i++) {
    const start = starts[i] * width;
    const end = ends[i] * width;
    copyBytes(from, start, end, into, at);
    at += end - start;
  }
}

/** Scalars and short vectors, four bytes at a time: the memory of columns is aligned. */
function copyWords(source: Uint8Array, target: Uint8Array, words: number, to: number, runs: RowRuns): void {
  const { starts, ends, count } = runs;
  const from = new Int32Array(source.buffer, source.byteOffset, ends[count - 1] * words);
  const into = new Int32Array(target.buffer, target.byteOffset, target.length >>> 2);
  for (let i = 0, at = to * words; i < count; i++) {
    const start = starts[i] * words;
    const end = ends[i] * words;
    if (4 * (end - start) > loopBytes) into.set(from.subarray(start, end), at);
    else for (let k = start, p = at; k < end; k++, p++) into[p] = from[k];
    at += end - start;
  }
}

/** The same memory as a Buffer, whose `copy` makes no object: 54 ns for 512 bytes, against 91 for `set(subarray)`. */
function bufferOver(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function copyBytes(source: Buffer, start: number, end: number, target: Buffer, at: number): void {
  if (end - start > loopBytes) source.copy(target, at, start, end);
  else for (let k = start, p = at; k < end; k++, p++) target[p] = source[k];
}

function bytesOf(source: Column, runs: RowRuns): number {
  if (source.kind !== "var") throw mismatch("values of any length");
  let bytes = 0;
  for (let i = 0; i < runs.count; i++) bytes += source.offsets[runs.ends[i]] - source.offsets[runs.starts[i]];
  return bytes;
}

/** The limit or a half of a half of it, so that what one buffer has given back fits another; about doubles. */
function grownLength(length: number, needed: number, limit: number): number {
  if (needed <= length) return length;
  let grown = limit;
  while (grown / 2 >= needed && grown / 2 > MIN_LENGTH) grown = Math.ceil(grown / 2);
  return Math.max(needed, grown);
}

function grow(bytes: Uint8Array<ArrayBuffer>, used: number, length: number): Uint8Array<ArrayBuffer> {
  if (length === bytes.length) return bytes;
  const larger = takeMemory(length);
  larger.set(bytes.subarray(0, used));
  giveMemory(bytes);
  return larger;
}

function mismatch(expected: string): ImportError {
  return new ImportError("internal", `a column does not have the form of its field: expected ${expected}`);
}
