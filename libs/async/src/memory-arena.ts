import { FreeSpans } from "./free-spans.ts";

/** What we use of it; the compiler's libraries know it only for browsers. */
declare const WebAssembly: {
  Memory: new (pages: { initial: number; maximum: number }) => ArenaMemory;
};

/** A memory of WebAssembly, as kernels import it. */
export interface ArenaMemory {
  readonly buffer: ArrayBuffer;
}

/** Address space of one thread's arena: what the buffers of a task have by default. The system gives pages when they are used. */
const ARENA_BYTES = 128 << 20;
/** At its beginning, for kernels: their stack, and the lists that they are given. */
export const ARENA_SCRATCH_BYTES = 1 << 20;

/**
 * Large buffers of one thread in one memory of WebAssembly, so that kernels find them where they lie, and disks take them as they
 * are: it begins at a page of the system, as an ordinary array does not. It never grows, which would detach views.
 */
export class MemoryArena {
  readonly memory: ArenaMemory;
  readonly #free: FreeSpans;

  private constructor(memory: ArenaMemory, bytes: number) {
    this.memory = memory;
    this.#free = new FreeSpans(ARENA_SCRATCH_BYTES, bytes);
  }

  /** Undefined where the system has no such address space left. @param bytes in whole pages of WebAssembly, of 64 KiB */
  static open(bytes = ARENA_BYTES): MemoryArena | undefined {
    const pages = bytes >> 16;
    try {
      return new MemoryArena(new WebAssembly.Memory({ initial: pages, maximum: pages }), bytes);
    } catch (error) {
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  }

  /** Undefined when there is no room. */
  take(length: number): Uint8Array<ArrayBuffer> | undefined {
    const start = this.#free.take(length);
    return start === undefined ? undefined : new Uint8Array(this.memory.buffer, start, length);
  }

  /** Takes back what `take` gave, once. */
  give({ byteOffset, length }: Uint8Array): void {
    this.#free.give(byteOffset, length);
  }

  /** Whether a view lies in this memory, so that kernels in it need no copy. */
  has({ buffer }: { readonly buffer: ArrayBufferLike }): boolean {
    return buffer === this.memory.buffer;
  }
}
