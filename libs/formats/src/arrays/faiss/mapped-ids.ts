import { ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { type RowSource, shortened } from "../row-source.ts";
import type { RowsInLists } from "./inverted-lists.ts";

/** Greatest table of ids that is held in memory: of 32 million vectors. */
const MAX_TABLE_BYTES = 256 << 20;
const CHECKED_ROWS = 1 << 16;

/**
 * Ids of an IDMap over an IVF index: what the lists have are positions in the table. FAISS's `remove_ids` shortens the table
 * and leaves the positions as they were; then nobody knows any more which id is whose.
 * @throws {ImportError} `malformed_file` for an index whose ids were lost so; `unsupported` for one that is too large
 */
export async function mappedIds(
  source: SourceFile,
  { lists, offset }: { readonly lists: RowsInLists; readonly offset: number },
  rowCount: number,
  signal: AbortSignal,
): Promise<RowSource> {
  if (rowCount * 8 > MAX_TABLE_BYTES) {
    const reason = `the FAISS index is an IDMap over an IVF index of ${rowCount} vectors, more than ${MAX_TABLE_BYTES / 8}: write the IVF index by itself, to which ids can be added (add_with_ids)`;
    throw new ImportError("unsupported", reason);
  }
  await checkPositions(lists, rowCount, signal);
  const table = new Uint32Array(rowCount * 2);
  const count = await source.readInto(offset, new Uint8Array(table.buffer), signal);
  if (count < rowCount * 8) throw shortened(offset + count);
  const positions = lists.ids;
  return {
    ...positions,
    read: async (firstRow, rows, target, readSignal) => {
      await positions.read(firstRow, rows, target, readSignal);
      const words = new Uint32Array(target.buffer, target.byteOffset, rows * 2);
      for (let i = 0; i < rows * 2; i += 2) {
        const at = words[i] * 2;
        words[i] = table[at];
        words[i + 1] = table[at + 1];
      }
    },
  };
}

/** Each from 0 to `rowCount - 1` must come once. */
async function checkPositions(lists: RowsInLists, rowCount: number, signal: AbortSignal): Promise<void> {
  const seen = new Uint8Array(Math.ceil(rowCount / 8));
  const words = new Uint32Array(Math.min(rowCount, CHECKED_ROWS) * 2);
  for (let first = 0; first < rowCount; first += CHECKED_ROWS) {
    const rows = Math.min(CHECKED_ROWS, rowCount - first);
    await lists.ids.read(first, rows, new Uint8Array(words.buffer, 0, rows * 8), signal);
    for (let i = 0; i < rows; i++) {
      const position = words[2 * i];
      const isNew = words[2 * i + 1] === 0 && position < rowCount && !(seen[position >>> 3] & (1 << (position & 7)));
      if (!isNew) throw lostIds(first + i, lists.ids.offsetOf?.(first + i) ?? 0);
      seen[position >>> 3] |= 1 << (position & 7);
    }
  }
}

function lostIds(row: number, byteOffset: number): ImportError {
  const reason =
    "the ids of the FAISS index were lost: vectors were removed from an IDMap over an IVF index, after which FAISS does not know which id is whose; import it without keys from it, or build it again";
  return new ImportError("malformed_file", reason, { row, byteOffset });
}
