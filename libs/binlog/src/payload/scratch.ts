import { newMemory, type PageMemory } from "@sluice/parquet";

/** Memory that is used again and again and only grows. One call's bytes live until the next call. */
export class Scratch {
  readonly #memory: PageMemory;
  #bytes = new Uint8Array(0);

  constructor(memory = newMemory) {
    this.#memory = memory;
  }

  /** `length` bytes of any content. */
  take(length: number): Uint8Array {
    if (this.#bytes.length < length) {
      this.#memory.give(this.#bytes);
      this.#bytes = this.#memory.take(Math.max(length, 2 * this.#bytes.length, 1 << 16));
    }
    return this.#bytes.subarray(0, length);
  }

  /** Whether bytes are of this memory, and change with the next call. */
  owns({ buffer, byteOffset }: Uint8Array): boolean {
    const start = byteOffset - this.#bytes.byteOffset;
    return buffer === this.#bytes.buffer && start >= 0 && start < this.#bytes.length;
  }
}
