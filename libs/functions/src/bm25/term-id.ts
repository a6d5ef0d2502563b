import { crc32 } from "node:zlib";

/** Bytes of a token that count. */
const HASHED_BYTES = 100;

/** The index of a token in BM25's sparse vectors: below 2^32 - 1. Source: around-import §4.7. */
export function termId(token: string): number {
  return crc32(Buffer.from(token).subarray(0, HASHED_BYTES)) % 0xffffffff;
}
