import { type FieldSchema, fixedWidth } from "@sluice/schema";
import type { Column } from "./column.ts";
import { defaultCell } from "./complete-batch.ts";

/** Smallest buffer of a column of texts. */
const MIN_VAR_BYTES = 64 * 1024;

/**
 * One column of the batch under construction. A row's value is written at `row`, which may be written again before the row
 * is finished (the last of two equal keys counts). Memory is used again by the next batch.
 */
export abstract class ColumnBuilder {
  readonly field: FieldSchema;
  readonly #default: Uint8Array | undefined;
  #validity: Uint8Array | undefined;
  readonly #rowCapacity: number;

  constructor(field: FieldSchema, rowCapacity: number) {
    this.field = field;
    this.#rowCapacity = rowCapacity;
    this.#default = defaultCell(field);
  }

  /** Whether a missing or null value can be filled. */
  get canFill(): boolean {
    return this.#default !== undefined || this.field.nullable || this.field.isDynamic;
  }

  /** The default, else null; `$meta` becomes an empty object. */
  fill(row: number): void {
    const cell = this.#default ?? (this.field.isDynamic ? EMPTY_OBJECT : undefined);
    this.put(row, cell);
    if (cell === undefined) this.#setNull(row);
    else this.setValid(row);
  }

  #setNull(row: number): void {
    this.#validity ??= new Uint8Array(this.#rowCapacity).fill(1);
    this.#validity[row] = 0;
  }

  setValid(row: number): void {
    if (this.#validity) this.#validity[row] = 1;
  }

  /** One value in column encoding; undefined: the bytes of a null. */
  abstract put(row: number, cell: Uint8Array | undefined): void;
  /** Bytes of the rows before `row`. */
  abstract bytesBefore(row: number): number;
  protected abstract values(rowCount: number): Column;

  /** The first `rowCount` rows; the memory stays the builder's. */
  take(rowCount: number): Column {
    const validity = this.#validity?.subarray(0, rowCount);
    return { ...this.values(rowCount), validity: validity?.includes(0) ? validity : undefined };
  }

  /** Forgets all rows. */
  reset(): void {
    this.#validity?.fill(1);
  }
}

const EMPTY_OBJECT = new Uint8Array([0x7b, 0x7d]);

/** Values of equal width, in memory for all rows of a batch. */
export class FixedBuilder extends ColumnBuilder {
  readonly width: number;
  readonly data: Uint8Array;
  readonly view: DataView;
  readonly int32: Int32Array;
  readonly float32: Float32Array;

  constructor(field: FieldSchema, rowCapacity: number) {
    super(field, rowCapacity);
    this.width = fixedWidth(field);
    const buffer = new ArrayBuffer(Math.ceil((rowCapacity * this.width) / 8) * 8);
    this.data = new Uint8Array(buffer);
    this.view = new DataView(buffer);
    this.int32 = new Int32Array(buffer);
    this.float32 = new Float32Array(buffer);
  }

  put(row: number, cell: Uint8Array | undefined): void {
    const at = row * this.width;
    if (cell) this.data.set(cell, at);
    else this.data.fill(0, at, at + this.width);
  }

  bytesBefore(row: number): number {
    return row * this.width;
  }

  protected values(rowCount: number): Column {
    return {
      kind: "fixed",
      width: this.width,
      data: this.data.subarray(0, rowCount * this.width),
      validity: undefined,
    };
  }
}

/** Values of any length, one after the other. */
export class VarBuilder extends ColumnBuilder {
  readonly offsets: Uint32Array;
  data = new Uint8Array(MIN_VAR_BYTES);

  constructor(field: FieldSchema, rowCapacity: number) {
    super(field, rowCapacity);
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

export function createBuilder(field: FieldSchema, rowCapacity: number): FixedBuilder | VarBuilder {
  return fixedWidth(field) > 0 ? new FixedBuilder(field, rowCapacity) : new VarBuilder(field, rowCapacity);
}
