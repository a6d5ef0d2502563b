import type { KeptRows } from "./file-keys.ts";
import { NO_ROW } from "./ranged-matches.ts";

const FIRST_BYTES = 1024;

/** Which rows of the files count, as the first reading has found: a bit a row, and none while all of them do. */
export class RowsThatCount {
  #bits: Uint8Array | undefined;
  #rowCount = 0;
  /** Of the second reading: rows that were asked for, and how many of them count. */
  #asked = 0;
  #number = 0;

  /** Memory that it takes. */
  get bytes(): number {
    return this.#bits?.length ?? 0;
  }

  /** The next rows of the first reading. @param rowCount of the batch */
  add({ count, rows }: KeptRows, rowCount: number): void {
    const first = this.#rowCount;
    this.#rowCount += rowCount;
    if (rows === undefined && !this.#bits) return;
    this.#bits = withRoom(this.#bits ?? allSet(first), this.#rowCount);
    for (let i = 0; i < count; i++) {
      const row = first + (rows ? rows[i] : i);
      this.#bits[row >>> 3] |= 1 << (row & 7);
    }
  }

  /** The second reading goes on with this row, before which so many count. */
  seek(row: number, number: number): void {
    this.#asked = row;
    this.#number = number;
  }

  /** Of the next rows of the second reading: the number of each among those that count, or `NO_ROW`. */
  numbers(rowCount: number): Uint32Array<ArrayBuffer> {
    const numbers = new Uint32Array(rowCount);
    const bits = this.#bits;
    let [row, number] = [this.#asked, this.#number];
    if (!bits) for (let i = 0; i < rowCount; i++) numbers[i] = number++;
    else
      for (let i = 0; i < rowCount; i++, row++)
        numbers[i] = (bits[row >>> 3] & (1 << (row & 7))) !== 0 ? number++ : NO_ROW;
    this.#asked += rowCount;
    this.#number = number;
    return numbers;
  }
}

function allSet(rows: number): Uint8Array {
  const bits = new Uint8Array(Math.ceil(rows / 8)).fill(0xff);
  if (rows % 8 > 0) bits[bits.length - 1] = (1 << (rows % 8)) - 1;
  return bits;
}

function withRoom(bits: Uint8Array, rows: number): Uint8Array {
  if (8 * bits.length >= rows) return bits;
  const larger = new Uint8Array(Math.max(FIRST_BYTES, 2 * bits.length, Math.ceil(rows / 8)));
  larger.set(bits);
  return larger;
}
