import type { Column } from "@sluice/columns";
import { BytesSink, type ColumnType, type PageDecoder, TooLarge } from "@sluice/parquet";
import { DataType, isDenseVector, vectorBytes } from "@sluice/schema";
import { malformed } from "../malformed.ts";
import { parquetType, physicalWidth } from "./parquet-type.ts";
import { Scratch } from "./scratch.ts";

/** Memory that is reserved on the word of a footer; more is allocated when it has really been read. */
const trustedBytes = 64 << 20;
/** Of the widest numbers that views are made of. */
const ALIGNED_BYTES = 8;
/** Offsets are uint32. */
const maxVarBytes = 2 ** 32 - 1;

/** Where a sink puts values of equal width. */
export interface SinkMemory {
  /** Memory of so many bytes, zero. */
  readonly take: (length: number) => Uint8Array;
  /** Whether the files' memory may be the column's: one whose rows lie in it side by side is not copied then. */
  readonly keepsFiles: boolean;
}

const ownMemory: SinkMemory = { take: (length) => new Uint8Array(length), keepsFiles: false };

/** Takes the values of one field, page after page and file after file, into one growing column. */
export class ColumnSink {
  readonly dataType: DataType;
  /** Parquet type that pages must have. */
  readonly type: ColumnType;
  /** Bytes of one value in the column, 0 when they vary. */
  readonly #width: number;
  readonly #maxBytes: number;
  readonly #texts: BytesSink;
  readonly #wide = new Scratch();
  readonly #memory: SinkMemory;
  readonly #expectedRows: number;
  #rows = 0;
  #capacity = 0;
  #data: Uint8Array = new Uint8Array(0);
  #validity: Uint8Array<ArrayBuffer> | undefined;

  private constructor(dataType: DataType, dim: number, rows: number, maxBytes: number, memory = ownMemory) {
    this.dataType = dataType;
    this.type = parquetType(dataType, dim);
    this.#width = columnWidth(dataType, physicalWidth(this.type));
    this.#maxBytes = maxBytes;
    this.#memory = memory;
    this.#expectedRows = rows;
    this.#texts = new BytesSink(Math.min(maxBytes, maxVarBytes));
    if (!memory.keepsFiles) this.#reserve(rows);
  }

  /**
   * For a field whose dimension is known.
   * @param rows that are expected; they are allocated at once, or when it is known that they have to be copied
   */
  static forField(
    field: { readonly dataType: DataType; readonly dim: number },
    rows: number,
    memory?: SinkMemory,
  ): ColumnSink {
    return new ColumnSink(field.dataType, field.dim, rows, Number.POSITIVE_INFINITY, memory);
  }

  /**
   * For a file alone: the dimension of a dense vector is what its column says.
   * @param rows as the file claims @param maxBytes that its column may take in memory
   */
  static forType(dataType: DataType, typeLength: number, rows: number, maxBytes: number): ColumnSink {
    const trusted = Math.min(rows, Math.ceil(trustedBytes / Math.max(8, typeLength)));
    if (!isDenseVector(dataType)) return new ColumnSink(dataType, 0, trusted, maxBytes);
    const bytesPer8 = vectorBytes(dataType, 8);
    if (typeLength < 1 || (typeLength * 8) % bytesPer8 !== 0) throw malformed(`vectors of ${typeLength} bytes`);
    return new ColumnSink(dataType, (typeLength * 8) / bytesPer8, trusted, maxBytes);
  }

  /** Rows so far, nulls among them. */
  get rowCount(): number {
    return this.#rows;
  }

  /** Takes all rows of a page. @throws {Damage} */
  append(page: PageDecoder): void {
    const rows = page.left;
    const end = this.#rows + rows;
    if (this.#memory.keepsFiles && this.#keepPage(page)) return;
    this.#reserve(Math.max(end, this.#expectedRows));
    while (this.#rows < end) {
      const count = page.definitions?.takeEqual(1, end - this.#rows) ?? rows;
      if (count > 0) this.#takeValues(page, count);
      if (this.#rows < end) this.#takeNulls(page, end - this.#rows);
    }
    page.used(rows);
  }

  /** Makes the rows of a page the column where they lie, if they are all of it, none null, and aligned. */
  #keepPage(page: PageDecoder): boolean {
    const rows = page.left;
    if (this.#width === 0 || this.#width !== physicalWidth(this.type)) return false;
    if (this.#rows > 0 || rows !== this.#expectedRows || page.definitions) return false;
    const values = page.viewFixed(rows, ALIGNED_BYTES);
    if (!values) return false;
    this.#data = values;
    this.#rows = this.#capacity = rows;
    page.used(rows);
    return true;
  }

  /** The column; the sink takes nothing after this. */
  finish(): { column: Column; rowCount: number } {
    const rowCount = this.#rows;
    const validity = this.#validity?.subarray(0, rowCount);
    if (this.#width > 0) {
      const data = this.#data.subarray(0, rowCount * this.#width);
      return { column: { kind: "fixed", width: this.#width, data, validity }, rowCount };
    }
    const { offsets, data, length } = this.#texts;
    const column = { kind: "var", offsets: offsets.subarray(0, rowCount + 1), data: data.subarray(0, length) } as const;
    return { column: { ...column, validity }, rowCount };
  }

  #takeValues(page: PageDecoder, count: number): void {
    if (this.#width === 0) page.readBytes(count, this.#texts);
    else if (this.type.physical === "INT32" && this.#width < 4) this.#takeNarrow(page, count);
    else page.readFixed(count, this.#data, this.#rows * this.#width);
    this.#validity?.fill(1, this.#rows, this.#rows + count);
    this.#rows += count;
  }

  /** Int8 and Int16, which Parquet has as INT32. */
  #takeNarrow(page: PageDecoder, count: number): void {
    const bytes = this.#wide.take(4 * count);
    page.readFixed(count, bytes, 0);
    const wide = new Int32Array(bytes.buffer, bytes.byteOffset, count);
    const { buffer, byteOffset } = this.#data;
    const narrow = this.#width === 1 ? new Int8Array(buffer, byteOffset) : new Int16Array(buffer, byteOffset);
    for (let i = 0; i < count; i++) {
      narrow[this.#rows + i] = wide[i];
      if (narrow[this.#rows + i] !== wide[i])
        throw malformed(`${wide[i]} is out of range for an Int${8 * this.#width} field`);
    }
  }

  /** The nulls that come next: a level of a flat column is 0 or 1, so there is one at least. */
  #takeNulls(page: PageDecoder, limit: number): void {
    const count = page.definitions?.takeEqual(0, limit) ?? 0;
    this.#validity ??= new Uint8Array(this.#capacity).fill(1, 0, this.#rows);
    if (this.#width === 0) for (let i = 0; i < count; i++) this.#texts.open(0);
    this.#rows += count;
  }

  /** A null's bytes must be zero, so memory that grows is fresh. */
  #reserve(rows: number): void {
    if (rows <= this.#capacity) return;
    if (rows * Math.max(this.#width, 4) > this.#maxBytes)
      throw new TooLarge(`a column of ${rows} rows`, this.#maxBytes);
    const capacity = this.#capacity === 0 ? rows : Math.max(rows, 2 * this.#capacity);
    if (this.#width > 0) this.#data = grown(this.#data, this.#memory.take(capacity * this.#width));
    else this.#texts.reserveValues(capacity);
    if (this.#validity) this.#validity = grown(this.#validity, new Uint8Array(capacity));
    this.#capacity = capacity;
  }
}

function columnWidth(dataType: DataType, physical: number): number {
  if (dataType === DataType.Bool || dataType === DataType.Int8) return 1;
  return dataType === DataType.Int16 ? 2 : physical;
}

function grown<B extends ArrayBufferLike>(bytes: Uint8Array, larger: Uint8Array<B>): Uint8Array<B> {
  larger.set(bytes);
  return larger;
}
