import { ImportError } from "@sluice/errors";
import type { ByteSource } from "../byte-source.ts";
import { CutShort } from "../damage.ts";
import type { PageMemory } from "./page-memory.ts";

/**
 * Bytes of one column chunk, read in ranges: memory is a few ranges or one page, whichever is more, whatever the chunk's
 * size. The next range is read while the current one is decoded.
 */
export class ChunkBytes {
  readonly #source: ByteSource;
  readonly #signal: AbortSignal;
  readonly #memory: PageMemory;
  #readBytes = 0;
  /** `[at, #filled)` of the buffer is read and not used; the rest of the chunk starts at `#position` of the file. */
  #buffer = new Uint8Array(0);
  #at = 0;
  #filled = 0;
  #position = 0;
  #end = 0;
  #pending: Promise<number> | undefined;
  #pendingBytes = 0;

  constructor(source: ByteSource, signal: AbortSignal, memory: PageMemory) {
    this.#source = source;
    this.#signal = signal;
    this.#memory = memory;
  }

  /** Starts with the chunk at `[start, end)` of the file, and with reading it. `settle` must have been called before. */
  open(start: number, end: number, readBytes: number): void {
    this.#readBytes = Math.min(readBytes, end - start);
    this.#at = this.#filled = 0;
    this.#position = start;
    this.#end = end;
    this.#readAhead();
  }

  /** It may be another one after each `require`. */
  get buffer(): Uint8Array {
    return this.#buffer;
  }

  /** Where the unused bytes start in `buffer`, and where those that are there end. */
  get at(): number {
    return this.#at;
  }

  /** Exclusive. */
  get filled(): number {
    return this.#filled;
  }

  /** Position in the file of the next unused byte. */
  get position(): number {
    return this.#position - (this.#filled - this.#at);
  }

  /** Unused bytes of the chunk, read or not. */
  get remaining(): number {
    return this.#end - this.position;
  }

  /** Whether so many unused bytes are there without waiting. */
  has(count: number): boolean {
    return this.#filled - this.#at >= count;
  }

  /** Makes `count` unused bytes stand in `buffer` from `at` on. @throws {CutShort} when the chunk has fewer */
  async require(count: number): Promise<void> {
    if (count > this.remaining) throw new CutShort(`a column chunk (${this.remaining} bytes left, ${count} needed)`);
    while (!this.has(count)) {
      if (!this.#pending) this.#startRead(count);
      await this.#finishRead();
    }
    this.#readAhead();
  }

  /** Steps over `count` bytes, which must be there. */
  use(count: number): void {
    this.#at += count;
  }

  /** Waits until no read is under way that could still write to the buffer. Never rejects. */
  async settle(): Promise<void> {
    await this.#pending?.catch(() => undefined); // Whoever asked for the bytes has got the error, or nobody needs them.
    this.#pending = undefined;
  }

  /** Gives its memory back when nothing writes to it any more. It may be opened again. */
  async close(): Promise<void> {
    await this.settle();
    this.#memory.give(this.#buffer);
    this.#buffer = new Uint8Array(0);
    this.#at = this.#filled = 0;
  }

  async #finishRead(): Promise<void> {
    const count = await this.#pending!;
    this.#pending = undefined;
    if (count < this.#pendingBytes) {
      const reason = `the file ends at byte ${this.#position + count}, inside of a column chunk: it is cut short or was replaced`;
      throw new ImportError("malformed_file", reason, { byteOffset: this.#position + count });
    }
    this.#filled += count;
    this.#position += count;
  }

  /** Begins the next range, when it fits behind what is held or little has to be moved for it. */
  #readAhead(): void {
    if (this.#pending || this.#position >= this.#end) return;
    const held = this.#filled - this.#at;
    const size = Math.min(this.#readBytes, this.#end - this.#position);
    if (this.#buffer.length - this.#filled >= size || held <= this.#readBytes / 2) this.#startRead(0);
  }

  #startRead(needed: number): void {
    const held = this.#filled - this.#at;
    const size = Math.min(Math.max(this.#readBytes, needed - held), this.#end - this.#position);
    if (this.#buffer.length - this.#filled < size) this.#makeRoom(held, size);
    const target = this.#buffer.subarray(this.#filled, this.#filled + size);
    this.#pendingBytes = size;
    this.#pending = this.#source.readInto(this.#position, target, this.#signal);
    this.#pending.catch(() => undefined); // It surfaces where the bytes are awaited.
  }

  /** Moves what is held to the front, to a greater buffer where it would not fit. */
  #makeRoom(held: number, size: number): void {
    if (held + size <= this.#buffer.length) {
      this.#buffer.copyWithin(0, this.#at, this.#filled);
    } else {
      const grown = this.#memory.take(
        Math.max(held + size, Math.min(2 * this.#readBytes, held + this.#end - this.#position)),
      );
      grown.set(this.#buffer.subarray(this.#at, this.#filled));
      this.#memory.give(this.#buffer);
      this.#buffer = grown;
    }
    this.#at = 0;
    this.#filled = held;
  }
}
