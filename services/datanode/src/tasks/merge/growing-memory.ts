import { giveMemory, isPooled, releaseMemory, takeMemory } from "@sluice/async";
import type { Column } from "@sluice/columns";

/** Values of a column that grows at its end: all in memory, no object a row. */
export interface GrowingColumn {
  /** Memory that it holds. */
  readonly bytes: number;
  /** Of the rows that are there. */
  readonly filledBytes: number;
  /** The first `count` rows of a column at once. */
  appendAll(column: Column, count: number): void;
  /** Some rows of a column, in loops of their own. */
  appendRows(column: Column, rows: Uint32Array): void;
  /** Makes room for so many rows, whose number is known or guessed. */
  reserve(rows: number): void;
  /** The values of `rows`; where one is -1, `standIn`: bytes of a value, or null. Stays valid during the next two calls. */
  gather(rows: Int32Array, standIn: Uint8Array | null): Column;
  /** All rows as they lie here: valid until one more comes. */
  all(): Column;
  /** No row is left; its memory stays. */
  clear(): void;
  /** Gives its memory back; nothing that was gathered is valid any more. */
  release(): void;
}

/** One byte a row, from when the first null comes. */
export class Nulls {
  #validity = new Uint8Array(0);
  #hasNulls = false;

  /** Memory that it holds. */
  get bytes(): number {
    return this.#validity.length;
  }

  /** Rows from `row` on. @param validity of `count` rows; absent: all are values */
  setAll(row: number, validity: Uint8Array | undefined, count: number): void {
    const given = validity?.subarray(0, count);
    if (!this.#hasNulls && !given?.includes(0)) return;
    this.#begin(row, row + count);
    if (given) this.#validity.set(given, row);
    else this.#validity.fill(1, row, row + count);
  }

  /** Rows from `row` on, which are `rows` of a column with this validity. */
  setRows(row: number, validity: Uint8Array | undefined, rows: Uint32Array): void {
    if (!this.#hasNulls && (!validity || rows.every((one) => validity[one] !== 0))) return;
    this.#begin(row, row + rows.length);
    for (let i = 0; i < rows.length; i++) this.#validity[row + i] = validity?.[rows[i]] === 0 ? 0 : 1;
  }

  /** Those before `row` were values until now. */
  #begin(row: number, end: number): void {
    if (end > this.#validity.length) this.#validity = grown(this.#validity, Math.max(end, 2 * this.#validity.length));
    if (!this.#hasNulls) this.#validity.fill(1, 0, row);
    this.#hasNulls = true;
  }

  /** Whether there is none. */
  get isNone(): boolean {
    return !this.#hasNulls;
  }

  /** Of a row that was set before. */
  isNull(row: number): boolean {
    return this.#hasNulls && this.#validity[row] === 0;
  }

  /** Of the first `count` rows; undefined where all are values. */
  validity(count: number): Uint8Array | undefined {
    return this.#hasNulls ? this.#validity.subarray(0, count) : undefined;
  }

  /** All rows are values again; memory stays. */
  clear(): void {
    this.#hasNulls = false;
  }

  /** Gives its memory back; it can be used anew. */
  release(): void {
    giveHeld(this.#validity);
    this.#validity = new Uint8Array(0);
    this.#hasNulls = false;
  }
}

/** Batches whose values may be in use: one that is made, and those that are on their way into the store. */
const BATCHES = 3;

/** Memory that is used again by every third batch. */
export class Scratch {
  readonly #batches = Array.from({ length: BATCHES }, () => new Uint8Array(0));
  #next = 0;

  /** What it holds is anything. */
  take(length: number): Uint8Array<ArrayBuffer> {
    const i = this.#next;
    this.#next = (i + 1) % BATCHES;
    if (this.#batches[i].length < length) {
      giveMemory(this.#batches[i]);
      this.#batches[i] = takeMemory(2 * length);
    }
    return this.#batches[i].subarray(0, length);
  }

  /** As `take`, of `count` numbers. */
  takeWords(count: number): Uint32Array<ArrayBuffer> {
    const { buffer, byteOffset } = this.take(4 * count);
    return new Uint32Array(buffer, byteOffset, count);
  }

  /** Gives its memory back; what was taken is not valid any more. */
  release(): void {
    for (const bytes of this.#batches) giveMemory(bytes);
    this.#batches.fill(new Uint8Array(0));
  }
}

/** The first of rows that stand one behind the other, as where both sides have one order; -1 where they do not. */
export function firstOfRun(rows: Int32Array): number {
  if (rows.length === 0 || rows[0] < 0) return -1;
  for (let i = 1; i < rows.length; i++) if (rows[i] !== rows[0] + i) return -1;
  return rows[0];
}

/** Whether none of the rows is -1. */
export function areAllFound(rows: Int32Array): boolean {
  // Of signs, so that the loop has no branch.
  let signs = 0;
  for (let i = 0; i < rows.length; i++) signs |= rows[i];
  return signs >= 0;
}

/** A loop beats the call for the short values that most are. */
export function copyBytes(from: Uint8Array, at: number, to: Uint8Array, toAt: number, length: number): void {
  if (length > 32) to.set(from.subarray(at, at + length), toAt);
  else for (let i = 0; i < length; i++) to[toAt + i] = from[at + i];
}

const FIRST_BYTES = 256;

/**
 * What is larger and stays for long lies outside of the thread's arena, which readers and kernels else had no room in: pages are
 * decoded there several times as fast.
 */
const LARGE_BYTES = 4 << 20;

/** Memory that is held for the whole of a merge, with any content. @param largeBytes lies outside of the arena, if it can */
export function takeHeld(length: number, largeBytes = LARGE_BYTES): Uint8Array<ArrayBuffer> {
  return length > largeBytes ? new Uint8Array(length) : takeMemory(length);
}

/** Gives back what `takeHeld` gave, to where it came from. */
export function giveHeld(bytes: Uint8Array<ArrayBuffer>): void {
  if (bytes.length <= LARGE_BYTES || isPooled(bytes)) giveMemory(bytes);
  else releaseMemory(bytes);
}

/** The same bytes with room for `length`; behind them is anything. The memory of before is given back. */
export function grown(bytes: Uint8Array<ArrayBuffer>, length: number, largeBytes?: number): Uint8Array<ArrayBuffer> {
  if (length <= bytes.length) return bytes;
  const larger = takeHeld(Math.max(FIRST_BYTES, length), largeBytes);
  larger.set(bytes);
  giveHeld(bytes);
  return larger;
}

/** As `takeHeld`, of `count` numbers. */
export function takeWords(count: number): Uint32Array<ArrayBuffer> {
  const { buffer, byteOffset } = takeHeld(4 * count);
  return new Uint32Array(buffer, byteOffset, count);
}

/** Gives back what `takeWords` gave. */
export function giveWords({ buffer, byteOffset, byteLength }: Uint32Array<ArrayBuffer>): void {
  giveHeld(new Uint8Array(buffer, byteOffset, byteLength));
}
