import type { SourceFile } from "@sluice/object-store";
import { malformed } from "./one-file.ts";

const WINDOW_BYTES = 64 << 10;

/**
 * Reads the little-endian headers of a file one number after the other and skips what lies between them. Every count and size
 * is a claim: whatever is skipped must lie in the file.
 */
export class FileCursor {
  readonly source: SourceFile;
  position: number;
  readonly signal: AbortSignal;
  #window = new DataView(new ArrayBuffer(0));
  #windowAt = 0;

  constructor(source: SourceFile, signal: AbortSignal | undefined, position = 0) {
    this.source = source;
    this.signal = signal ?? new AbortController().signal;
    this.position = position;
  }

  /** Bytes from here to the end of the file. */
  get bytesLeft(): number {
    return this.source.sizeBytes - this.position;
  }

  /** @throws {ImportError} `malformed_file` where the file ends before */
  async u8(): Promise<number> {
    return (await this.#take(1)).getUint8(0);
  }

  /** @throws {ImportError} `malformed_file` where the file ends before */
  async i32(): Promise<number> {
    return (await this.#take(4)).getInt32(0, true);
  }

  /** @throws {ImportError} `malformed_file` where the file ends before */
  async u32(): Promise<number> {
    return (await this.#take(4)).getUint32(0, true);
  }

  /** @throws {ImportError} `malformed_file` where the file ends before */
  async f32(): Promise<number> {
    return (await this.#take(4)).getFloat32(0, true);
  }

  /** A number of 64 bits that counts something in memory or file. @param what for the error where it is beyond counting */
  async count(what: string): Promise<number> {
    const value = (await this.#take(8)).getBigInt64(0, true);
    if (value >= 0n && value <= Number.MAX_SAFE_INTEGER) return Number(value);
    throw malformed(`${what} is ${value}`, this.position - 8);
  }

  /** Latin-1: a character a byte. @throws {ImportError} `malformed_file` where the file ends before */
  async text(bytes: number): Promise<string> {
    const view = await this.#take(bytes);
    return Buffer.from(view.buffer, view.byteOffset, bytes).toString("latin1");
  }

  /** @param what stands there, for the error where the file ends before its end; answers where it begins */
  skip(count: number, itemBytes: number, what: string): number {
    const start = this.position;
    if (count * itemBytes > this.bytesLeft)
      throw malformed(`${what} takes ${count * itemBytes} bytes, and ${Math.max(0, this.bytesLeft)} are left`, start);
    this.position += count * itemBytes;
    return start;
  }

  /** Skips numbers of 32 bits up to the end of so many lists, each of which `end` ends. @param what as in `skip` */
  async skipLists(lists: number, end: number, what: string): Promise<void> {
    for (let left = lists; left > 0; ) {
      if (this.position + 4 > this.#windowAt + this.#window.byteLength || this.position < this.#windowAt)
        await this.#load();
      let at = this.position - this.#windowAt;
      if (at + 4 > this.#window.byteLength) throw malformed(`${left} of ${what} are missing`, this.source.sizeBytes);
      for (; left > 0 && at + 4 <= this.#window.byteLength; at += 4)
        if (this.#window.getInt32(at, true) === end) left--;
      this.position = this.#windowAt + at;
    }
  }

  /** A vector: its count, then so many items. */
  async skipVector(itemBytes: number, what: string): Promise<{ readonly start: number; readonly count: number }> {
    const count = await this.count(`the number of ${what}`);
    return { start: this.skip(count, itemBytes, what), count };
  }

  async #take(bytes: number): Promise<DataView> {
    if (this.position < this.#windowAt || this.position + bytes > this.#windowAt + this.#window.byteLength)
      await this.#load();
    const at = this.position - this.#windowAt;
    if (at + bytes > this.#window.byteLength) throw malformed("it ends inside its header", this.source.sizeBytes);
    this.position += bytes;
    return new DataView(this.#window.buffer, this.#window.byteOffset + at, bytes);
  }

  async #load(): Promise<void> {
    const target = new Uint8Array(Math.max(0, Math.min(WINDOW_BYTES, this.bytesLeft)));
    const count = target.length === 0 ? 0 : await this.source.readInto(this.position, target, this.signal);
    this.#window = new DataView(target.buffer, 0, count);
    this.#windowAt = this.position;
  }
}
