import { BrokenOff } from "../own-decoding.ts";

/** Bits of bytes, from the highest of each on. */
export class BitReader {
  bytes: Uint8Array = new Uint8Array(0);
  /** The next byte that is taken in. */
  at = 0;
  end = 0;
  /** The lowest `count` bits are the next ones. */
  held = 0;
  count = 0;

  /** Goes on with other bytes, in the middle of one where the last ones have ended there. */
  reset(bytes: Uint8Array, at: number, end: number): void {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  /** @param width up to 24 */
  bits(width: number): number {
    while (this.count < width) {
      if (this.at >= this.end) throw new BrokenOff();
      this.held = (this.held << 8) | this.bytes[this.at++];
      this.count += 8;
    }
    this.count -= width;
    return (this.held >>> this.count) & ((1 << width) - 1);
  }

  /** The next 32 bits, unsigned. */
  word(): number {
    return ((this.bits(16) << 16) | this.bits(16)) >>> 0;
  }

  /** What is left of a byte ends a stream. */
  align(): void {
    this.count -= this.count % 8;
  }
}
