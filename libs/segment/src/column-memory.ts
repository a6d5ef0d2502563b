import { giveMemory, takeMemory } from "@sluice/async";
import { ImportError } from "@sluice/errors";

/** Memory is not halved below this. */
const MIN_LENGTH = 64;

/** The limit or a half of a half of it, so that what one buffer has given back fits another; about doubles. */
export function grownLength(length: number, needed: number, limit: number): number {
  if (needed <= length) return length;
  let grown = limit;
  while (grown / 2 >= needed && grown / 2 > MIN_LENGTH) grown = Math.ceil(grown / 2);
  return Math.max(needed, grown);
}

/**
 * Memory of `length` bytes with the first `used` of before, whose memory is given back; the same where it is as long
 * already.
 */
export function grow(bytes: Uint8Array<ArrayBuffer>, used: number, length: number): Uint8Array<ArrayBuffer> {
  if (length === bytes.length) return bytes;
  const larger = takeMemory(length);
  larger.set(bytes.subarray(0, used));
  giveMemory(bytes);
  return larger;
}

/** A defect of who made the column: readers check what files hold. Code `internal`. */
export function mismatch(expected: string): ImportError {
  return new ImportError("internal", `a column does not have the form of its field: expected ${expected}`);
}
