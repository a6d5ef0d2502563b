import type { Column } from "@sluice/columns";
import { type FieldSchema, fixedWidth } from "@sluice/schema";

/** Values of a column that grows at its end: all in memory, no object a row. */
interface GrowingColumn {
  /** Memory that it holds. */
  readonly bytes: number;
  append(column: Column, row: number): void;
  /** The values of `rows`; where one is -1, `standIn`: bytes of a value, or null. */
  gather(rows: Int32Array, standIn: Uint8Array | null): Column;
  clear(): void;
}

/** Rows of some columns, put one behind the other, from which any can be taken. */
export class RowStore {
  readonly #columns: readonly GrowingColumn[];
  #rowCount = 0;

  constructor(fields: readonly FieldSchema[]) {
    this.#columns = fields.map((field) => growingColumn(fixedWidth(field)));
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  get bytes(): number {
    return this.#columns.reduce((sum, column) => sum + column.bytes, 0);
  }

  /** One row of a batch; its number here. @param columns parallel to the fields */
  append(columns: readonly Column[], row: number): number {
    for (let i = 0; i < this.#columns.length; i++) this.#columns[i].append(columns[i], row);
    return this.#rowCount++;
  }

  /**
   * Rows as columns, in memory of their own.
   * @param rows numbers here, or -1 for a row that has none
   * @param standIns what such a row gets, by field
   */
  gather(rows: Int32Array, standIns: readonly (Uint8Array | null)[]): Column[] {
    return this.#columns.map((column, i) => column.gather(rows, standIns[i] ?? null));
  }

  /** All rows. */
  all(): Column[] {
    return this.gather(
      Int32Array.from({ length: this.#rowCount }, (_, row) => row),
      this.#columns.map(() => null),
    );
  }

  clear(): void {
    for (const column of this.#columns) column.clear();
    this.#rowCount = 0;
  }
}

function growingColumn(width: number): GrowingColumn {
  return width > 0 ? new GrowingFixed(width) : new GrowingVar();
}

/** One byte a row; only as long as a null was among the rows it is looked at. */
class Nulls {
  #validity = new Uint8Array(0);
  #hasNulls = false;

  get bytes(): number {
    return this.#validity.length;
  }

  set(row: number, isValue: boolean): void {
    if (row >= this.#validity.length) this.#validity = grown(this.#validity, row + 1);
    this.#validity[row] = isValue ? 1 : 0;
    if (!isValue) this.#hasNulls = true;
  }

  isNull(row: number): boolean {
    return this.#hasNulls && this.#validity[row] === 0;
  }

  clear(): void {
    this.#hasNulls = false;
  }
}

class GrowingFixed implements GrowingColumn {
  readonly #width: number;
  readonly #nulls = new Nulls();
  #data = new Uint8Array(0);
  #rows = 0;

  constructor(width: number) {
    this.#width = width;
  }

  get bytes(): number {
    return this.#data.length + this.#nulls.bytes;
  }

  append({ data, validity }: Column, row: number): void {
    const width = this.#width;
    const at = this.#rows * width;
    if (at + width > this.#data.length) this.#data = grown(this.#data, at + width);
    copyBytes(data, row * width, this.#data, at, width);
    this.#nulls.set(this.#rows++, validity?.[row] !== 0);
  }

  gather(rows: Int32Array, standIn: Uint8Array | null): Column {
    const width = this.#width;
    const data = new Uint8Array(rows.length * width);
    const validity = new Uint8Array(rows.length);
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      if (row < 0 ? standIn === null : this.#nulls.isNull(row)) continue;
      if (row >= 0) copyBytes(this.#data, row * width, data, i * width, width);
      else if (standIn) copyBytes(standIn, 0, data, i * width, width);
      validity[i] = 1;
    }
    return { kind: "fixed", width, data, validity: shown(validity) };
  }

  clear(): void {
    this.#rows = 0;
    this.#nulls.clear();
  }
}

class GrowingVar implements GrowingColumn {
  readonly #nulls = new Nulls();
  #data = new Uint8Array(0);
  /** Ends of the values. Beyond 4 GiB, which 32 bits do not hold. */
  #ends = new Float64Array(0);
  #rows = 0;

  get bytes(): number {
    return this.#data.length + this.#ends.byteLength + this.#nulls.bytes;
  }

  append(column: Column, row: number): void {
    if (column.kind !== "var") throw new TypeError("values of one width where they vary");
    const [from, to] = [column.offsets[row], column.offsets[row + 1]];
    const at = this.#end(this.#rows - 1);
    if (at + to - from > this.#data.length) this.#data = grown(this.#data, at + to - from);
    copyBytes(column.data, from, this.#data, at, to - from);
    if (this.#rows >= this.#ends.length) this.#ends = grownEnds(this.#ends);
    this.#ends[this.#rows] = at + to - from;
    this.#nulls.set(this.#rows++, column.validity?.[row] !== 0);
  }

  gather(rows: Int32Array, standIn: Uint8Array | null): Column {
    const offsets = new Uint32Array(rows.length + 1);
    const validity = new Uint8Array(rows.length);
    let bytes = 0;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      bytes += row < 0 ? (standIn?.length ?? 0) : this.#end(row) - this.#end(row - 1);
      offsets[i + 1] = bytes;
      validity[i] = (row < 0 ? standIn === null : this.#nulls.isNull(row)) ? 0 : 1;
    }
    const data = new Uint8Array(bytes);
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      const source = row < 0 ? standIn : this.#data;
      if (source) copyBytes(source, row < 0 ? 0 : this.#end(row - 1), data, offsets[i], offsets[i + 1] - offsets[i]);
    }
    return { kind: "var", offsets, data, validity: shown(validity) };
  }

  clear(): void {
    this.#rows = 0;
    this.#nulls.clear();
  }

  #end(row: number): number {
    return row < 0 ? 0 : this.#ends[row];
  }
}

function shown(validity: Uint8Array): Uint8Array | undefined {
  return validity.includes(0) ? validity : undefined;
}

/** A loop beats the call for the short values that most are. */
function copyBytes(from: Uint8Array, at: number, to: Uint8Array, toAt: number, length: number): void {
  if (length > 32) to.set(from.subarray(at, at + length), toAt);
  else for (let i = 0; i < length; i++) to[toAt + i] = from[at + i];
}

const FIRST_BYTES = 256;
const FIRST_ENDS = 32;

function grown(bytes: Uint8Array<ArrayBuffer>, needed: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(FIRST_BYTES, needed, 2 * bytes.length));
  larger.set(bytes);
  return larger;
}

function grownEnds(ends: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(Math.max(FIRST_ENDS, 2 * ends.length));
  larger.set(ends);
  return larger;
}
