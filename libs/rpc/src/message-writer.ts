import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { spareMemory } from "@sluice/async";

/** Messages of so many bytes are copied out of memory that stays; larger ones keep what they were written into. */
const SMALL_BYTES = 1 << 12;
/** Values from this size on are copied once, when the size of the message is known. */
const LONG_BYTES = 1 << 14;

/** What a writer keeps to itself. */
interface Written {
  readonly buffer: Uint8Array;
  readonly stackPos: number[];
  pos: number;
  ensureCapacity(bytes: number): void;
}

/** A value that stays where it is, and belongs before the byte `at` of what is written. */
interface LongValue {
  readonly bytes: Uint8Array;
  at: number;
}

let spare: MessageWriter | undefined;

/**
 * A writer that long values wait beside. Written among the others, half a megabyte would be copied into memory that has grown for it, moved
 * by every message around it, whose length is known at its end, and copied out once more.
 */
class MessageWriter extends BinaryWriter {
  readonly #long: LongValue[] = [];

  get hasLong(): boolean {
    return this.#long.length > 0;
  }

  override raw(bytes: Uint8Array): this {
    if (bytes.length < LONG_BYTES) return super.raw(bytes);
    this.#long.push({ bytes, at: written(this).pos });
    return this;
  }

  override join(): this {
    if (!this.hasLong) return super.join();
    const own = written(this);
    const start = own.stackPos.pop() as number;
    const inner = this.#long.filter(({ at }) => at > start);
    // A byte is reserved for a length.
    const ownBytes = own.pos - start - 1;
    const length = ownBytes + lengthOf(inner);
    const moreBytes = varintBytes(length) - 1;
    own.ensureCapacity(moreBytes);
    own.buffer.copyWithin(start + 1 + moreBytes, start + 1, own.pos);
    for (const value of inner) value.at += moreBytes;
    own.pos = start;
    this.uint32(length);
    own.pos += ownBytes;
    return this;
  }

  override finish(): Uint8Array<ArrayBuffer> {
    return this.hasLong ? this.gather() : super.finish();
  }

  /** All of the message, at the beginning of a memory of its own. */
  gather(): Buffer<ArrayBuffer> {
    const own = written(this);
    const whole = spareBuffer(own.pos + lengthOf(this.#long));
    let [from, to] = [0, 0];
    for (const { bytes, at } of this.#long.splice(0)) {
      whole.set(own.buffer.subarray(from, at), to);
      to += at - from;
      whole.set(bytes, to);
      to += bytes.length;
      from = at;
    }
    whole.set(own.buffer.subarray(from, own.pos), to);
    own.pos = 0;
    return whole;
  }
}

/** A writer for one message, which `bytesOf` gives back. Generated code takes one for each message that it serializes. */
export function takeWriter(): BinaryWriter {
  const writer = spare ?? new MessageWriter();
  spare = undefined;
  return writer;
}

/** A value of a message that is read, in memory of its own. Generated code takes one for each such value. */
export function copyOf(value: Uint8Array): Buffer {
  if (value.length < LONG_BYTES) return Buffer.from(value);
  const bytes = spareBuffer(value.length);
  bytes.set(value);
  return bytes;
}

/** The bytes of a message that is written; a large one is alone in its memory. */
export function bytesOf(writer: BinaryWriter): Buffer {
  const own = written(writer);
  if (writer instanceof MessageWriter && writer.hasLong) return writer.gather();
  const { buffer, pos } = own;
  if (pos > SMALL_BYTES) return Buffer.from(writer.finish().buffer);
  const bytes = Buffer.allocUnsafe(pos);
  bytes.set(buffer.subarray(0, pos));
  own.pos = 0;
  if (writer instanceof MessageWriter && buffer.length <= SMALL_BYTES) spare = writer;
  return bytes;
}

/** Of any content; a large one is at the beginning of a memory of its own. */
export function spareBuffer(length: number): Buffer<ArrayBuffer> {
  return Buffer.from(spareMemory(length).buffer, 0, length);
}

function written(writer: BinaryWriter): Written {
  return writer as unknown as Written;
}

function lengthOf(values: readonly LongValue[]): number {
  return values.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

/** Of a length. */
function varintBytes(value: number): number {
  return Math.max(1, Math.ceil((32 - Math.clz32(value)) / 7));
}
