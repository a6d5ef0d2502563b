import { type FieldSchema, isDenseVector } from "@sluice/schema";
import { type ChunkedRows, chunkedRows } from "../chunked-rows.ts";
import type { RowSource } from "../row-source.ts";
import { transpose } from "../transpose.ts";
import type { FoundDataset } from "./groups.ts";
import { byteAt, textOf, uint16At } from "./hdf5-file.ts";
import { messageTypes } from "./object-header.ts";

// MATLAB's files of version 7.3 are HDF5. It keeps matrices column by column, and HDF5 row by row: a matrix of 1000 rows with 128 numbers
// stands there as 128 rows of 1000. Each of its data sets says so by the attribute MATLAB_class.

const ATTRIBUTE = "MATLAB_class";
const NUMBERS = /^(double|single|u?int(8|16|32|64)|logical)\0*$/;
const MIN_ATTRIBUTE_BYTES = 9;
/** What cells and objects of MATLAB hold; only references lead there. */
const HIDDEN = /^#(refs|subsystem)#\//;

/** Whether a data set is no variable that a user has named. */
export function isHidden({ path }: FoundDataset): boolean {
  return HIDDEN.test(path);
}

/** Whether a data set is a matrix as MATLAB writes it. */
export function isOfMatlab({ messages }: FoundDataset): boolean {
  return messages.some(({ type, isShared, data }) => type === messageTypes.attribute && !isShared && isClass(data));
}

/** Source: HDF5, Attribute message; the parts of its first version are as long as a multiple of 8. */
function isClass(data: DataView): boolean {
  if (data.byteLength < MIN_ATTRIBUTE_BYTES) return false;
  const version = byteAt(data, 0);
  const sizes = [2, 4, 6]
    .map((at) => uint16At(data, at))
    .map((size) => (version === 1 ? Math.ceil(size / 8) * 8 : size));
  const nameAt = version === 3 ? 9 : 8;
  const valueAt = sizes.reduce((at, size) => at + size, nameAt);
  if (valueAt >= data.byteLength || !textOf(data, nameAt, sizes[0]).startsWith(`${ATTRIBUTE}\0`)) return false;
  return NUMBERS.test(textOf(data, valueAt, data.byteLength - valueAt));
}

/** Rows and numbers of a row as MATLAB has them; of a column, and of a row that is no vector, one number a row. */
export function turnedShape([columns, rows]: readonly number[], field?: FieldSchema): readonly number[] {
  if (columns === 1) return [rows];
  return rows === 1 && !(field && isDenseVector(field.dataType)) ? [columns] : [rows, columns];
}

/** The rows of MATLAB out of values in memory, column by column. */
export function turnedBytes(data: Uint8Array, [columns, rows]: readonly number[], itemBytes: number): Uint8Array {
  const target = new Uint8Array(columns * rows * itemBytes);
  transpose(data.slice(0, target.length), target, rows, columns, itemBytes);
  return target;
}

/** The rows of MATLAB out of chunks of its columns. @param rowItems of a row of MATLAB */
export function turnedChunks(chunks: ChunkedRows, rowItems: number): RowSource {
  const [counts, chunk] = [chunks.counts.toReversed(), chunks.chunk.toReversed()];
  const load: ChunkedRows["load"] = async (place, signal) => {
    const bytes = await chunks.load(place.toReversed(), signal);
    return bytes && turnedBytes(bytes, chunks.chunk, chunks.itemBytes);
  };
  return chunkedRows({ ...chunks, counts, chunk, rowItems, load });
}
