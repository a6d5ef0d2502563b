import { isUtf8 } from "node:buffer";
import { giveMemory, isPooled, takeMemory } from "@sluice/async";
import { ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { MAX_ROW_BYTES } from "../format.ts";

/** Zero bytes behind the data of a window: inner loops stop at them and need not test bounds. */
export const SENTINEL_BYTES = 64;

/** Thrown, once a window, where the data ends inside of a row: the row is parsed again when more of the file is there. */
export const NEEDS_MORE: unique symbol = Symbol("needs more");

/** Which part of a file is read, and how much at once. */
export interface FileWindowsOptions {
  /** Bytes read at once. */
  readonly chunkBytes: number;
  /** First byte to read. */
  readonly start: number;
  readonly signal: AbortSignal;
}

/** A part of the file in memory: `bytes[begin, end)`, followed by zeros. */
export interface FileWindow {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly begin: number;
  readonly end: number;
  /** Offset in the file of `bytes[0]`; negative where the window has room in front. */
  readonly base: number;
  /** The file ends with this window. */
  readonly isLast: boolean;
  /** The window is UTF-8, but for a character that may be cut at its end. */
  readonly isUtf8: boolean;
}

interface ChunkBuffer {
  bytes: Uint8Array;
  view: DataView;
}

/**
 * The file as a sequence of windows. The next chunk is read while the present window is parsed; what the parser has left
 * over (the start of a row) is moved in front of it. Two buffers in all, unless a row is larger than the room in front.
 */
export class FileWindows {
  readonly #source: SourceFile;
  readonly #options: FileWindowsOptions;
  #room: number;
  #spare: ChunkBuffer[];
  #position: number;
  #next: Promise<{ buffer: ChunkBuffer; length: number }> | undefined;

  constructor(source: SourceFile, options: FileWindowsOptions) {
    this.#source = source;
    this.#options = options;
    this.#room = options.chunkBytes;
    this.#position = options.start;
    this.#spare = [this.#allocate(), this.#allocate()];
  }

  #allocate(): ChunkBuffer {
    const bytes = takeMemory(this.#room + this.#options.chunkBytes + SENTINEL_BYTES);
    return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
  }

  /** Gives the memory of all windows back, the present one's too; none is used again. */
  async close(present: FileWindow | undefined): Promise<void> {
    const read = await this.#next?.catch(() => undefined);
    const buffers = [...this.#spare, ...(present ? [present] : []), ...(read ? [read.buffer] : [])];
    for (const bytes of new Set(buffers.map((buffer) => buffer.bytes))) giveMemory(bytes as Uint8Array<ArrayBuffer>);
    this.#spare = [];
  }

  /** The first window, or the one that continues `previous` from `rest` on, an index into it. */
  async next(previous: FileWindow | undefined, rest: number): Promise<FileWindow> {
    this.#next ??= this.#read();
    const { buffer: read, length } = await this.#next;
    const left = previous ? previous.end - rest : 0;
    const buffer = left > this.#room ? this.#grow(read, length, left) : read;
    const begin = this.#room - left;
    if (previous) buffer.bytes.set(previous.bytes.subarray(rest, previous.end), begin);
    if (buffer !== read && read.bytes !== previous?.bytes) giveBack(read.bytes);
    const end = this.#room + length;
    buffer.bytes.fill(0, end, end + SENTINEL_BYTES);
    const base = this.#position - this.#room;
    this.#position += length;
    const isLast = length < this.#options.chunkBytes;
    if (previous) this.#recycle(previous);
    this.#next = isLast ? Promise.resolve({ buffer, length: 0 }) : this.#read();
    // A failure surfaces when the window is asked for.
    this.#next.catch(() => {});
    return {
      bytes: buffer.bytes,
      view: buffer.view,
      begin,
      end,
      base,
      isLast,
      isUtf8: isWhollyUtf8(buffer.bytes, begin, end, isLast),
    };
  }

  async #read(): Promise<{ buffer: ChunkBuffer; length: number }> {
    const buffer = this.#spare.pop() ?? this.#allocate();
    const target = buffer.bytes.subarray(this.#room, this.#room + this.#options.chunkBytes);
    const length = await this.#source.readInto(this.#position, target, this.#options.signal);
    return { buffer, length };
  }

  /** A row that is larger than the room in front of a chunk: more room, in this and all later buffers. */
  #grow(read: ChunkBuffer, length: number, left: number): ChunkBuffer {
    if (left > MAX_ROW_BYTES) {
      throw new ImportError(
        "malformed_file",
        `failed to decode row, error: a row is larger than ${MAX_ROW_BYTES} bytes`,
        { file: this.#source.path },
      );
    }
    const old = this.#room;
    this.#room = Math.min(left * 2, MAX_ROW_BYTES);
    for (const { bytes } of this.#spare.splice(0)) giveBack(bytes);
    const grown = this.#allocate();
    grown.bytes.set(read.bytes.subarray(old, old + length), this.#room);
    return grown;
  }

  #recycle(window: FileWindow): void {
    const fits = window.bytes.length === this.#room + this.#options.chunkBytes + SENTINEL_BYTES;
    if (fits) this.#spare.push({ bytes: window.bytes, view: window.view });
    else giveBack(window.bytes);
  }
}

/** A window that has become too small: no later one is like it, so that outside of the arena it is not worth keeping. */
function giveBack(bytes: Uint8Array): void {
  if (isPooled(bytes)) giveMemory(bytes as Uint8Array<ArrayBuffer>);
}

/** Characters may be cut at the end of a window that is not the last; up to three bytes are left for the next one. */
function isWhollyUtf8(bytes: Uint8Array, begin: number, end: number, isLast: boolean): boolean {
  let stop = end;
  if (!isLast) {
    let back = 0;
    while (back < 3 && stop - back - 1 >= begin && (bytes[stop - back - 1] & 0xc0) === 0x80) back++;
    if (stop - back - 1 >= begin && bytes[stop - back - 1] >= 0xc0) stop -= back + 1;
  }
  return isUtf8(bytes.subarray(begin, stop));
}

/** A UTF-8 byte order mark at the start of the file is passed over (Milvus refuses it). */
export function skipMark({ bytes, base }: FileWindow, p: number): number {
  if (base + p !== 0 || bytes[p] !== 0xef) return p;
  return bytes[p + 1] === 0xbb && bytes[p + 2] === 0xbf ? p + 3 : p;
}
