import { constants } from "node:fs";
import { type FileHandle, open, unlink } from "node:fs/promises";
import { giveMemory, isPooled, takeMemory } from "@sluice/async";
import { isSystemError } from "../storage-error.ts";
import { openPatiently } from "./open-patiently.ts";

/** What we use of it; the compiler's libraries know it only for browsers. */
declare const WebAssembly: {
  Memory: new (pages: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
};

/** What disks and file systems of today ask of addresses, positions and lengths. */
const BLOCK_BYTES = 4096;
/** Bytes of one write from a buffer. Larger ones were not faster. */
const BUFFER_BYTES = 2 << 20;
/** Spare buffers that are kept: as many as writes are in flight. */
const SPARE_BUFFERS = 4;
/** Buffers are multiples of it. */
const MIN_BUFFER_BYTES = 64 << 10;
/** Shorter pieces are gathered with their neighbours. */
const OWN_BYTES = 256 << 10;
const FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_DIRECT ?? 0);

/**
 * Writes large files past the page cache. Through it, a gigabyte takes 0.3 to 1 s of CPU for copies and fresh pages, and
 * pushes out what others read; directly, the disk fetches it from our memory in 0.1 s of ours. Pieces that lie in
 * memory as they will in the file are written from there; others are gathered in aligned buffers, the last one is padded with zeros,
 * and the file cut to its length.
 */
export class DirectWriter {
  readonly #open: typeof open;
  /** Buffers that had no room in the pool. */
  readonly #spare: Uint8Array<ArrayBuffer>[] = [];
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
    const buffer = this.#takeBuffer(Math.min(BUFFER_BYTES, gatheredBytes(pieces)));
    try {
      const file = new BlockFile(handle, buffer, signal);
      for (const piece of pieces) await file.append(piece);
      await file.end();
    } finally {
      if (isPooled(buffer)) giveMemory(buffer);
      else if (this.#spare.length < SPARE_BUFFERS) this.#spare.push(buffer);
    }
  }

  /** From the pool while that has room: memory of WebAssembly begins at a page; that of an ordinary ArrayBuffer does not. */
  #takeBuffer(least: number): Uint8Array<ArrayBuffer> {
    const bytes = takeMemory(Math.max(1, Math.ceil(least / MIN_BUFFER_BYTES)) * MIN_BUFFER_BYTES);
    if (isPooled(bytes)) return bytes;
    giveMemory(bytes);
    return this.#spare.pop() ?? ownBuffer();
  }
}

/** A file that grows by whole blocks: what is not aligned as the file is goes through a buffer. */
class BlockFile {
  readonly #handle: FileHandle;
  readonly #buffer: Uint8Array;
  readonly #signal: AbortSignal | undefined;
  /** Bytes that are written. */
  #position = 0;
  /** Bytes of the buffer, which come next. */
  #filled = 0;

  constructor(handle: FileHandle, buffer: Uint8Array, signal: AbortSignal | undefined) {
    this.#handle = handle;
    this.#buffer = buffer;
    this.#signal = signal;
  }

  async append(piece: Uint8Array): Promise<void> {
    const { start, end } = ownBlocks(piece, this.#position + this.#filled);
    await this.#gather(piece.subarray(0, start));
    if (start < end) {
      await this.#flush(this.#filled);
      await writeFully(this.#handle, piece.subarray(start, end), this.#position, this.#signal);
      this.#position += end - start;
    }
    await this.#gather(piece.subarray(end));
  }

  /** The last block is padded, and the file cut to its length. */
  async end(): Promise<void> {
    const length = this.#position + this.#filled;
    if (this.#filled === 0) return;
    const padded = Math.ceil(this.#filled / BLOCK_BYTES) * BLOCK_BYTES;
    this.#buffer.fill(0, this.#filled, padded);
    await this.#flush(padded);
    await this.#handle.truncate(length);
  }

  async #gather(piece: Uint8Array): Promise<void> {
    for (let at = 0; at < piece.length; ) {
      const bytes = Math.min(piece.length - at, this.#buffer.length - this.#filled);
      this.#buffer.set(piece.subarray(at, at + bytes), this.#filled);
      at += bytes;
      this.#filled += bytes;
      if (this.#filled === this.#buffer.length) await this.#flush(this.#filled);
    }
  }

  /** @param bytes of the buffer, whole blocks */
  async #flush(bytes: number): Promise<void> {
    if (bytes > 0) await writeFully(this.#handle, this.#buffer.subarray(0, bytes), this.#position, this.#signal);
    this.#position += bytes;
    this.#filled = 0;
  }
}

/** The part of a piece that can be written from where it lies, if it is long: whole blocks of memory that are such in the file. */
function ownBlocks(piece: Uint8Array, position: number): { start: number; end: number } {
  const start = -position & (BLOCK_BYTES - 1);
  const end = start + Math.max(0, Math.floor((piece.length - start) / BLOCK_BYTES) * BLOCK_BYTES);
  const isAligned = isPooled(piece) && (piece.byteOffset + start) % BLOCK_BYTES === 0;
  return isAligned && end - start >= OWN_BYTES ? { start, end } : { start: piece.length, end: piece.length };
}

/** Bytes that are not written from where they lie: of vectors, those in the first and last block. */
function gatheredBytes(pieces: readonly Uint8Array[]): number {
  let [gathered, position] = [0, 0];
  for (const piece of pieces) {
    const { start, end } = ownBlocks(piece, position);
    gathered += piece.length - (end - start);
    position += piece.length;
  }
  return gathered;
}

function ownBuffer(): Uint8Array<ArrayBuffer> {
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
