import { randomInt } from "node:crypto";

/** Nobody outside can choose values that fall into one slot. */
const seed = randomInt(2 ** 32);

/** Of an int64 by its two words. */
export function hashWords(low: number, high: number): number {
  let hash = Math.imul(low ^ Math.imul(high ^ seed, 0x85ebca6b), 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 15) ^ seed, 0x85ebca6b);
  return hash ^ (hash >>> 13);
}

/** Of `data[start, end)`: FNV-1a from a start of our own. */
export function hashBytes(data: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5 ^ seed;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ data[at], 0x01000193);
  return hash ^ (hash >>> 15);
}
