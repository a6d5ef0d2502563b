import { BinaryReader } from "@bufbuild/protobuf/wire";

/** Of a tag or a length: behind two of them may stand an empty message, which becomes an object with a dozen members. */
const TAG_BYTES = 96;
/** Of a 64-bit integer, which becomes a bigint in an array. */
const INT64_BYTES = 48;
const BOOL_BYTES = 16;
/** Memory is asked for in steps of this. */
const STEP_BYTES = 1 << 20;
/** More than any byte of a message is counted as: of a length with nothing behind it, a tag's and its own. */
const MOST_OF_A_BYTE = 128;
/** Messages of so many bytes never come to a step: to count them would be in vain, and costs more than to read them. */
export const UNCOUNTED_BYTES = STEP_BYTES / MOST_OF_A_BYTE - 1;

/**
 * Reads the bytes of a message and counts what they become: two bytes can become an object of three hundred. Counted are the
 * reads that generated code consists of, each by about the most that is made of it.
 */
export class CountingReader extends BinaryReader {
  readonly #grow: (bytes: number) => void;
  readonly #bytes: Uint8Array;
  #uncountedBytes = 0;

  /** @param grow takes so much more memory, or throws what the reader then throws */
  constructor(bytes: Uint8Array, grow: (bytes: number) => void) {
    super(bytes);
    this.#bytes = bytes;
    this.#grow = grow;
    const read = this.uint32; // A member of its own in each reader, which a method would not override.
    this.uint32 = () => {
      this.#count(TAG_BYTES);
      return read.call(this);
    };
  }

  /** The bytes of the message from a position to another, as they are. */
  between(from: number, to: number): Uint8Array {
    return this.#bytes.subarray(from, to);
  }

  override int64() {
    this.#count(INT64_BYTES);
    return super.int64();
  }

  override bool(): boolean {
    this.#count(BOOL_BYTES);
    return super.bool();
  }

  override bytes() {
    const bytes = super.bytes();
    this.#count(bytes.length);
    return bytes;
  }

  override string(strict?: boolean): string {
    const before = this.pos;
    const text = super.string(strict);
    this.#count(this.pos - before);
    return text;
  }

  #count(bytes: number): void {
    this.#uncountedBytes += bytes;
    if (this.#uncountedBytes < STEP_BYTES) return;
    this.#grow(this.#uncountedBytes);
    this.#uncountedBytes = 0;
  }
}
