/** Plain twin of the kernel: Milvus hashes int64 keys by murmur3 x86 32 (seed 0) over 8 little-endian bytes, masked to 31 bits. */
export function hashInt64(lo: number, hi: number): number {
  let h = mix(0, lo);
  h = mix(h, hi);
  h ^= 8;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) & 0x7fffffff;
}

function mix(h: number, block: number): number {
  let k = Math.imul(block, 0xcc9e2d51);
  k = (k << 15) | (k >>> 17);
  let mixed = h ^ Math.imul(k, 0x1b873593);
  mixed = (mixed << 13) | (mixed >>> 19);
  return (Math.imul(mixed, 5) + 0xe6546b64) | 0;
}
