import type { Turns } from "@sluice/async";
import { type Column, copyValue, isNull, type VarColumn } from "@sluice/columns";
import { BYTES, varintSize, writeVarint } from "@sluice/values";
import { type Parts, partsOf, tagOf } from "./message-parts.ts";

// Values of columns in the form that a message has them in, straight from the columns' bytes: an object for each of a million
// values would cost a second, and stop everybody meanwhile.

/** Rows that are written between two looks at the clock. */
const ROWS = 4096;
/** A 64-bit number takes at most so many bytes. */
const MAX_VARINT = 10;
/** Elements of lists are the field 1 of their message. */
const ELEMENT = tagOf(1, BYTES);

/** Which rows, in order: of which source, and which row there. */
export interface PickedRows {
  readonly count: number;
  readonly sourceOf: ArrayLike<number>;
  readonly rowOf: ArrayLike<number>;
}

/** Rows of an answer and the columns that they are rows of, by their sources. */
export interface Rows {
  readonly columns: readonly Column[];
  readonly rows: PickedRows;
  readonly turns: Turns;
}

/** Calls `write` for each slice of the rows; what it returns are the pieces. */
async function inSlices({ rows, turns }: Rows, write: (from: number, to: number) => Uint8Array): Promise<Parts> {
  const pieces: Uint8Array[] = [];
  for (let from = 0; from < rows.count; from += ROWS) {
    pieces.push(write(from, Math.min(from + ROWS, rows.count)));
    if (turns.isDue) await turns.next();
  }
  return partsOf(...pieces);
}

/** Bool, Int8, Int16, Int32 and Int64 as packed varints. */
export function packedIntegers(all: Rows): Promise<Parts> {
  const { columns, rows } = all;
  const readers = columns.map(wordsOf);
  return inSlices(all, (from, to) => {
    const bytes = new Uint8Array((to - from) * MAX_VARINT);
    let at = 0;
    for (let i = from; i < to; i++) at = readers[rows.sourceOf[i]](rows.rowOf[i], bytes, at);
    return bytes.slice(0, at);
  });
}

/** Writes the number of a row; returns the offset behind it. */
type NumberWriter = (row: number, target: Uint8Array, at: number) => number;

function wordsOf(column: Column): NumberWriter {
  // Of a source of which no row is wanted.
  if (column.kind === "var") return (_row, _target, at) => at;
  const { width, data } = column;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (width === 8)
    return (row, target, at) =>
      writeWords(target, at, view.getUint32(8 * row, true), view.getUint32(8 * row + 4, true));
  const read = { 1: view.getInt8, 2: view.getInt16, 4: view.getInt32 }[width as 1 | 2 | 4].bind(view);
  return (row, target, at) => {
    const value = read(row * width, true);
    return writeWords(target, at, value >>> 0, value < 0 ? 0xffffffff : 0);
  };
}

/** A varint of 64 bits, from its halves. */
function writeWords(target: Uint8Array, at: number, low: number, high: number): number {
  if (high === 0) return writeVarint(target, at, low);
  for (let i = 0; i < 4; i++) target[at++] = ((low >>> (7 * i)) & 0x7f) | 0x80;
  const middle = ((low >>> 28) | (high << 4)) & 0x7f;
  const rest = high >>> 3;
  if (rest === 0) target[at++] = middle;
  else {
    target[at++] = middle | 0x80;
    at = writeVarint(target, at, rest);
  }
  return at;
}

/** Values of one width, one after the other; without the nulls if wished. */
export function fixedBytes(all: Rows, width: number, withNulls: boolean): Promise<Parts> {
  const { columns, rows } = all;
  return inSlices(all, (from, to) => {
    const bytes = new Uint8Array((to - from) * width);
    let at = 0;
    for (let i = from; i < to; i++) {
      const column = columns[rows.sourceOf[i]];
      const row = rows.rowOf[i];
      if (!withNulls && isNull(column, row)) continue;
      copyValue(bytes, at, column.data, row * width, width);
      at += width;
    }
    return bytes.subarray(0, at);
  });
}

/** Cells as elements of a list, as they stand; a null is empty, or left out if wished. */
export function cellElements(all: Rows, withNulls = true): Promise<Parts> {
  const { columns, rows } = all;
  return inSlices(all, (from, to) => {
    const bytes = new Uint8Array(sizeOfElements(all, from, to, withNulls));
    let at = 0;
    for (let i = from; i < to; i++) {
      const column = columns[rows.sourceOf[i]] as VarColumn;
      const row = rows.rowOf[i];
      if (!withNulls && isNull(column, row)) continue;
      const [start, end] = [column.offsets[row], column.offsets[row + 1]];
      bytes[at++] = ELEMENT;
      at = writeVarint(bytes, at, end - start);
      copyValue(bytes, at, column.data, start, end - start);
      at += end - start;
    }
    return bytes;
  });
}

function sizeOfElements({ columns, rows }: Rows, from: number, to: number, withNulls: boolean): number {
  let size = 0;
  for (let i = from; i < to; i++) {
    const column = columns[rows.sourceOf[i]] as VarColumn;
    const row = rows.rowOf[i];
    if (!withNulls && isNull(column, row)) continue;
    const length = column.offsets[row + 1] - column.offsets[row];
    size += 1 + varintSize(length) + length;
  }
  return size;
}

/** Elements that are made of the rows' values, one by one. @param number of the field that they are of */
export async function madeElements(
  all: Rows,
  make: (column: Column, row: number) => Uint8Array,
  number = 1,
): Promise<Parts> {
  const { columns, rows, turns } = all;
  const pieces: Uint8Array[] = [];
  for (let i = 0; i < rows.count; i++) {
    const cell = make(columns[rows.sourceOf[i]], rows.rowOf[i]);
    const element = new Uint8Array(1 + varintSize(cell.length) + cell.length);
    element[0] = tagOf(number, BYTES);
    element.set(cell, writeVarint(element, 1, cell.length));
    pieces.push(element);
    // One cell may be megabytes of text.
    if (turns.isDue) await turns.next();
  }
  return { pieces, length: pieces.reduce((sum, { length }) => sum + length, 0) };
}

/** One byte a row: 0 for a null. */
export function validityBytes(all: Rows): Promise<Parts> {
  const { columns, rows } = all;
  return inSlices(all, (from, to) => {
    const bytes = new Uint8Array(to - from);
    for (let i = from; i < to; i++) bytes[i - from] = isNull(columns[rows.sourceOf[i]], rows.rowOf[i]) ? 0 : 1;
    return bytes;
  });
}
