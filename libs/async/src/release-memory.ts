/**
 * What has so many or fewer is left to the collector: it is cheap there, and may be Node's pool of small buffers, which has 64 KiB in Node 24
 * and is not to be had.
 */
const SHARED_BYTES = Math.max(64 << 10, Buffer.poolSize);

/**
 * Gives memory back at once, whose last reader is the caller: it is empty afterwards. Left to the collector, half a megabyte a call
 * makes it look at the whole heap every few calls, since what lies outside of the heap counts as if it grew.
 * @param bytes all or the beginning of a memory that nobody else has; from a pool or an arena they stay
 */
export function releaseMemory({ buffer, byteOffset }: Uint8Array): void {
  if (byteOffset !== 0 || buffer.byteLength <= SHARED_BYTES || !(buffer instanceof ArrayBuffer)) return;
  if (!buffer.detached) buffer.transfer(0);
}
