import { type Column, DataType, isDenseVector, vectorBytes } from "@sluice/schema";
import { malformed, unsupported } from "../malformed.ts";
import type { FixedValues, PageValues, SliceValues } from "./page-values.ts";
import { PhysicalType } from "./parquet-format.ts";
import { parquetType, physicalWidth } from "./parquet-type.ts";

/** Memory that is reserved on the word of a footer; more is allocated when it has really been read. */
const trustedBytes = 64 << 20;
const maxVarBytes = 2 ** 32 - 1;

/** Takes the values of one field, page after page and file after file, into one growing column. */
export class ColumnSink {
  readonly dataType: DataType;
  /** Parquet type that pages must have. */
  readonly physical: number;
  /** Bytes of a FIXED_LEN_BYTE_ARRAY, otherwise 0. */
  readonly typeLength: number;
  /** Bytes of one value in the column, 0 when they vary. */
  readonly #width: number;
  #rows = 0;
  #capacity = 0;
  #data: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #dataLength = 0;
  #offsets = new Uint32Array(1);
  #validity: Uint8Array<ArrayBuffer> | undefined;

  private constructor(dataType: DataType, dim: number, rows: number) {
    const type = parquetType(dataType, dim);
    this.dataType = dataType;
    this.physical = type.physical;
    this.typeLength = type.typeLength;
    this.#width = columnWidth(dataType, physicalWidth(type));
    this.#reserve(rows);
  }

  /** For a field whose dimension is known. @param rows that are expected; they are allocated at once */
  static forField(field: { readonly dataType: DataType; readonly dim: number }, rows: number): ColumnSink {
    return new ColumnSink(field.dataType, field.dim, rows);
  }

  /** For a file alone: the dimension of a dense vector is what its column says. */
  static forType(dataType: DataType, typeLength: number, rows: number): ColumnSink {
    const trusted = Math.min(rows, Math.ceil(trustedBytes / Math.max(8, typeLength)));
    if (!isDenseVector(dataType)) return new ColumnSink(dataType, 0, trusted);
    const bytesPer8 = vectorBytes(dataType, 8);
    if (typeLength < 1 || (typeLength * 8) % bytesPer8 !== 0) throw malformed(`vectors of ${typeLength} bytes`);
    return new ColumnSink(dataType, (typeLength * 8) / bytesPer8, trusted);
  }

  get rowCount(): number {
    return this.#rows;
  }

  /** @param validity one byte a row, undefined when no row is null; `values` holds the others */
  append(values: PageValues, rows: number, validity: Uint8Array | undefined): void {
    this.#reserve(this.#rows + rows);
    if (validity) this.#appendValidity(validity, rows);
    else this.#validity?.fill(1, this.#rows, this.#rows + rows);
    if (values.kind === "slices") this.#appendSlices(values, rows, validity);
    else if (this.physical === PhysicalType.Int32 && this.#width < 4) this.#appendNarrow(values, rows, validity);
    else this.#appendFixed(values, rows, validity);
    this.#rows += rows;
  }

  /** The column; the sink takes nothing after this. */
  finish(): { column: Column; rowCount: number } {
    const rowCount = this.#rows;
    const validity = this.#validity?.subarray(0, rowCount);
    if (this.#width > 0) {
      const data = this.#data.subarray(0, rowCount * this.#width);
      return { column: { kind: "fixed", width: this.#width, data, validity }, rowCount };
    }
    const data = this.#data.subarray(0, this.#dataLength);
    return { column: { kind: "var", offsets: this.#offsets.subarray(0, rowCount + 1), data, validity }, rowCount };
  }

  #appendFixed({ bytes, width }: FixedValues, rows: number, validity: Uint8Array | undefined): void {
    const start = this.#rows * width;
    let from = 0;
    if (!validity) {
      this.#data.set(bytes, start);
      return;
    }
    for (let row = 0; row < rows; ) {
      const first = row;
      while (row < rows && validity[row] !== 0) row++;
      const length = (row - first) * width;
      this.#data.set(bytes.subarray(from, from + length), start + first * width);
      from += length;
      while (row < rows && validity[row] === 0) row++;
    }
  }

  /** Int8 and Int16, which Parquet has as INT32. */
  #appendNarrow({ bytes, count }: FixedValues, rows: number, validity: Uint8Array | undefined): void {
    const wide = new DataView(bytes.buffer, bytes.byteOffset, count * 4);
    const narrow = this.#width === 1 ? new Int8Array(this.#data.buffer) : new Int16Array(this.#data.buffer);
    let from = 0;
    for (let row = 0; row < rows; row++) {
      if (validity?.[row] === 0) continue;
      const value = wide.getInt32(4 * from++, true);
      narrow[this.#rows + row] = value;
      if (narrow[this.#rows + row] !== value)
        throw malformed(`${value} is out of range for an Int${8 * this.#width} field`);
    }
  }

  #appendSlices(values: SliceValues, rows: number, validity: Uint8Array | undefined): void {
    const { source, starts, ends } = values;
    let added = 0;
    for (let i = 0; i < values.count; i++) added += ends[i] - starts[i];
    this.#reserveBytes(this.#dataLength + added);
    const target = this.#data;
    const offsets = this.#offsets;
    let at = this.#dataLength;
    let value = 0;
    for (let row = 0; row < rows; row++) {
      if (validity?.[row] !== 0) {
        const start = starts[value];
        const length = ends[value++] - start;
        if (length > 48) target.set(source.subarray(start, start + length), at);
        else for (let i = 0; i < length; i++) target[at + i] = source[start + i];
        at += length;
      }
      offsets[this.#rows + row + 1] = at;
    }
    this.#dataLength = at;
  }

  #appendValidity(validity: Uint8Array, rows: number): void {
    this.#validity ??= new Uint8Array(this.#capacity).fill(1, 0, this.#rows);
    this.#validity.set(validity.subarray(0, rows), this.#rows);
  }

  /** A null's bytes must be zero, so memory that grows is fresh. */
  #reserve(rows: number): void {
    if (rows <= this.#capacity) return;
    const capacity = this.#capacity === 0 ? rows : Math.max(rows, 2 * this.#capacity);
    if (this.#width > 0) this.#data = grown(this.#data, capacity * this.#width);
    else {
      const offsets = new Uint32Array(capacity + 1);
      offsets.set(this.#offsets.subarray(0, this.#rows + 1));
      this.#offsets = offsets;
    }
    if (this.#validity) this.#validity = grown(this.#validity, capacity);
    this.#capacity = capacity;
  }

  #reserveBytes(length: number): void {
    if (length > maxVarBytes) throw unsupported(`a column of ${length} bytes is too large, expected at most 4 GiB`);
    if (length <= this.#data.length) return;
    this.#data = grown(this.#data, Math.min(maxVarBytes, Math.max(length, 2 * this.#data.length)));
  }
}

function columnWidth(dataType: DataType, physical: number): number {
  if (dataType === DataType.Bool || dataType === DataType.Int8) return 1;
  return dataType === DataType.Int16 ? 2 : physical;
}

function grown(bytes: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(length);
  larger.set(bytes);
  return larger;
}
