import type { DatabaseBytes } from "./byte-source.ts";
import { damaged } from "./damage.ts";

/** What is read at once: pages of a table mostly lie side by side, and a request to a bucket costs as much as a block. */
const BLOCK_BYTES = 256 << 10;

/** Bytes of one file in blocks, the ones used last kept. */
export class BlockCache {
  readonly #file: DatabaseBytes;
  readonly #maxBlocks: number;
  readonly #blocks = new Map<number, Uint8Array>();
  readonly #signal: AbortSignal;

  /** @param cacheBytes that blocks may take; two are kept in any case */
  constructor(file: DatabaseBytes, cacheBytes: number, signal: AbortSignal) {
    this.#file = file;
    this.#maxBlocks = Math.max(2, Math.floor(cacheBytes / BLOCK_BYTES));
    this.#signal = signal;
  }

  /**
   * Bytes from `start` on: part of a block, unless they lie in two. They stay as they are.
   * @throws {ImportError} `malformed_file` where the file ends before; as `readInto`
   */
  async bytes(start: number, length: number): Promise<Uint8Array> {
    const first = Math.floor(start / BLOCK_BYTES);
    const at = start - first * BLOCK_BYTES;
    const block = await this.#block(first);
    if (at + length <= block.length) return block.subarray(at, at + length);
    if (block.length < BLOCK_BYTES) throw this.#short(start, length);
    const out = new Uint8Array(length);
    out.set(block.subarray(at));
    out.set(await this.bytes((first + 1) * BLOCK_BYTES, length - (BLOCK_BYTES - at)), BLOCK_BYTES - at);
    return out;
  }

  async #block(index: number): Promise<Uint8Array> {
    const known = this.#blocks.get(index);
    const block = known ?? (await this.#load(index));
    // The map's order is that of use.
    this.#blocks.delete(index);
    this.#blocks.set(index, block);
    const [oldest] = this.#blocks.keys();
    if (this.#blocks.size > this.#maxBlocks) this.#blocks.delete(oldest);
    return block;
  }

  async #load(index: number): Promise<Uint8Array> {
    const start = index * BLOCK_BYTES;
    const target = new Uint8Array(Math.max(0, Math.min(BLOCK_BYTES, this.#file.sizeBytes - start)));
    const count = target.length === 0 ? 0 : await this.#file.readInto(start, target, this.#signal);
    if (count < target.length) throw this.#short(start, target.length);
    return target;
  }

  #short(start: number, length: number): Error {
    const { path, sizeBytes } = this.#file;
    return damaged(path, `it ends at byte ${sizeBytes}, and ${length} bytes from ${start} on belong to it`, sizeBytes);
  }
}
