import type { Column } from "@sluice/columns";
import { type FieldSchema, fixedWidth } from "@sluice/schema";

/** Values of a column that grows at its end: all in memory, no object a row. */
interface GrowingColumn {
  /** Memory that it holds. */
  readonly bytes: number;
  append(column: Column, row: number): void;
  /** The first `count` rows of a column at once. */
  appendAll(column: Column, count: number): void;
  /** Makes room for so many rows, whose number is known or guessed. */
  reserve(rows: number): void;
  /** The values of `rows`; where one is -1, `standIn`: bytes of a value, or null. Stays valid until it is called again. */
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

  /** The first `count` rows of a batch. */
  appendAll(columns: readonly Column[], count: number): void {
    for (let i = 0; i < this.#columns.length; i++) this.#columns[i].appendAll(columns[i], count);
    this.#rowCount += count;
  }

  /** Makes room for so many rows, as a header announces them; what varies in length grows all the same. */
  reserve(rows: number): void {
    for (const column of this.#columns) column.reserve(rows);
  }

  /**
   * Rows as columns, which stay valid until the next call.
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
    if (row >= this.#validity.length) this.reserve(Math.max(row + 1, 2 * this.#validity.length));
    this.#validity[row] = isValue ? 1 : 0;
    if (!isValue) this.#hasNulls = true;
  }

  /** Rows from `row` on. @param validity of `count` rows; absent: all are values */
  setAll(row: number, validity: Uint8Array | undefined, count: number): void {
    if (row + count > this.#validity.length) this.reserve(Math.max(row + count, 2 * this.#validity.length));
    if (validity) this.#validity.set(validity.subarray(0, count), row);
    else this.#validity.fill(1, row, row + count);
    if (validity?.subarray(0, count).includes(0)) this.#hasNulls = true;
  }

  reserve(rows: number): void {
    this.#validity = grown(this.#validity, rows);
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
  readonly #gathered = new Scratch();
  readonly #validity = new Scratch();
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
    if (at + width > this.#data.length) this.#data = grown(this.#data, Math.max(at + width, 2 * this.#data.length));
    copyBytes(data, row * width, this.#data, at, width);
    this.#nulls.set(this.#rows++, validity?.[row] !== 0);
  }

  appendAll({ data, validity }: Column, count: number): void {
    const at = this.#rows * this.#width;
    const end = at + count * this.#width;
    if (end > this.#data.length) this.#data = grown(this.#data, Math.max(end, 2 * this.#data.length));
    this.#data.set(data.subarray(0, end - at), at);
    this.#nulls.setAll(this.#rows, validity, count);
    this.#rows += count;
  }

  reserve(rows: number): void {
    this.#data = grown(this.#data, rows * this.#width);
    this.#nulls.reserve(rows);
  }

  gather(rows: Int32Array, standIn: Uint8Array | null): Column {
    const width = this.#width;
    const data = this.#gathered.take(rows.length * width);
    const validity = this.#validity.take(rows.length);
    const first = firstOfRun(rows);
    if (first >= 0) data.set(this.#data.subarray(first * width, (first + rows.length) * width));
    else if (width === 8) gatherLongs(this.#data, data, rows);
    else
      for (let i = 0; i < rows.length; i++) copyBytes(this.#data, Math.max(0, rows[i]) * width, data, i * width, width);
    let hasNulls = false;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      const isNull = row < 0 ? standIn === null : this.#nulls.isNull(row);
      validity[i] = isNull ? 0 : 1;
      hasNulls ||= isNull;
      if (isNull) data.fill(0, i * width, (i + 1) * width);
      else if (row < 0 && standIn) data.set(standIn, i * width);
    }
    return { kind: "fixed", width, data, validity: hasNulls ? validity : undefined };
  }

  clear(): void {
    this.#rows = 0;
    this.#nulls.clear();
  }
}

/** The first of rows that stand one behind the other, as where both sides have one order; -1 where they do not. */
function firstOfRun(rows: Int32Array): number {
  if (rows.length === 0 || rows[0] < 0) return -1;
  for (let i = 1; i < rows.length; i++) if (rows[i] !== rows[0] + i) return -1;
  return rows[0];
}

/** Two words a value: eight calls a value would take four times as long. Rows that are -1 get those of row 0. */
function gatherLongs(from: Uint8Array, to: Uint8Array, rows: Int32Array): void {
  const source = new Int32Array(from.buffer, 0, from.length >>> 2);
  const target = new Int32Array(to.buffer, 0, 2 * rows.length);
  for (let i = 0; i < rows.length; i++) {
    const row = Math.max(0, rows[i]);
    target[2 * i] = source[2 * row];
    target[2 * i + 1] = source[2 * row + 1];
  }
}

/** Memory that is used again by each batch. */
class Scratch {
  #bytes = new Uint8Array(0);

  /** What it holds is anything. */
  take(length: number): Uint8Array<ArrayBuffer> {
    if (this.#bytes.length < length) this.#bytes = new Uint8Array(2 * length);
    return this.#bytes.subarray(0, length);
  }
}

class GrowingVar implements GrowingColumn {
  readonly #nulls = new Nulls();
  readonly #gathered = new Scratch();
  readonly #validity = new Scratch();
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
    const end = at + to - from;
    if (end > this.#data.length) this.#data = grown(this.#data, Math.max(end, 2 * this.#data.length));
    copyBytes(column.data, from, this.#data, at, to - from);
    if (this.#rows >= this.#ends.length) this.#ends = grownEnds(this.#ends, 2 * this.#ends.length);
    this.#ends[this.#rows] = end;
    this.#nulls.set(this.#rows++, column.validity?.[row] !== 0);
  }

  appendAll(column: Column, count: number): void {
    if (column.kind !== "var") throw new TypeError("values of one width where they vary");
    const { offsets, data, validity } = column;
    const at = this.#end(this.#rows - 1);
    const end = at + offsets[count] - offsets[0];
    if (end > this.#data.length) this.#data = grown(this.#data, Math.max(end, 2 * this.#data.length));
    this.#data.set(data.subarray(offsets[0], offsets[count]), at);
    const rows = this.#rows + count;
    if (rows > this.#ends.length) this.#ends = grownEnds(this.#ends, Math.max(rows, 2 * this.#ends.length));
    for (let i = 0; i < count; i++) this.#ends[this.#rows + i] = at + offsets[i + 1] - offsets[0];
    this.#nulls.setAll(this.#rows, validity, count);
    this.#rows = rows;
  }

  reserve(rows: number): void {
    this.#ends = grownEnds(this.#ends, rows);
    this.#nulls.reserve(rows);
  }

  gather(rows: Int32Array, standIn: Uint8Array | null): Column {
    const offsets = new Uint32Array(rows.length + 1);
    const validity = this.#validity.take(rows.length);
    let [bytes, hasNulls] = [0, false];
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      const isNull = row < 0 ? standIn === null : this.#nulls.isNull(row);
      bytes += row < 0 ? (standIn?.length ?? 0) : this.#end(row) - this.#end(row - 1);
      offsets[i + 1] = bytes;
      validity[i] = isNull ? 0 : 1;
      hasNulls ||= isNull;
    }
    const data = this.#gathered.take(bytes);
    const first = firstOfRun(rows);
    if (first >= 0) data.set(this.#data.subarray(this.#end(first - 1), this.#end(first + rows.length - 1)));
    else this.#copyValues(rows, standIn, offsets, data);
    return { kind: "var", offsets, data, validity: hasNulls ? validity : undefined };
  }

  #copyValues(rows: Int32Array, standIn: Uint8Array | null, offsets: Uint32Array, data: Uint8Array): void {
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      const source = row < 0 ? standIn : this.#data;
      if (source) copyBytes(source, row < 0 ? 0 : this.#end(row - 1), data, offsets[i], offsets[i + 1] - offsets[i]);
    }
  }

  clear(): void {
    this.#rows = 0;
    this.#nulls.clear();
  }

  #end(row: number): number {
    return row < 0 ? 0 : this.#ends[row];
  }
}

/** A loop beats the call for the short values that most are. */
function copyBytes(from: Uint8Array, at: number, to: Uint8Array, toAt: number, length: number): void {
  if (length > 32) to.set(from.subarray(at, at + length), toAt);
  else for (let i = 0; i < length; i++) to[toAt + i] = from[at + i];
}

const FIRST_BYTES = 256;
const FIRST_ENDS = 32;

/** The same bytes with room for `length`. */
function grown(bytes: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  if (length <= bytes.length) return bytes;
  const larger = new Uint8Array(Math.max(FIRST_BYTES, length));
  larger.set(bytes);
  return larger;
}

function grownEnds(ends: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> {
  if (length <= ends.length && ends.length > 0) return ends;
  const larger = new Float64Array(Math.max(FIRST_ENDS, length));
  larger.set(ends);
  return larger;
}
