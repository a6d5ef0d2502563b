import { Damage } from "../damage.ts";
import type { FixedDecoder, Resettable } from "./value-decoder.ts";

/**
 * DELTA_BINARY_PACKED: blocks of differences, bit-packed in miniblocks. All arithmetic wraps at the value's width, and
 * differences may be wider than the values (DuckDB writes such int32 columns), so only their low bits count.
 * Source: parquet-format, Encodings.md.
 */
export class DeltaBinaryPackedDecoder implements FixedDecoder, Resettable {
  readonly #isWide: boolean;
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #end = 0;
  /** Values not yet answered, the first one included. */
  #total = 0;
  #perMiniblock = 0;
  #miniblocks = 0;
  /** Next miniblock of the block; `#widths` is where the widths of the block stand. */
  #miniblock = 0;
  #widths = 0;
  #width = 0;
  #leftInMiniblock = 0;
  #bit = 0;
  #isFirst = true;
  /** The last value and the block's least difference, as halves. */
  #low = 0;
  #high = 0;
  #minLow = 0;
  #minHigh = 0;

  /** @param bytesPerValue 4 or 8 */
  constructor(bytesPerValue: number) {
    this.#isWide = bytesPerValue === 8;
  }

  /** Values left, as the header says. */
  get total(): number {
    return this.#total;
  }

  reset(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    this.#total = 0;
    if (start === end) return; // A page of nulls.
    const blockSize = this.#length();
    this.#miniblocks = this.#length();
    this.#total = this.#length();
    this.#zigzag();
    this.#low = this.#minLow;
    this.#high = this.#minHigh;
    this.#perMiniblock = blockSize / this.#miniblocks;
    if (!Number.isInteger(this.#perMiniblock) || this.#perMiniblock === 0 || this.#perMiniblock % 8 !== 0) {
      throw new Damage(`delta encoding: ${this.#miniblocks} miniblocks in a block of ${blockSize} values`);
    }
    this.#miniblock = this.#miniblocks;
    this.#leftInMiniblock = 0;
    this.#isFirst = true;
  }

  /** Steps over all values and answers where the encoding ends, without decoding them. Ends the use of this decoder. */
  skipAll(): number {
    for (let left = this.#total - 1; left > 0; left -= this.#perMiniblock) this.#nextMiniblock();
    return this.#at;
  }

  read(count: number, out: Uint8Array, at: number): void {
    const words = new Int32Array(out.buffer, out.byteOffset + at, this.#isWide ? count * 2 : count);
    this.readWords(count, words);
  }

  /** As `read`, to 32-bit words: low and high half of each value when the values have 8 bytes. */
  readWords(count: number, words: Int32Array): void {
    if (count > this.#total) throw new Damage("the values of a page end early");
    this.#total -= count;
    for (let i = 0; i < count; i++) {
      if (this.#isFirst) this.#isFirst = false;
      else this.#step();
      if (this.#isWide) {
        words[i * 2] = this.#low;
        words[i * 2 + 1] = this.#high;
      } else words[i] = this.#low;
    }
  }

  #step(): void {
    if (this.#leftInMiniblock === 0) this.#nextMiniblock();
    this.#leftInMiniblock--;
    this.#add(this.#minLow, this.#minHigh);
    if (this.#width === 0) return;
    const low = this.#bits(Math.min(this.#width, 32));
    this.#add(low, this.#width > 32 ? this.#bits(this.#width - 32) : 0);
  }

  #add(low: number, high: number): void {
    const sum = (this.#low >>> 0) + (low >>> 0);
    this.#low = sum | 0;
    if (this.#isWide) this.#high = (this.#high + high + (sum > 0xffffffff ? 1 : 0)) | 0;
  }

  #nextMiniblock(): void {
    if (this.#miniblock === this.#miniblocks) this.#nextBlock();
    this.#width = this.#bytes[this.#widths + this.#miniblock++];
    if (this.#width > 64) throw new Damage(`delta encoding: a bit width of ${this.#width}`);
    const size = (this.#width * this.#perMiniblock) / 8;
    if (size > this.#end - this.#at) throw new Damage("the values of a page end early");
    this.#bit = this.#at * 8;
    this.#at += size;
    this.#leftInMiniblock = this.#perMiniblock;
  }

  #nextBlock(): void {
    this.#zigzag();
    this.#widths = this.#at;
    if (this.#miniblocks > this.#end - this.#at) throw new Damage("the values of a page end early");
    this.#at += this.#miniblocks;
    this.#miniblock = 0;
  }

  /** The next `width` bits, 32 at most. */
  #bits(width: number): number {
    const byte = Math.floor(this.#bit / 8);
    const shift = this.#bit % 8;
    const bytes = this.#bytes;
    this.#bit += width;
    let value = bytes[byte] >>> shift;
    for (let have = 8 - shift, i = 1; have < width; have += 8, i++) value |= bytes[byte + i] << have;
    return width === 32 ? value : value & ((1 << width) - 1);
  }

  /** Reads a zigzag integer of 64 bits into `#minLow` and `#minHigh`. */
  #zigzag(): void {
    let low = 0;
    let high = 0;
    for (let shift = 0; ; shift += 7) {
      if (shift > 63) throw new Damage("an integer is longer than ten bytes");
      const byte = this.#byte();
      const bits = byte & 0x7f;
      if (shift < 32) low |= bits << shift;
      if (shift > 24) high |= shift < 32 ? bits >>> (32 - shift) : bits << (shift - 32);
      if (byte < 0x80) break;
    }
    const sign = -(low & 1);
    this.#minLow = ((low >>> 1) | (high << 31)) ^ sign;
    this.#minHigh = (high >>> 1) ^ sign;
  }

  /** A count of the header. */
  #length(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 28; scale *= 128) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new Damage("delta encoding: a count exceeds 32 bits");
  }

  #byte(): number {
    if (this.#at >= this.#end) throw new Damage("the values of a page end early");
    return this.#bytes[this.#at++];
  }
}
