/** A hash of the words of a key, 32 bits without a sign, for tables in memory: it is nowhere kept. */
export function mixWords(key: Uint32Array, at: number, words: number): number {
  let hash = 0x2545f491;
  for (let i = 0; i < words; i++) {
    hash = Math.imul(hash ^ key[at + i], 0x85ebca6b);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 13)) >>> 0;
}
