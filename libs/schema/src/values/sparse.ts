import { findJsonError, scanNumber, scanString, skipBlanks } from "./json-text.ts";

/** Indices are below this: Milvus keeps the greatest uint32 for itself. */
const INDEX_END = 0xffffffff;
const MAX_FLOAT32 = 3.4028234663852886e38;
const [OPEN_LIST, OPEN_OBJECT, CLOSE_OBJECT, COMMA, BACKSLASH] = [0x5b, 0x7b, 0x7d, 0x2c, 0x5c];

/**
 * A cell of a SparseFloatVector column: (uint32 index, float32 value) pairs, little-endian, index ascending. Sorts. No pairs
 * give an empty cell, which is a vector without elements.
 * @throws {RangeError} for indices that are no integers in [0, 2^32 - 1) or occur twice, and for values that are negative,
 *   not finite or beyond float32
 */
export function encodeSparseCell(indices: ArrayLike<number>, values: ArrayLike<number>): Uint8Array {
  if (indices.length !== values.length) {
    throw new RangeError(`indices and values length mismatch: ${indices.length} indices, ${values.length} values`);
  }
  const order = sortedOrder(indices);
  const cell = new Uint8Array(indices.length * 8);
  const view = new DataView(cell.buffer);
  let previous = -1;
  for (let i = 0; i < indices.length; i++) {
    const at = order ? order[i] : i;
    checkPair(indices[at], values[at], previous);
    previous = indices[at];
    view.setUint32(i * 8, indices[at], true);
    view.setFloat32(i * 8 + 4, values[at], true);
  }
  return cell;
}

/** Positions in ascending order of index, or undefined when they are in that order. */
function sortedOrder(indices: ArrayLike<number>): Uint32Array | undefined {
  let i = 1;
  while (i < indices.length && indices[i - 1] <= indices[i]) i++;
  if (i >= indices.length) return undefined;
  return Uint32Array.from(indices, (_, at) => at).sort((a, b) => indices[a] - indices[b]);
}

function checkPair(index: number, value: number, previous: number): void {
  if (!Number.isInteger(index) || index < 0 || index >= INDEX_END) {
    throw new RangeError(
      `invalid index in sparse float vector: expected an integer from 0 to ${INDEX_END - 1}, got ${index}`,
    );
  }
  if (index === previous)
    throw new RangeError(`unsorted or same indices in sparse float vector: ${index} occurs twice`);
  if (value < 0) throw new RangeError(`negative value in sparse float vector: ${value} at index ${index}`);
  if (!(value <= MAX_FLOAT32)) {
    throw new RangeError(
      `invalid value in sparse float vector: expected a finite float32, got ${value} at index ${index}`,
    );
  }
}

/** The pairs of a cell. @throws {RangeError} when its length is no multiple of 8 */
export function decodeSparseCell(cell: Uint8Array): { indices: number[]; values: number[] } {
  if (cell.length % 8 !== 0) throw new RangeError(`a sparse vector takes 8 bytes an element, got ${cell.length} bytes`);
  const view = new DataView(cell.buffer, cell.byteOffset, cell.byteLength);
  const [indices, values]: number[][] = [[], []];
  for (let at = 0; at < cell.length; at += 8) {
    indices.push(view.getUint32(at, true));
    values.push(view.getFloat32(at + 4, true));
  }
  return { indices, values };
}

/**
 * The cell of a sparse vector's JSON text: `{"indices":[1,7],"values":[0.5,2]}` or `{"1":0.5,"7":2}`; `{}` has no elements.
 * @throws {RangeError} `invalid JSON input` for another form, and as `encodeSparseCell`
 */
export function parseSparseJson(text: Uint8Array): Uint8Array {
  const error = findJsonError(text);
  if (error >= 0) throw invalidJson(`malformed at byte ${error}`);
  let at = skipBlanks(text, 0, text.length);
  if (text[at] !== OPEN_OBJECT) throw invalidJson("expected an object");
  const [pairIndices, pairValues]: number[][] = [[], []];
  const lists = new Map<string, number[]>();
  at = skipBlanks(text, at + 1, text.length);
  while (text[at] !== CLOSE_OBJECT) {
    const keyEnd = scanString(text, at, text.length);
    const key = keyOf(text, at, keyEnd);
    // The text is valid, so exactly a colon and blanks lie before the value.
    at = skipBlanks(text, skipBlanks(text, keyEnd, text.length) + 1, text.length);
    if (key === "indices" || key === "values") {
      if (lists.has(key)) throw invalidJson(`"${key}" occurs twice`);
      const list: number[] = [];
      at = readList(text, at, key, list);
      lists.set(key, list);
    } else {
      const end = numberEnd(text, at, key);
      pairIndices.push(indexOf(key));
      pairValues.push(numberOf(text, at, end));
      at = end;
    }
    at = nextItem(text, at);
  }
  if (lists.size === 0) return encodeSparseCell(pairIndices, pairValues);
  if (lists.size === 1 || pairIndices.length > 0)
    throw invalidJson('expected "indices" and "values", or indices as keys');
  return encodeSparseCell(lists.get("indices")!, lists.get("values")!);
}

function readList(text: Uint8Array, at: number, key: string, list: number[]): number {
  if (text[at] !== OPEN_LIST) throw invalidJson(`"${key}" is no list`);
  at = skipBlanks(text, at + 1, text.length);
  while (text[at] !== OPEN_LIST + 2) {
    const end = numberEnd(text, at, key);
    list.push(key === "indices" ? indexOf(latin1(text, at, end)) : numberOf(text, at, end));
    at = nextItem(text, end);
  }
  return at + 1;
}

/** Behind a value: over the comma to the next one, or to the closing bracket. */
function nextItem(text: Uint8Array, at: number): number {
  at = skipBlanks(text, at, text.length);
  return text[at] === COMMA ? skipBlanks(text, at + 1, text.length) : at;
}

function numberEnd(text: Uint8Array, at: number, key: string): number {
  const isNumber = text[at] === 0x2d || (text[at] >= 0x30 && text[at] <= 0x39);
  if (!isNumber) throw invalidJson(`the value of "${key.slice(0, 40)}" is no number`);
  return scanNumber(text, at, text.length);
}

/** Decimal digits only: neither `1.0` nor `-1` is an index. */
function indexOf(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new RangeError(
    `invalid index in sparse float vector: expected an integer from 0 to ${INDEX_END - 1}, got ${text.slice(0, 40)}`,
  );
}

function keyOf(text: Uint8Array, start: number, end: number): string {
  const quoted = latin1(text, start, end);
  return text.indexOf(BACKSLASH, start) >= end || !quoted.includes("\\") ? quoted.slice(1, -1) : JSON.parse(quoted);
}

function numberOf(text: Uint8Array, start: number, end: number): number {
  return Number(latin1(text, start, end));
}

function latin1(text: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...text.subarray(start, end));
}

function invalidJson(detail: string): RangeError {
  return new RangeError(`invalid JSON input for a sparse float vector: ${detail}`);
}
