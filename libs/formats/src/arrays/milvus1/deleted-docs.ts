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
  const deleted = new Uint8Array(Math.ceil(rows / 8));
  let deletedRows = 0;
  for (let done = 0; done < bytes; done += STEP_BYTES) {
    const start = HEAD_BYTES + done;
    const view = await readPart(file, start, Math.min(STEP_BYTES, bytes - done), "the offsets of deleted rows", signal);
    for (let i = 0; i < view.byteLength; i += OFFSET_BYTES) {
      const row = view.getInt32(i, true);
      if (row < 0 || row >= rows)
        throw locate(malformed(`it deletes row ${row} of ${rows}`, start + i), { file: file.path });
      if ((deleted[row >> 3] & (1 << (row & 7))) === 0) deletedRows++;
      deleted[row >> 3] |= 1 << (row & 7);
    }
  }
  const live: LiveRows = {
    why: "deleted in Milvus",
    read: async (firstRow, count, target) => {
      for (let i = 0; i < count; i++) {
        const row = firstRow + i;
        target[i] = deleted[row >> 3] & (1 << (row & 7)) ? 0 : 1;
      }
    },
  };
  return { live, deletedRows };
}
