import { availableParallelism } from "node:os";
import { FreeSpans } from "@sluice/async";
import {
  KERNEL_BYTES_BEHIND,
  KERNEL_ROOM_BYTES,
  type KernelRoom,
  type SharedKernelMemory,
  sharedMemory,
} from "@sluice/kernels/vectors";

/** A part of the memory, with any content. */
export interface VectorBlock {
  /** Index of its memory in `memories`. */
  readonly slab: number;
  readonly bytes: Uint8Array<SharedArrayBuffer>;
}

const PAGE_BYTES = 1 << 16;
/** Most that one memory of WebAssembly may have. */
const MOST_BYTES = 2 ** 32 - PAGE_BYTES;
/**
 * What vectors lie in while they are kept or compared: some memories that all threads share, whose parts are used again. The collector
 * does not count memory that threads share, and so lets it pile up. Each thread has a room there for the kernel that compares
 * vectors where they lie. Address space is reserved; the system gives pages when they are used.
 */
export class VectorMemory {
  readonly memories: readonly SharedKernelMemory[];
  readonly #slabBytes: number;
  readonly #free: readonly FreeSpans[];

  /** @param bytes that all blocks may have together @param threads that compare, beside this one @param slabBytes of each memory at most */
  constructor(bytes: number, threads = availableParallelism(), slabBytes?: number) {
    const roomBytes = (threads + 1) * KERNEL_ROOM_BYTES;
    const most = slabBytes ?? MOST_BYTES - roomBytes - KERNEL_BYTES_BEHIND;
    const count = Math.ceil(bytes / most);
    this.#slabBytes = Math.min(most, Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES);
    const pages = (roomBytes + this.#slabBytes + KERNEL_BYTES_BEHIND) / PAGE_BYTES;
    this.memories = Array.from({ length: count }, () => sharedMemory(pages));
    this.#free = this.memories.map((_, i) => {
      const length = Math.min(this.#slabBytes, bytes - i * this.#slabBytes);
      return new FreeSpans(roomBytes, roomBytes + Math.ceil(length / PAGE_BYTES) * PAGE_BYTES);
    });
  }

  /** The rooms of a thread, one in each memory. @param thread 0 is this one */
  rooms(thread: number): KernelRoom[] {
    return this.memories.map((memory) => ({ memory, at: thread * KERNEL_ROOM_BYTES }));
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
    return length <= this.#slabBytes;
  }
}
