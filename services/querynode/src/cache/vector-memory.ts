import { FreeSpans } from "@sluice/async";

/** What we use of it; the compiler's libraries know it only for browsers. */
declare const WebAssembly: {
  Memory: new (pages: { initial: number; maximum: number; shared: true }) => SharedMemory;
};

/** A memory of WebAssembly that threads share. */
export interface SharedMemory {
  readonly buffer: SharedArrayBuffer;
}

/** A part of the memory, with any content. */
export interface VectorBlock {
  /** Index of its memory in `memories`. */
  readonly slab: number;
  readonly bytes: Uint8Array<SharedArrayBuffer>;
}

const PAGE_BYTES = 1 << 16;
/** Most that one memory of WebAssembly may have, without its last page: kernels read some bytes behind a row. */
const MOST_SLAB_BYTES = 2 ** 32 - PAGE_BYTES;
/**
 * What vectors lie in while they are kept or compared: some memories that all threads share, whose parts are used again. The collector
 * does not count memory that threads share, and so lets it pile up. Address space is reserved; the system gives pages when
 * they are used.
 */
export class VectorMemory {
  readonly memories: readonly SharedMemory[];
  readonly #free: readonly FreeSpans[];

  /** @param bytes that all blocks may have together @param slabBytes of each memory, in whole pages */
  constructor(bytes: number, slabBytes = MOST_SLAB_BYTES) {
    const sizes = Array.from({ length: Math.ceil(bytes / slabBytes) }, (_, i) =>
      Math.min(slabBytes, bytes - i * slabBytes),
    );
    this.memories = sizes.map((size) => sharedMemory(Math.ceil(size / PAGE_BYTES) + 1));
    this.#free = this.memories.map(({ buffer }) => new FreeSpans(0, buffer.byteLength - PAGE_BYTES));
  }

  /** Undefined while there is no room. */
  take(length: number): VectorBlock | undefined {
    for (const [slab, free] of this.#free.entries()) {
      const start = free.take(length);
      if (start !== undefined) return { slab, bytes: new Uint8Array(this.memories[slab].buffer, start, length) };
    }
    return undefined;
  }

  /** Takes back what `take` gave, once: nobody reads or writes it any more. */
  give({ slab, bytes }: VectorBlock): void {
    this.#free[slab].give(bytes.byteOffset, bytes.length);
  }

  /** Whether there is room for it when nothing else is there. */
  fits(length: number): boolean {
    return length <= this.memories[0].buffer.byteLength - PAGE_BYTES;
  }
}

function sharedMemory(pages: number): SharedMemory {
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
}
