import { type ArenaMemory, MemoryArena } from "./memory-arena.ts";

/** Smaller arrays are cheap to make, and to collect. */
const MIN_BYTES = 1 << 20;
/** Bytes that one thread keeps: what the buffers of a task have at most by default, and the filters over its keys. */
const MAX_KEPT_BYTES = 104 << 20;

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
  const index = kept.findLastIndex((bytes) => bytes.length === length);
  if (index < 0) return fromArena(length) ?? new Uint8Array(length);
  const [bytes] = kept.splice(index, 1);
  keptBytes -= bytes.length;
  return bytes;
}

/** Gives memory back that nobody reads or writes any more; of too much, the oldest goes. */
export function giveMemory(bytes: Uint8Array<ArrayBuffer>): void {
  if (bytes.length < MIN_BYTES) return;
  kept.push(bytes);
  keptBytes += bytes.length;
  while (keptBytes > MAX_KEPT_BYTES) drop(0);
}

/** Memory that is taken for one reader, and given back together. */
export class HeldMemory implements Disposable {
  #taken: Uint8Array<ArrayBuffer>[] = [];

  take(length: number): Uint8Array<ArrayBuffer> {
    const bytes = takeMemory(length);
    this.#taken.push(bytes);
    return bytes;
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

/** What is kept in other sizes makes room, the oldest first. */
function fromArena(length: number): Uint8Array<ArrayBuffer> | undefined {
  const from = openArena();
  for (;;) {
    const taken = from?.take(length);
    if (taken || !from) return taken;
    const oldest = kept.findIndex((bytes) => from.has(bytes));
    if (oldest < 0) return undefined;
    drop(oldest);
  }
}

function drop(index: number): void {
  const [bytes] = kept.splice(index, 1);
  keptBytes -= bytes.length;
  if (arena?.has(bytes)) arena.give(bytes);
}
