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
/** What disks ask of addresses; spans are whole pages. */
const PAGE_BYTES = 4096;
/** At its beginning, for kernels: their stack, and the lists that they are given. */
export const ARENA_SCRATCH_BYTES = 1 << 20;

/** A part of the arena, in bytes. */
interface Span {
  start: number;
  end: number;
}

/**
 * Large buffers of one thread in one memory of WebAssembly, so that kernels find them where they lie, and disks take them as they
 * are: it begins at a page of the system, as an ordinary array does not. It never grows, which would detach views.
 */
export class MemoryArena {
  readonly memory: ArenaMemory;
  /** Ascending, none touches the next. */
  readonly #free: Span[];

  private constructor(memory: ArenaMemory, bytes: number) {
    this.memory = memory;
    this.#free = [{ start: ARENA_SCRATCH_BYTES, end: bytes }];
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

  /** Undefined when there is no room: of the free spans that suffice the smallest, so that pages never used are used last. */
  take(length: number): Uint8Array<ArrayBuffer> | undefined {
    const bytes = wholePages(length);
    const index = this.#smallestFor(bytes);
    if (index < 0) return undefined;
    const span = this.#free[index];
    const { start } = span;
    span.start += bytes;
    if (span.start === span.end) this.#free.splice(index, 1);
    return new Uint8Array(this.memory.buffer, start, length);
  }

  /** Takes back what `take` gave, once. */
  give({ byteOffset, length }: Uint8Array): void {
    const freed = { start: byteOffset, end: byteOffset + wholePages(length) };
    const after = this.#free.findIndex(({ start }) => start >= freed.end);
    const index = after < 0 ? this.#free.length : after;
    const [before, next] = [this.#free[index - 1], this.#free[index]];
    if (next?.start === freed.end) {
      freed.end = next.end;
      this.#free.splice(index, 1);
    }
    if (before?.end === freed.start) before.end = freed.end;
    else this.#free.splice(index, 0, freed);
  }

  /** Index of the smallest free span that has so many bytes, the lowest of equal ones; -1 where none has. */
  #smallestFor(bytes: number): number {
    let [smallest, least] = [-1, Number.POSITIVE_INFINITY];
    for (const [i, { start, end }] of this.#free.entries()) {
      const size = end - start;
      if (size >= bytes && size < least) [smallest, least] = [i, size];
    }
    return smallest;
  }

  has({ buffer }: { readonly buffer: ArrayBufferLike }): boolean {
    return buffer === this.memory.buffer;
  }
}

function wholePages(length: number): number {
  return Math.ceil(length / PAGE_BYTES) * PAGE_BYTES;
}
