import { BinaryReader } from "@bufbuild/protobuf/wire";

/** Of a tag or a length: behind two of them may stand an empty message, which becomes an object with a dozen members. */
const TAG_BYTES = 96;
/** Of a 64-bit integer, which becomes a bigint in an array. */
const INT64_BYTES = 48;
const BOOL_BYTES = 16;
/** Where it stands for a tag, generated code takes the message as ended. */
const END_TAG = 0;
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
  #ends: ReadonlyMap<number, number> | undefined;
  #uncountedBytes = 0;

  /** @param grow takes so much more memory, or throws what the reader then throws */
  constructor(bytes: Uint8Array, grow: (bytes: number) => void) {
    super(bytes);
    this.#grow = grow;
    const read = this.uint32; // A member of its own in each reader, which a method would not override.
    this.uint32 = () => {
      this.#count(TAG_BYTES);
      if (this.#passesOver()) return END_TAG;
      return read.call(this);
    };
  }

  /** Reads from the start of the message on, as if these fields were not in it. @param ends where each ends, by where its tag begins */
  restartWithout(ends: ReadonlyMap<number, number>): void {
    this.pos = 0;
    this.#ends = ends;
  }

  /** Whether the message ends behind the fields that are passed over here. */
  #passesOver(): boolean {
    const from = this.pos;
    for (let end = this.#ends?.get(from); end !== undefined; end = this.#ends?.get(end)) this.pos = end;
    return this.pos > from && this.pos === this.len;
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
