import { damaged } from "../../avro/read-datum.ts";

/** More than any value of a file may need, and less than what a number tells exactly. */
const MAX_SIZE = 2 ** 32;

/** Where one is in the values of a block. Source: avro.apache.org, "Specification", binary encoding. */
export class BlockCursor {
  #bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  /** Bytes that values have become, about; whoever makes a batch looks at it, and sets it back. */
  made = 0;

  /** Begins a block, decompressed. */
  open(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.at = 0;
  }

  /** All of the block. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Bytes behind the current one, itself included. */
  get left(): number {
    return this.#bytes.length - this.at;
  }

  /** Where the next `count` bytes begin, which are passed over. @throws {ImportError} `malformed_file` where there are fewer */
  take(count: number): number {
    const begin = this.at;
    if (count > this.#bytes.length - begin) throw breaksOff();
    this.at = begin + count;
    return begin;
  }

  /** The next one. @throws {ImportError} `malformed_file` at the end of the block */
  byte(): number {
    if (this.at >= this.#bytes.length) throw breaksOff();
    return this.#bytes[this.at++];
  }

  /** A whole number of which 32 bits are wanted: seven bits a byte, the lowest first, the sign in the lowest of all. */
  int(): number {
    const { low, high } = this.long();
    if (high !== low >> 31) throw damaged("an int has more than 32 bits");
    return low;
  }

  /** A length, a count, or the place of a choice. */
  size(): number {
    const { low, high } = this.long();
    const value = high * 2 ** 32 + (low >>> 0);
    if (value < 0 || value >= MAX_SIZE) throw damaged(`a size is ${value}`);
    return value;
  }

  readonly #long = { low: 0, high: 0 };

  /** The halves of a number of 64 bits, valid until the next one. */
  long(): { readonly low: number; readonly high: number } {
    let [low, high] = [0, 0];
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      const bits = byte & 0x7f;
      if (shift < 32) low |= bits << shift;
      if (shift > 28) high |= bits << (shift - 32);
      else if (shift === 28) high = bits >>> 4;
      // Of the tenth byte one bit is left.
      if (shift === 63 && byte > 1) throw damaged("a number is too long");
      if (byte < 0x80) break;
    }
    const sign = -(low & 1);
    this.#long.low = ((low >>> 1) | (high << 31)) ^ sign;
    this.#long.high = (high >>> 1) ^ sign;
    return this.#long;
  }

  /**
   * How many items the next block of a list has; 0 behind the last one.
   * @param itemBytes what an item has at least @throws {ImportError} for more than there can be
   */
  items(itemBytes: number): number {
    const { low, high } = this.long();
    const count = high * 2 ** 32 + (low >>> 0);
    // A negative count is followed by the bytes of the block.
    if (count < 0) this.size();
    if (Math.abs(count) * Math.max(1, itemBytes) > this.left)
      throw damaged(`${Math.abs(count)} items in ${this.left} bytes`);
    return Math.abs(count);
  }
}

function breaksOff() {
  return damaged("a value breaks off");
}
