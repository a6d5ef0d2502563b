import type { SourceFile } from "@sluice/object-store";
import { shortened } from "../arrays/row-source.ts";

/** Blocks that are kept, and bytes of each: what is read is mostly near to what was read before. */
const [MAX_BLOCKS, BLOCK_BYTES] = [16, 256 << 10];

/** Small parts of a file that are asked for in about ascending order. */
export class FileBlocks {
  readonly #file: SourceFile;
  readonly #signal: AbortSignal;
  readonly #blocks = new Map<number, Buffer>();

  constructor(file: SourceFile, signal: AbortSignal) {
    this.#file = file;
    this.#signal = signal;
  }

  /** Bytes that stay as they are. @throws {ImportError} `malformed_file` where the file ends before */
  async bytes(start: number, length: number): Promise<Buffer> {
    const index = Math.floor(start / BLOCK_BYTES);
    const at = start - index * BLOCK_BYTES;
    const block = await this.#block(index);
    if (at + length <= block.length) return block.subarray(at, at + length);
    if (block.length < BLOCK_BYTES) throw shortened(this.#file.sizeBytes);
    const rest = await this.bytes((index + 1) * BLOCK_BYTES, length - (BLOCK_BYTES - at));
    return Buffer.concat([block.subarray(at), rest]);
  }

  async #block(index: number): Promise<Buffer> {
    const block = this.#blocks.get(index) ?? (await this.#load(index * BLOCK_BYTES));
    this.#blocks.delete(index);
    this.#blocks.set(index, block);
    const [oldest] = this.#blocks.keys();
    if (this.#blocks.size > MAX_BLOCKS) this.#blocks.delete(oldest);
    return block;
  }

  async #load(start: number): Promise<Buffer> {
    const target = Buffer.alloc(Math.max(0, Math.min(BLOCK_BYTES, this.#file.sizeBytes - start)));
    const count = target.length === 0 ? 0 : await this.#file.readInto(start, target, this.#signal);
    if (count < target.length) throw shortened(start + count);
    return target;
  }
}
