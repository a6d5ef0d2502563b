/** Smaller arrays are cheap to make, and to collect. */
const MIN_BYTES = 1 << 20;
/** Bytes that one thread keeps: what the buffers of a task have at most by default, and the filters over its keys. */
const MAX_KEPT_BYTES = 104 << 20;

const kept: Uint8Array<ArrayBuffer>[] = [];
let keptBytes = 0;

/**
 * Memory of `length` bytes with any content. A thread runs task after task of the same job, with buffers of the same sizes:
 * new ones for each would pile up as garbage of a hundred megabytes, and the system would have to clear their pages.
 */
export function takeMemory(length: number): Uint8Array<ArrayBuffer> {
  const index = length < MIN_BYTES ? -1 : kept.findLastIndex((bytes) => bytes.length === length);
  if (index < 0) return new Uint8Array(length);
  const [bytes] = kept.splice(index, 1);
  keptBytes -= bytes.length;
  return bytes;
}

/** Gives memory back that nobody reads or writes any more; of too much, the oldest goes. */
export function giveMemory(bytes: Uint8Array<ArrayBuffer>): void {
  if (bytes.length < MIN_BYTES) return;
  kept.push(bytes);
  keptBytes += bytes.length;
  while (keptBytes > MAX_KEPT_BYTES) keptBytes -= kept.shift()?.length ?? 0;
}
