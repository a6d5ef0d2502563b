import { constants } from "node:fs";
import { type FileHandle, open, unlink } from "node:fs/promises";
import { giveMemory, isPooled, takeMemory } from "@sluice/async";
import { isSystemError } from "../storage-error.ts";
import { openPatiently } from "./open-patiently.ts";
import { writeAll } from "./write-all.ts";

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

/**
 * A file that grows by whole blocks: what is not aligned as the file is goes through a buffer. All that the buffer has room for is
 * one call: each is a request to the disk, and a turn of the thread pool.
 */
class BlockFile {
  readonly #handle: FileHandle;
  readonly #buffer: Uint8Array;
  readonly #signal: AbortSignal | undefined;
  /** Bytes that are written. */
  #position = 0;
  /** Whole blocks that come next, and how many bytes they are. */
  #parts: Uint8Array[] = [];
  #partBytes = 0;
  /** Of the buffer, those behind the parts that lie in it: `[start, end)`. */
  #start = 0;
  #end = 0;

  constructor(handle: FileHandle, buffer: Uint8Array, signal: AbortSignal | undefined) {
    this.#handle = handle;
    this.#buffer = buffer;
    this.#signal = signal;
  }

  async append(piece: Uint8Array): Promise<void> {
    const { start, end } = ownBlocks(piece, this.#length);
    await this.#gather(piece.subarray(0, start));
    if (start < end) {
      this.#closePart();
      this.#add(piece.subarray(start, end));
    }
    await this.#gather(piece.subarray(end));
  }

  /** The last block is padded, and the file cut to its length. */
  async end(): Promise<void> {
    const length = this.#length;
    const padding = -length & (BLOCK_BYTES - 1);
    this.#buffer.fill(0, this.#end, this.#end + padding);
    this.#end += padding;
    await this.#flush();
    if (padding > 0) await this.#handle.truncate(length);
  }

  /** Bytes of the pieces so far. */
  get #length(): number {
    return this.#position + this.#partBytes + this.#end - this.#start;
  }

  async #gather(piece: Uint8Array): Promise<void> {
    for (let at = 0; at < piece.length; ) {
      const bytes = Math.min(piece.length - at, this.#buffer.length - this.#end);
      this.#buffer.set(piece.subarray(at, at + bytes), this.#end);
      at += bytes;
      this.#end += bytes;
      if (this.#end === this.#buffer.length) await this.#flush();
    }
  }

  /** What was gathered, whole blocks, becomes a part. */
  #closePart(): void {
    if (this.#start < this.#end) this.#add(this.#buffer.subarray(this.#start, this.#end));
    this.#start = this.#end;
  }

  #add(part: Uint8Array): void {
    this.#parts.push(part);
    this.#partBytes += part.length;
  }

  async #flush(): Promise<void> {
    this.#closePart();
    const from = this.#position;
    const write = async (parts: readonly Uint8Array[], position: number) =>
      (await this.#handle.writev(parts, from + position)).bytesWritten;
    this.#position += await writeAll(this.#parts, write, this.#signal);
    this.#parts = [];
    [this.#partBytes, this.#start, this.#end] = [0, 0, 0];
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
