import type { ByteRange } from "./object-store.ts";

/** The part of `range` that an object of `sizeBytes` has. @throws {RangeError} for a range that is none */
export function clipRange(range: ByteRange | undefined, sizeBytes: number): ByteRange {
  if (!range) return { start: 0, end: sizeBytes };
  if (!Number.isSafeInteger(range.start) || !(range.start >= 0) || !(range.end >= range.start)) {
    throw new RangeError(`invalid byte range [${range.start}, ${range.end})`);
  }
  return { start: Math.min(range.start, sizeBytes), end: Math.min(range.end, sizeBytes) };
}
