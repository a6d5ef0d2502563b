// A sparse vector is stored as pairs (uint32 index, float32 value), little-endian, index ascending. Rules and texts:
// import semantics §2.4 and §12.

import { excerpt } from "@sluice/errors";
import { describeJsonError, findJsonError } from "./json-check.ts";

/** Greatest index, exclusive: 2^32 - 1 itself is not allowed. */
const MAX_INDEX = 2 ** 32 - 1;

/** Sorts by index. @throws {RangeError} in Milvus's words, with what was found */
export function encodeSparseCell(indices: ArrayLike<number>, values: ArrayLike<number>): Uint8Array {
  if (indices.length !== values.length)
    throw new RangeError(`indices and values length mismatch: ${indices.length} and ${values.length}`);
  const order = Uint32Array.from({ length: indices.length }, (_, i) => i).sort((a, b) => indices[a] - indices[b]);
  const cell = new Uint8Array(order.length * 8);
  const view = new DataView(cell.buffer);
  for (let i = 0; i < order.length; i++) {
    const index = checkIndex(indices[order[i]]);
    if (i > 0 && index === indices[order[i - 1]])
      throw new RangeError(`unsorted or same indices in sparse float vector: index ${index} is given twice`);
    view.setUint32(i * 8, index, true);
    view.setFloat32(i * 8 + 4, checkValue(values[order[i]]), true);
  }
  return cell;
}

function checkIndex(index: number): number {
  if (Number.isInteger(index) && index >= 0 && index < MAX_INDEX) return index;
  throw new RangeError(
    `invalid index in sparse float vector: expected an integer from 0 to ${MAX_INDEX - 1}, found ${index}`,
  );
}

function checkValue(value: number): number {
  if (value < 0) throw new RangeError(`negative value in sparse float vector: ${value}`);
  if (Number.isFinite(Math.fround(value))) return value;
  throw new RangeError(`invalid value in sparse float vector: expected a finite float32, found ${value}`);
}

/** @throws {RangeError} when the cell is not a whole number of pairs */
export function decodeSparseCell(cell: Uint8Array): { indices: number[]; values: number[] } {
  if (cell.length % 8 !== 0) throw new RangeError(`a sparse vector of ${cell.length} bytes is cut short`);
  const view = new DataView(cell.buffer, cell.byteOffset, cell.byteLength);
  const count = cell.length / 8;
  return {
    indices: Array.from({ length: count }, (_, i) => view.getUint32(i * 8, true)),
    values: Array.from({ length: count }, (_, i) => view.getFloat32(i * 8 + 4, true)),
  };
}

/** A cell that another program has stored, as it stands. @throws {RangeError} as `encodeSparseCell` */
export function checkSparseCell(cell: Uint8Array): Uint8Array {
  if (cell.length % 8 !== 0) throw new RangeError(`a sparse vector of ${cell.length} bytes is cut short`);
  const view = new DataView(cell.buffer, cell.byteOffset, cell.byteLength);
  let before = -1;
  for (let at = 0; at < cell.length; at += 8) {
    const index = checkIndex(view.getUint32(at, true));
    if (index <= before)
      throw new RangeError(`unsorted or same indices in sparse float vector: index ${index} follows ${before}`);
    checkValue(view.getFloat32(at + 4, true));
    before = index;
  }
  return cell;
}

/**
 * Both JSON forms: `{"indices":[…],"values":[…]}` and `{"1":0.5,…}`; `{}` is the empty vector. The first may have Spark's `type`
 * and `size` beside it. @throws {RangeError}
 */
export function parseSparseJson(text: Uint8Array): Uint8Array {
  const value = parse(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid("expected an object");
  checkKeys(text, value);
  const { indices, values, ...more } = value as Record<string, unknown>;
  if (indices === undefined && values === undefined) return encodeDictionary(value as Record<string, unknown>);
  const { type, size, ...rest } = more;
  if (type === DENSE && (indices ?? null) === null && isNumbers(values)) return encodeDense(values);
  if (!isNumbers(indices) || !isNumbers(values) || Object.keys(rest).length > 0)
    throw invalid('expected "indices" and "values", both lists of numbers');
  if (typeof size === "number" && indices.some((index) => index >= size))
    throw invalid(`expected indices below the size ${size}`);
  return encodeSparseCell(indices, values);
}

/** What Spark calls a dense vector: its zeros are left out. */
const DENSE = 1;

function encodeDense(values: readonly number[]): Uint8Array {
  const indices = [...values.keys()].filter((index) => values[index] !== 0);
  return encodeSparseCell(
    indices,
    indices.map((index) => values[index]),
  );
}

/** Text of one vector: 200 000 pairs of usual length. Its values take many times as much while they are read. */
const MAX_TEXT_BYTES = 4 << 20;

function parse(text: Uint8Array): unknown {
  if (text.length > MAX_TEXT_BYTES) throw invalid(`${text.length} bytes are more than ${MAX_TEXT_BYTES}`);
  try {
    return JSON.parse(Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString("utf8"));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const at = findJsonError(text);
    throw invalid(`at its byte ${at}: ${describeJsonError(text, at)}`);
  }
}

/** Of keys that occur twice the parser keeps one, unseen. A key has one colon, and no valid key holds another. */
function checkKeys(text: Uint8Array, value: object): void {
  let colons = 0;
  for (const byte of text) if (byte === 0x3a) colons++;
  const keys = Object.keys(value);
  if (colons === keys.length || keys.some((key) => key.includes(":"))) return;
  throw new RangeError("unsorted or same indices in sparse float vector: a key is given twice");
}

function encodeDictionary(dictionary: Record<string, unknown>): Uint8Array {
  const keys = Object.keys(dictionary);
  const values = Object.values(dictionary);
  const odd = keys.find((key) => !/^\d+$/.test(key));
  if (odd !== undefined) throw invalid(`expected an index as key, found "${excerpt(odd)}"`);
  if (!isNumbers(values)) throw invalid("expected a number as value");
  return encodeSparseCell(keys.map(Number), values);
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => typeof item === "number");
}

function invalid(found: string): RangeError {
  return new RangeError(`invalid JSON input for sparse float vector: ${found}`);
}
