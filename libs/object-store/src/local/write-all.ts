/** Writes at `position` and resolves to the bytes written, which may be fewer than given. */
export type VectoredWrite = (pieces: readonly Uint8Array[], position: number) => Promise<number>;

/** Linux takes 1024 vectors and about 2 GiB in one call. */
const maxPieces = 1024;
const maxBytes = 1 << 30;

/**
 * Writes the pieces one after the other from position 0, in as few calls as the system allows, going on where a call
 * stopped short. Resolves to the number of bytes.
 */
export async function writeAll(
  pieces: readonly Uint8Array[],
  write: VectoredWrite,
  signal?: AbortSignal,
): Promise<number> {
  let next = 0;
  let offset = 0; // Of the bytes of pieces[next] that are written.
  let position = 0;
  for (;;) {
    while (next < pieces.length && offset === pieces[next].byteLength) {
      next++;
      offset = 0;
    }
    if (next === pieces.length) return position;
    signal?.throwIfAborted();
    const written = await write(batchFrom(pieces, next, offset), position);
    if (written === 0) throw new Error("the file system wrote 0 bytes");
    position += written;
    for (let left = written; left > 0; ) {
      const step = Math.min(left, pieces[next].byteLength - offset);
      left -= step;
      offset += step;
      if (offset === pieces[next].byteLength && left > 0) {
        next++;
        offset = 0;
      }
    }
  }
}

function batchFrom(pieces: readonly Uint8Array[], next: number, offset: number): Uint8Array[] {
  const batch: Uint8Array[] = [];
  let bytes = 0;
  for (let i = next; i < pieces.length && batch.length < maxPieces && bytes < maxBytes; i++) {
    const start = i === next ? offset : 0;
    const piece = pieces[i].subarray(start, Math.min(pieces[i].byteLength, start + maxBytes - bytes));
    if (piece.byteLength > 0) batch.push(piece);
    bytes += piece.byteLength;
  }
  return batch;
}
