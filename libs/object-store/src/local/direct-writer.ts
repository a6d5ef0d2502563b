import { constants } from "node:fs";
import { type FileHandle, open, unlink } from "node:fs/promises";
import { isSystemError } from "../storage-error.ts";
import { openPatiently } from "./open-patiently.ts";

/** What we use of it; the compiler's libraries know it only for browsers. */
declare const WebAssembly: {
  Memory: new (pages: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
};

/** What disks and file systems of today ask of addresses, positions and lengths. */
const BLOCK_BYTES = 4096;
/** Bytes of one write. Larger ones were not faster. */
const BUFFER_BYTES = 2 << 20;
/** Spare buffers that are kept: as many as writes are in flight. */
const SPARE_BUFFERS = 4;
const FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_DIRECT ?? 0);

/**
 * Writes large files past the page cache. Through it, a gigabyte takes 0.3 to 1 s of CPU for copies and fresh pages, and
 * pushes out what others read; directly, the disk fetches it from our memory in 0.1 s of ours. Pieces are gathered in
 * aligned buffers, the last one is padded with zeros, and the file cut to its length.
 */
export class DirectWriter {
  readonly #open: typeof open;
  readonly #spare: Uint8Array[] = [];
  /** False once the file system has refused: those of memory, and some that lie on others. */
  #isPossible = constants.O_DIRECT !== undefined;

  constructor(openFile: typeof open = open) {
    this.#open = openFile;
  }

  /**
   * Creates the file `path` with the pieces. Resolves to its open handle, not synced; or to undefined, without a file, where
   * the file system does not do this.
   * @throws what the file system throws, with the file left behind; or the reason of the signal
   */
  async write(path: string, pieces: readonly Uint8Array[], signal?: AbortSignal): Promise<FileHandle | undefined> {
    if (!this.#isPossible) return undefined;
    let handle: FileHandle | undefined;
    try {
      handle = await openPatiently(() => this.#open(path, FLAGS), signal);
      await this.#fill(handle, pieces, signal);
      return handle;
    } catch (error) {
      await handle?.close();
      if (!isSystemError(error, "EINVAL", "ENOTSUP", "EOPNOTSUPP")) throw error;
      this.#isPossible = false;
      if (handle) await unlink(path);
      return undefined;
    }
  }

  async #fill(handle: FileHandle, pieces: readonly Uint8Array[], signal?: AbortSignal): Promise<void> {
    const buffer = this.#spare.pop() ?? alignedBuffer();
    try {
      let position = 0;
      let filled = 0;
      for (const piece of pieces) {
        for (let at = 0; at < piece.length; ) {
          const bytes = Math.min(piece.length - at, buffer.length - filled);
          buffer.set(piece.subarray(at, at + bytes), filled);
          at += bytes;
          filled += bytes;
          if (filled < buffer.length) continue;
          await writeFully(handle, buffer, position, signal);
          position += filled;
          filled = 0;
        }
      }
      if (filled === 0) return;
      const padded = Math.ceil(filled / BLOCK_BYTES) * BLOCK_BYTES;
      await writeFully(handle, buffer.fill(0, filled, padded).subarray(0, padded), position, signal);
      await handle.truncate(position + filled);
    } finally {
      if (this.#spare.length < SPARE_BUFFERS) this.#spare.push(buffer);
    }
  }
}

/** Memory of WebAssembly begins at a page; that of an ordinary ArrayBuffer does not. */
function alignedBuffer(): Uint8Array {
  return new Uint8Array(new WebAssembly.Memory({ initial: BUFFER_BYTES >> 16, maximum: BUFFER_BYTES >> 16 }).buffer);
}

/** The system may stop short, at the end of the disk for one. */
async function writeFully(
  handle: FileHandle,
  bytes: Uint8Array,
  position: number,
  signal?: AbortSignal,
): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    signal?.throwIfAborted();
    const { bytesWritten } = await handle.write(bytes, at, bytes.length - at, position + at);
    if (bytesWritten === 0) throw new Error("the file system wrote 0 bytes");
    at += bytesWritten;
  }
}
