import { Undecodable } from "../own-decoding.ts";
import type { PackedBlock } from "./read-block.ts";

/** A run of so many equal bytes is followed by how many more there are. */
const RUN = 4;
const POLYNOMIAL = 0x04c11db7;
const crcTable = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let i = 0; i < 8; i++) crc = crc < 0 ? (crc << 1) ^ POLYNOMIAL : crc << 1;
  return crc;
});

/** What a block holds, in pieces: a few bytes of it may stand for forty megabytes. */
export class BlockContent {
  readonly #column: Uint32Array;
  readonly #block: PackedBlock;
  #next: number;
  #left: number;
  #byte = -1;
  /** Of `#byte`, up to four in a row. */
  #inRow = 0;
  /** More of it, not given out yet. */
  #repeats = 0;
  #crc = -1;

  /** @param column as `readBlock` filled it: the rest of each number becomes the place of the byte that follows */
  constructor(column: Uint32Array, block: PackedBlock, counts: Uint32Array) {
    this.#column = column;
    this.#block = block;
    this.#left = block.length;
    let sum = 0;
    const starts = counts.map((count) => {
      sum += count;
      return sum - count;
    });
    for (let i = 0; i < block.length; i++) column[starts[column[i] & 255]++] |= i << 8;
    this.#next = column[block.origin] >>> 8;
  }

  /** Fills `target`; fewer bytes only at the end. @throws {Undecodable} there, where the checksum is another one */
  fill(target: Uint8Array): number {
    const column = this.#column;
    let [next, left, byte, inRow, repeats] = [this.#next, this.#left, this.#byte, this.#inRow, this.#repeats];
    let at = 0;
    while (at < target.length) {
      if (repeats > 0) {
        const count = Math.min(repeats, target.length - at);
        target.fill(byte, at, at + count);
        repeats -= count;
        at += count;
        continue;
      }
      if (left === 0) break;
      const entry = column[next];
      next = entry >>> 8;
      left--;
      const found = entry & 255;
      if (inRow === RUN) {
        repeats = found;
        inRow = 0;
        continue;
      }
      inRow = found === byte && inRow > 0 ? inRow + 1 : 1;
      byte = found;
      target[at++] = found;
    }
    [this.#next, this.#left, this.#byte, this.#inRow, this.#repeats] = [next, left, byte, inRow, repeats];
    this.#sum(target, at);
    return at;
  }

  #sum(bytes: Uint8Array, length: number): void {
    let crc = this.#crc;
    for (let i = 0; i < length; i++) crc = (crc << 8) ^ crcTable[(crc >>> 24) ^ bytes[i]];
    this.#crc = crc;
    if (this.#left > 0 || this.#repeats > 0 || ~crc >>> 0 === this.#block.crc) return;
    throw new Undecodable("a block is damaged: its checksum is another one");
  }
}
