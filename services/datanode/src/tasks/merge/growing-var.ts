import { giveMemory, takeMemory } from "@sluice/async";
import type { Column } from "@sluice/columns";
import { copyBytes, firstOfRun, type GrowingColumn, grown, Nulls, Scratch } from "./growing-memory.ts";

const FIRST_ENDS = 32;

/** Values of any length, one behind the other. */
export class GrowingVar implements GrowingColumn {
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

  release(): void {
    giveMemory(this.#data);
    giveMemory(bytesOf(this.#ends));
    [this.#data, this.#ends] = [new Uint8Array(0), new Float64Array(0)];
    for (const one of [this.#nulls, this.#gathered, this.#validity]) one.release();
  }

  #end(row: number): number {
    return row < 0 ? 0 : this.#ends[row];
  }
}

function grownEnds(ends: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> {
  if (length <= ends.length && ends.length > 0) return ends;
  const bytes = takeMemory(8 * Math.max(FIRST_ENDS, length));
  const larger = new Float64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8);
  larger.set(ends);
  giveMemory(bytesOf(ends));
  return larger;
}

function bytesOf({ buffer, byteOffset, byteLength }: Float64Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
