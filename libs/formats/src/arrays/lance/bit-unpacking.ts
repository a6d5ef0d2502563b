import { Damage } from "@sluice/parquet";

/** Values that are packed together. */
const PACKED = 1024;
/** The order of rows of sixteen. Source: Afroozeh and Boncz, "The FastLanes Compression Layout", VLDB 2023. */
const ORDER = [0, 4, 2, 6, 1, 5, 3, 7];

/**
 * Unpacks the blocks of 1,024 values of `bits` bits, each behind its own width. @returns `count` values, little-endian
 * @throws {Damage}
 */
export function unpacked(bytes: Uint8Array, bits: number, count: number): Uint8Array {
  const wordBytes = bits / 8;
  if (![8, 16, 32, 64].includes(bits)) throw new Damage(`values of ${bits} bits are packed`);
  const blocks = Math.ceil(count / PACKED);
  const target = new Uint8Array(blocks * PACKED * wordBytes);
  let at = 0;
  for (let block = 0; block < blocks; block++) {
    const width = bytes[at];
    const packedBytes = (PACKED * width) / 8;
    if (!(width <= bits) || at + wordBytes + packedBytes > bytes.length)
      throw new Damage("packed values are cut short");
    const packed = bytes.subarray(at + wordBytes, at + wordBytes + packedBytes);
    unpackBlock(
      packed,
      width,
      wordBytes,
      target.subarray(block * PACKED * wordBytes, (block + 1) * PACKED * wordBytes),
    );
    at += wordBytes + packedBytes;
  }
  return target.subarray(0, count * wordBytes);
}

/** A lane is every so many-th word: of each the values follow bit by bit. Bytes are put together, whatever the word. */
function unpackBlock(packed: Uint8Array, width: number, wordBytes: number, target: Uint8Array): void {
  const bits = wordBytes * 8;
  const lanes = PACKED / bits;
  for (let row = 0; row < bits; row++) {
    const place = ORDER[row >> 3] * 16 + (row & 7) * 128;
    for (let lane = 0; lane < lanes; lane++) {
      const to = (place + lane) * wordBytes;
      for (let done = 0; done < width; ) {
        const bit = row * width + done;
        const byte = (Math.floor(bit / bits) * lanes + lane) * wordBytes + ((bit % bits) >> 3);
        // Up to the ends of both bytes.
        const take = Math.min(8 - (bit & 7), 8 - (done & 7), width - done);
        target[to + (done >> 3)] |= ((packed[byte] >> (bit & 7)) & ((1 << take) - 1)) << (done & 7);
        done += take;
      }
    }
  }
}
