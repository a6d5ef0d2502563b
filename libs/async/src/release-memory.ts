/**
 * What has so many or fewer is left to the collector: it is cheap there, and may be Node's pool of small buffers, which has 64 KiB in Node 24
 * and is not to be had.
 */
const SHARED_BYTES = Math.max(64 << 10, Buffer.poolSize);

/** Spare memory is a multiple of it, so that one that was given back is nearly always as large as what is asked for. */
const UNIT_BYTES = 64 << 10;
/** What is kept, of each thread: what a few requests of half a megabyte become on their way. */
const MAX_SPARE_BYTES = 8 << 20;
/** Larger memory is not kept. */
const MAX_PIECE_BYTES = 2 << 20;

/** Given back, the earliest first. */
const spare: ArrayBuffer[] = [];
let spareBytes = 0;

/**
 * Gives memory back at once, whose last reader is the caller: it is empty afterwards. Left to the collector, half a megabyte a call
 * makes it look at the whole heap every few calls, since what lies outside of the heap counts as if it grew.
 * @param bytes all or the beginning of a memory that nobody else has; from a pool or an arena they stay
 */
export function releaseMemory(bytes: Uint8Array): void {
  ownMemory(bytes)?.transfer(0);
}

/**
 * Memory of `length` bytes with any content, at the beginning of one that nobody else has: to be given to `giveSpareMemory`. What was given
 * there is taken first. New memory costs a fault for each of its pages: 0.3 ms for half a megabyte, several times what a copy into it does.
 */
export function spareMemory(length: number): Uint8Array<ArrayBuffer> {
  if (length <= SHARED_BYTES) return new Uint8Array(length);
  const size = Math.ceil(length / UNIT_BYTES) * UNIT_BYTES;
  const index = spare.findLastIndex(({ byteLength }) => byteLength >= size && byteLength <= size + UNIT_BYTES);
  const memory = index < 0 ? Buffer.allocUnsafeSlow(size).buffer : remove(index);
  return new Uint8Array(memory, 0, length);
}

/** As `releaseMemory`, for memory that nothing of the system reads or writes any more either: whoever asks next gets it. */
export function giveSpareMemory(bytes: Uint8Array): void {
  const memory = ownMemory(bytes);
  if (!memory) return;
  if (memory.byteLength > MAX_PIECE_BYTES) memory.transfer(0);
  else keep(memory.transfer());
}

/** Undefined where it is others' too, and where it was given back. */
function ownMemory({ buffer, byteOffset }: Uint8Array): ArrayBuffer | undefined {
  if (byteOffset !== 0 || buffer.byteLength <= SHARED_BYTES || !(buffer instanceof ArrayBuffer)) return undefined;
  return buffer.detached ? undefined : buffer;
}

function keep(memory: ArrayBuffer): void {
  spare.push(memory);
  spareBytes += memory.byteLength;
  while (spareBytes > MAX_SPARE_BYTES) remove(0).transfer(0);
}

function remove(index: number): ArrayBuffer {
  const [memory] = spare.splice(index, 1);
  spareBytes -= memory.byteLength;
  return memory;
}
