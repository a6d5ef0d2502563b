import { type ArenaMemory, MemoryArena } from "./memory-arena.ts";

/** Smaller arrays are cheap to make, and to collect. */
const MIN_BYTES = 1 << 15;
/** Bytes that one thread keeps outside of its arena: what the buffers of a task have at most by default, and the filters over its keys. */
const MAX_KEPT_BYTES = 104 << 20;

/** Arrays that had no room in the arena. */
const kept: Uint8Array<ArrayBuffer>[] = [];
let keptBytes = 0;
/** One a thread, from when it is first asked for; null where there can be none. */
let arena: MemoryArena | null | undefined;

/**
 * Memory of `length` bytes with any content. A thread runs task after task of the same job, with buffers of the same sizes:
 * new ones for each would pile up as garbage of a hundred megabytes, and the system would have to clear their pages. Large ones
 * lie in the thread's arena while that has room; who takes them gives them back.
 */
export function takeMemory(length: number): Uint8Array<ArrayBuffer> {
  if (length < MIN_BYTES) return new Uint8Array(length);
  return openArena()?.take(length) ?? takeKept(length) ?? new Uint8Array(length);
}

/** Gives memory back that nobody reads or writes any more; of too much outside of the arena, the oldest goes. */
export function giveMemory(bytes: Uint8Array<ArrayBuffer>): void {
  if (bytes.length < MIN_BYTES) return;
  if (arena?.has(bytes)) {
    arena.give(bytes);
    return;
  }
  kept.push(bytes);
  keptBytes += bytes.length;
  while (keptBytes > MAX_KEPT_BYTES) removeKept(0);
}

/** Memory that is taken for one reader, and given back together. */
export class HeldMemory implements Disposable {
  #taken: Uint8Array<ArrayBuffer>[] = [];

  /** `length` bytes of any content. */
  take(length: number): Uint8Array<ArrayBuffer> {
    const bytes = takeMemory(length);
    this.#taken.push(bytes);
    return bytes;
  }

  /** Gives one back before the others. */
  give(bytes: Uint8Array<ArrayBuffer>): void {
    const index = this.#taken.lastIndexOf(bytes);
    if (index < 0) return;
    this.#taken.splice(index, 1);
    giveMemory(bytes);
  }

  /** Nothing of it is read or written any more. */
  [Symbol.dispose](): void {
    for (const bytes of this.#taken) giveMemory(bytes);
    this.#taken = [];
  }
}

/** The thread's arena, for kernels that work where buffers lie; undefined where there can be none. */
export function pooledMemory(): ArenaMemory | undefined {
  return openArena()?.memory;
}

/** Whether the bytes lie in the thread's arena, so that `byteOffset` tells how they are aligned. */
export function isPooled(bytes: { readonly buffer: ArrayBufferLike }): boolean {
  return arena?.has(bytes) ?? false;
}

function openArena(): MemoryArena | null {
  return (arena ??= MemoryArena.open() ?? null);
}

function takeKept(length: number): Uint8Array<ArrayBuffer> | undefined {
  const index = kept.findLastIndex((bytes) => bytes.length === length);
  return index < 0 ? undefined : removeKept(index);
}

function removeKept(index: number): Uint8Array<ArrayBuffer> {
  const [bytes] = kept.splice(index, 1);
  keptBytes -= bytes.length;
  return bytes;
}
