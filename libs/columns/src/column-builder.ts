import { type FieldSchema, fixedWidth } from "@sluice/schema";
import type { Column } from "./column.ts";
import { type ColumnMemory, FixedBuffer } from "./fixed-buffer.ts";
import { standInOf } from "./stand-in.ts";
import { Validity } from "./validity.ts";

/** Smallest buffer of a column of texts. */
const MIN_VAR_BYTES = 64 * 1024;

/**
 * One column of the batch under construction. A row's value is written at `row`, which may be written again before the row
 * is finished (the last of two equal keys counts). Memory is used again by the next batch.
 */
export abstract class ColumnBuilder {
  readonly field: FieldSchema;
  /** See `standInOf`. */
  readonly standIn: Uint8Array | null | undefined;
  readonly #validity = new Validity();

  constructor(field: FieldSchema) {
    this.field = field;
    this.standIn = standInOf(field);
  }

  /** Rows can be null in the end: neither a default nor anything else stands in for it. */
  get hasNulls(): boolean {
    return this.standIn === null;
  }

  /** Whether a missing or null value can be filled. */
  get canFill(): boolean {
    return this.standIn !== undefined;
  }

  /** Row `row` has no value: it becomes the field's stand-in, which there is; zero bytes where that is null, or none. */
  fill(row: number): void {
    this.put(row, this.standIn ?? undefined);
    if (this.hasNulls) this.#validity.mark(row, row + 1, 0);
  }

  /** Rows `[from, to)` have values. */
  setValid(from: number, to = from + 1): void {
    if (this.hasNulls) this.#validity.mark(from, to, 1);
  }

  /** One value in column encoding; undefined: the bytes of a null. */
  abstract put(row: number, cell: Uint8Array | undefined): void;
  /** Bytes of the rows before `row`. */
  abstract bytesBefore(row: number): number;
  protected abstract values(rowCount: number): Column;

  /** The first `rowCount` rows; the memory stays the builder's. */
  take(rowCount: number): Column {
    return { ...this.values(rowCount), validity: this.hasNulls ? this.#validity.of(rowCount) : undefined };
  }
}

/** Values of equal width. */
export class FixedBuilder extends ColumnBuilder {
  readonly width: number;
  readonly buffer: FixedBuffer;

  constructor(field: FieldSchema, memory?: ColumnMemory) {
    super(field);
    this.buffer = new FixedBuffer(memory);
    this.width = fixedWidth(field);
  }

  /** Makes room for `rows` rows, all of them with values so far. Views of the buffer that were taken before may be of other memory. */
  begin(rows: number): void {
    this.buffer.reserve(rows * this.width);
    this.setValid(0, rows);
  }

  put(row: number, cell: Uint8Array | undefined): void {
    const at = row * this.width;
    if (cell) this.buffer.bytes.set(cell, at);
    else this.buffer.bytes.fill(0, at, at + this.width);
  }

  bytesBefore(row: number): number {
    return row * this.width;
  }

  protected values(rowCount: number): Column {
    const data = this.buffer.bytes.subarray(0, rowCount * this.width);
    return { kind: "fixed", width: this.width, data, validity: undefined };
  }
}

/** Values of any length, one after the other. */
export class VarBuilder extends ColumnBuilder {
  readonly offsets: Uint32Array;
  data = new Uint8Array(MIN_VAR_BYTES);

  /** @param rowCapacity greatest number of rows */
  constructor(field: FieldSchema, rowCapacity: number) {
    super(field);
    this.offsets = new Uint32Array(rowCapacity + 1);
  }

  put(row: number, cell: Uint8Array | undefined): void {
    const start = this.offsets[row];
    const length = cell?.length ?? 0;
    this.reserve(row, length);
    if (cell) this.data.set(cell, start);
    this.offsets[row + 1] = start + length;
  }

  /** Copies `bytes[start, end)`; a loop beats the call for the short texts that most are. */
  copy(row: number, bytes: Uint8Array, start: number, end: number): void {
    let to = this.offsets[row];
    this.reserve(row, end - start);
    const data = this.data;
    if (end - start > 64) {
      data.set(bytes.subarray(start, end), to);
      to += end - start;
    } else for (let i = start; i < end; i++) data[to++] = bytes[i];
    this.offsets[row + 1] = to;
  }

  /** Room for `length` bytes of `row`. */
  reserve(row: number, length: number): void {
    const needed = this.offsets[row] + length;
    if (needed <= this.data.length) return;
    const grown = new Uint8Array(Math.max(this.data.length * 2, needed));
    grown.set(this.data.subarray(0, this.offsets[row]));
    this.data = grown;
  }

  bytesBefore(row: number): number {
    return this.offsets[row];
  }

  protected values(rowCount: number): Column {
    return { kind: "var", offsets: this.offsets.subarray(0, rowCount + 1), data: this.data, validity: undefined };
  }
}

/** A builder for batches of up to `rowCapacity` rows. @param memory of values of equal width */
export function createBuilder(
  field: FieldSchema,
  rowCapacity: number,
  memory?: ColumnMemory,
): FixedBuilder | VarBuilder {
  if (fixedWidth(field) === 0) return new VarBuilder(field, rowCapacity);
  const builder = new FixedBuilder(field, memory);
  builder.begin(rowCapacity);
  return builder;
}
