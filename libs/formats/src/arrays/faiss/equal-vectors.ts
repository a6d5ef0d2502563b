import { ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { type RowSource, shortened } from "../row-source.ts";
import type { ListRows, RowsInLists } from "./inverted-lists.ts";

/** Rows that are in no list, of which a table is held in memory. */
const MAX_ROWS = 1 << 20;
const ID_BYTES = 8;
const STEP_ROWS = 1 << 16;

/** What IVFFlatDedup keeps of equal vectors: one in the lists, and of the others pairs of its id and theirs. */
export interface EqualVectors {
  readonly lists: ListRows;
  /** Where the pairs begin, and how many they are. */
  readonly offset: number;
  readonly count: number;
}

/**
 * The rows of the lists, and behind them those that equal one of them. Read once, from front to back, before the first row.
 * @throws {ImportError} `unsupported` for too many; `malformed_file` for one that equals a vector which is not there
 */
export async function withEqualVectors(
  source: SourceFile,
  { lists, offset, count }: EqualVectors,
  signal: AbortSignal,
): Promise<RowsInLists> {
  if (count > MAX_ROWS) {
    const reason = `the FAISS index cannot be imported: it is an IVFFlatDedup with ${count} vectors that equal others, more than ${MAX_ROWS}: write it as IVFFlat`;
    throw new ImportError("unsupported", reason);
  }
  const pairs = new BigInt64Array(2 * count);
  const read = await source.readInto(offset, new Uint8Array(pairs.buffer), signal);
  if (read < pairs.byteLength) throw shortened(offset + read);
  const positions = await positionsOf(pairs, lists, offset, signal);
  const ids = Uint8Array.from(new Uint8Array(BigInt64Array.from({ length: count }, (_, i) => pairs[2 * i + 1]).buffer));
  const { codeBytes } = lists;
  return {
    codeBytes,
    rowCount: lists.rowCount + count,
    codes: behind(lists.codes, lists.rowCount, codeBytes, async (row, target, readSignal) =>
      lists.codes.read(positions[row], 1, target, readSignal),
    ),
    ids: behind(lists.ids, lists.rowCount, ID_BYTES, async (row, target) =>
      target.set(ids.subarray(row * ID_BYTES, (row + 1) * ID_BYTES)),
    ),
  };
}

/** Rows of lists, and behind them others, one at a time. */
function behind(
  rows: RowSource,
  rowCount: number,
  rowBytes: number,
  readOther: (row: number, target: Uint8Array, signal: AbortSignal) => Promise<void>,
): RowSource {
  return {
    read: async (firstRow, count, target, signal) => {
      const inLists = Math.max(0, Math.min(count, rowCount - firstRow));
      if (inLists > 0) await rows.read(firstRow, inLists, target.subarray(0, inLists * rowBytes), signal);
      for (let i = inLists; i < count; i++)
        await readOther(firstRow + i - rowCount, target.subarray(i * rowBytes, (i + 1) * rowBytes), signal);
    },
  };
}

/** Of each pair the row of the vector that is in the lists. */
async function positionsOf(pairs: BigInt64Array, lists: ListRows, offset: number, signal: AbortSignal) {
  const wanted = new Map<bigint, number>();
  for (let i = 0; i < pairs.length; i += 2) wanted.set(pairs[i], -1);
  const ids = new BigInt64Array(Math.min(STEP_ROWS, lists.rowCount));
  for (let first = 0; first < lists.rowCount; first += STEP_ROWS) {
    const rows = Math.min(STEP_ROWS, lists.rowCount - first);
    await lists.ids.read(first, rows, new Uint8Array(ids.buffer, 0, rows * ID_BYTES), signal);
    for (let i = 0; i < rows; i++) {
      const before = wanted.get(ids[i]);
      if (before !== undefined && before >= 0) throw twice(ids[i], offset);
      if (before !== undefined) wanted.set(ids[i], first + i);
    }
  }
  return Float64Array.from({ length: pairs.length / 2 }, (_, i) => {
    const position = wanted.get(pairs[2 * i]) ?? -1;
    if (position >= 0) return position;
    const reason = `the FAISS index is damaged: a vector equals that of id ${pairs[2 * i]}, which it has not`;
    throw new ImportError("malformed_file", reason, { byteOffset: offset + 16 * i });
  });
}

function twice(id: bigint, byteOffset: number): ImportError {
  const reason = `the FAISS index cannot be imported: two of its vectors have the id ${id}, and which of them others equal is not told: write it as IVFFlat`;
  return new ImportError("unsupported", reason, { byteOffset });
}
