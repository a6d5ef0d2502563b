// Hashes of text keys, as Milvus computes them: CRC-32 (IEEE) over the first 100 bytes. Source: binlog format §9; proven by golden
// files. Those of int64 are a kernel's (`bucketsOfInt64Keys`).

/** Bytes of a VarChar key that count. */
const TEXT_BYTES = 100;

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
