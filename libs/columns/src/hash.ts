// Hashes of keys, as Milvus computes them: int64 by murmur3 x86 32 (seed 0) over 8 little-endian bytes, masked to 31
// bits; VarChar by CRC-32 (IEEE) over the first 100 bytes. Source: binlog format §9; proven by golden files.

/** Bytes of a VarChar key that count. */
const TEXT_BYTES = 100;

/** Hash of an int64 given as its two 32-bit halves: below 2^31. */
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

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc >>> 0;
});

/** Hash of the text `bytes[start, end)`: below 2^32. A table loop: for keys it beats the call of the built-in. */
export function hashText(bytes: Uint8Array, start: number, end: number): number {
  const stop = Math.min(end, start + TEXT_BYTES);
  let crc = -1;
  for (let i = start; i < stop; i++) crc = crcTable[(crc ^ bytes[i]) & 255] ^ (crc >>> 8);
  return ~crc >>> 0;
}
