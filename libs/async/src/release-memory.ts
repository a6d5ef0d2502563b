/** Smaller ones are left to the collector: they are cheap there, and may lie in memory that others share. */
const WORTH_BYTES = 64 << 10;

/**
 * Gives memory back at once, whose last reader is the caller: it is empty afterwards. Left to the collector, half a megabyte a call
 * makes it look at the whole heap every few calls, since what lies outside of the heap counts as if it grew.
 * @param bytes all or the beginning of a memory that nobody else has; from a pool or an arena they stay
 */
export function releaseMemory({ buffer, byteOffset }: Uint8Array): void {
  if (byteOffset !== 0 || buffer.byteLength < WORTH_BYTES || !(buffer instanceof ArrayBuffer)) return;
  if (!buffer.detached) buffer.transfer(0);
}
