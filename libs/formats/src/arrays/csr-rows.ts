import type { SourceFile } from "@sluice/object-store";
import { type NumberKind, numberReaders, viewsOf } from "../numbers/number-kind.ts";
import type { ArrayHeader } from "./array-column.ts";
import type { Dtype } from "./dtype.ts";
import { malformed } from "./one-file.ts";
import { type RowSource, shortened } from "./row-source.ts";

/** Bytes before the pairs of a row: how many they are, and nothing. */
export const PAIR_BYTES = 8;
/** Rows whose lengths are looked at in one piece. */
const STEP_ROWS = 1 << 16;

/** Numbers that lie one after the other in a file. */
export interface Numbers {
  readonly source: SourceFile;
  readonly offset: number;
  readonly dtype: Dtype & { readonly kind: NumberKind };
  readonly count: number;
}

/** A sparse matrix in compressed rows: row i has the places `indptr[i]` to `indptr[i + 1]` of `indices` and `values`. */
export interface CsrMatrix {
  readonly indptr: Numbers;
  readonly indices: Numbers;
  readonly values: Numbers;
}

/**
 * The rows of a sparse matrix as an array: each has the number of its pairs and, of one length for all, its pairs of an index and a
 * value. Reads the lengths of all rows, for the longest one. @throws {ImportError} `malformed_file`
 */
export async function csrHeader(matrix: CsrMatrix, signal: AbortSignal | undefined): Promise<ArrayHeader> {
  const rowCount = matrix.indptr.count - 1;
  const longest = await longestRow(matrix, rowCount, signal);
  const rows = { read: (...part: Parameters<RowSource["read"]>) => readRows(matrix, ...part) };
  const descr = `|P${PAIR_BYTES * (1 + longest)}`;
  return { descr, fortranOrder: false, shape: [rowCount], dataOffset: 0, rows };
}

async function longestRow(matrix: CsrMatrix, rowCount: number, signal: AbortSignal | undefined): Promise<number> {
  let longest = 0;
  for (let row = 0; row < rowCount; row += STEP_ROWS) {
    const starts = await startsOf(matrix, row, Math.min(STEP_ROWS, rowCount - row), signal);
    for (let i = 1; i < starts.length; i++) longest = Math.max(longest, starts[i] - starts[i - 1]);
  }
  return longest;
}

/** Where rows begin, and where the last one ends. */
async function startsOf(
  { indptr, indices, values }: CsrMatrix,
  firstRow: number,
  rows: number,
  signal: AbortSignal | undefined,
): Promise<Float64Array> {
  const starts = await numbersAt(indptr, firstRow, rows + 1, signal);
  const count = Math.min(indices.count, values.count);
  for (let i = 0; i <= rows; i++) {
    if (starts[i] <= count && starts[i] >= (i > 0 ? starts[i - 1] : 0)) continue;
    const reason = `row ${firstRow + i} begins at ${starts[i]} of ${count} values`;
    throw malformed(reason, indptr.offset + (firstRow + i) * indptr.dtype.itemBytes);
  }
  return starts;
}

async function readRows(
  matrix: CsrMatrix,
  firstRow: number,
  rows: number,
  target: Uint8Array,
  signal: AbortSignal,
): Promise<void> {
  const starts = await startsOf(matrix, firstRow, rows, signal);
  const [first, count] = [starts[0], starts[rows] - starts[0]];
  const indices = await numbersAt(matrix.indices, first, count, signal);
  const values = await numbersAt(matrix.values, first, count, signal);
  const view = new DataView(target.buffer, target.byteOffset, target.byteLength);
  const rowBytes = target.length / rows;
  for (let row = 0; row < rows; row++) {
    let at = row * rowBytes;
    view.setUint32(at, starts[row + 1] - starts[row], true);
    for (let i = starts[row] - first; i < starts[row + 1] - first; i++) {
      at += PAIR_BYTES;
      // What is no index, negative or too large, is none of a vector either.
      view.setUint32(at, indices[i] >= 0 && indices[i] < 2 ** 32 ? indices[i] : 2 ** 32 - 1, true);
      view.setFloat32(at + 4, values[i], true);
    }
  }
}

async function numbersAt(
  { source, offset, dtype }: Numbers,
  first: number,
  count: number,
  signal: AbortSignal | undefined,
): Promise<Float64Array> {
  const bytes = new Uint8Array(count * dtype.itemBytes);
  const position = offset + first * dtype.itemBytes;
  const read = count === 0 ? 0 : await source.readInto(position, bytes, signal);
  if (read < bytes.length) throw shortened(position + read);
  const views = viewsOf(bytes);
  const numberAt = numberReaders[dtype.kind];
  return Float64Array.from({ length: count }, (_, i) => Number(numberAt(views, i)));
}
