import { locate } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { malformed, readPart } from "../one-file.ts";
import type { LiveRows } from "../row-source.ts";

const HEAD_BYTES = 8;
const OFFSET_BYTES = 4;
/** Offsets are read so many at a time. */
const STEP_BYTES = 1 << 20;

/**
 * The rows that are left of a segment, and how many are not: offsets are a set, in any order, and may come twice. Memory: a bit a row.
 * @param bytes of offsets @returns undefined where nothing was deleted
 * @throws {ImportError} `malformed_file` with the byte of an offset that is none
 */
export async function deletedDocs(
  file: SourceFile,
  rows: number,
  bytes: number,
  signal: AbortSignal,
): Promise<{ readonly live: LiveRows; readonly deletedRows: number } | undefined> {
  if (bytes % OFFSET_BYTES !== 0)
    throw locate(malformed(`its ${bytes} bytes are no whole number of offsets`, 0), { file: file.path });
  if (bytes === 0) return undefined;
  const deleted = new RowSet(rows);
  for (let done = 0; done < bytes; done += STEP_BYTES) {
    const start = HEAD_BYTES + done;
    const view = await readPart(file, start, Math.min(STEP_BYTES, bytes - done), "the offsets of deleted rows", signal);
    for (let i = 0; i < view.byteLength; i += OFFSET_BYTES) {
      const row = view.getInt32(i, true);
      if (row < 0 || row >= rows)
        throw locate(malformed(`it deletes row ${row} of ${rows}`, start + i), { file: file.path });
      deleted.add(row);
    }
  }
  return { live: othersThan(deleted), deletedRows: deleted.size };
}

/** Rows, a bit each. */
class RowSet {
  readonly #bits: Uint8Array;
  size = 0;

  constructor(rows: number) {
    this.#bits = new Uint8Array(Math.ceil(rows / 8));
  }

  has(row: number): boolean {
    return (this.#bits[row >> 3] & (1 << (row & 7))) !== 0;
  }

  add(row: number): void {
    if (!this.has(row)) this.size++;
    this.#bits[row >> 3] |= 1 << (row & 7);
  }
}

function othersThan(deleted: RowSet): LiveRows {
  return {
    why: "deleted in Milvus",
    read: async (firstRow, count, target) => {
      for (let i = 0; i < count; i++) target[i] = deleted.has(firstRow + i) ? 0 : 1;
    },
  };
}
