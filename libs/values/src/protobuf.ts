/** The little of the protobuf wire format that cells need: varints, lengths, fixed values. Source: protobuf.dev, "Encoding". */

export const VARINT = 0;
/** Wire type of eight bytes. */
export const FIXED64 = 1;
/** Wire type of a length and so many bytes: text, messages, packed lists. */
export const BYTES = 2;
/** Wire type of four bytes. */
export const FIXED32 = 5;

const GROUP_START = 3;
const GROUP_END = 4;

/** Bytes that an unsigned 32-bit number takes as a varint. */
export function varintSize(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x200000) return 3;
  return value < 0x10000000 ? 4 : 5;
}

/** Writes an unsigned 32-bit number and returns the offset behind it. */
export function writeVarint(target: Uint8Array, at: number, value: number): number {
  let rest = value;
  for (; rest >= 0x80; rest >>>= 7) target[at++] = (rest & 0x7f) | 0x80;
  target[at++] = rest;
  return at;
}

/** Writes a signed integer as protobuf's int32 and int64 do: as 64-bit two's complement, so a negative one takes 10 bytes. */
export function writeSignedVarint(target: Uint8Array, at: number, value: number | bigint): number {
  if (typeof value === "number" && value >= 0 && value <= 0xffffffff) return writeVarint(target, at, value);
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest >= 0x80n; rest >>= 7n) target[at++] = Number(rest & 0x7fn) | 0x80;
  target[at++] = Number(rest);
  return at;
}

/** A group is legal protobuf, but no schema of today has one: whoever wrote it took another message for this one, or made it by hand. */
function unknownWireType(wireType: number): string {
  const isGroup = wireType === GROUP_START || wireType === GROUP_END;
  return isGroup
    ? `malformed protobuf: wire type ${wireType} is of a group, which is not read: encode the message by Milvus's schema.proto, which has none`
    : `malformed protobuf: wire type ${wireType}`;
}

/** Of an int64 on its way out. */
const words = new Int32Array(2);

/** Walks the fields of a serialized message. */
export class FieldCursor {
  readonly bytes: Uint8Array;
  at: number;
  end: number;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.at = 0;
    this.end = bytes.length;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** No field is left. */
  get atEnd(): boolean {
    return this.at >= this.end;
  }

  /** The low 32 bits of a varint, unsigned. Enough for tags, lengths, bools and int32. */
  varint32(): number {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#byte();
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw new RangeError("malformed protobuf: a varint has more than 10 bytes");
  }

  /** A varint, signed. @throws {RangeError} */
  int64(): bigint {
    this.int64Words(words, 0);
    return (BigInt(words[1]) << 32n) | BigInt(words[0] >>> 0);
  }

  /** Writes the low and the high half of an int64 to two places: no bigint is made. */
  int64Words(target: Int32Array, index: number): void {
    let [low, high] = [0, 0];
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#byte();
      const part = byte & 0x7f;
      if (shift < 28) low |= part << shift;
      else if (shift === 28) {
        low |= part << 28;
        high |= part >>> 4;
      } else if (shift < 64) high |= part << (shift - 32);
      if (byte >= 0x80) continue;
      target[index] = low;
      target[index + 1] = high;
      return;
    }
    throw new RangeError("malformed protobuf: a varint has more than 10 bytes");
  }

  /** Little-endian. @throws {RangeError} where the message ends before */
  float32(): number {
    return this.#view.getFloat32(this.#take(4), true);
  }

  /** Little-endian. @throws {RangeError} where the message ends before */
  float64(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  /** A length-delimited value, without copying. */
  lengthDelimited(): Uint8Array {
    const length = this.varint32();
    const start = this.#take(length);
    return this.bytes.subarray(start, start + length);
  }

  /** Goes into a length-delimited value: it is all there is until `leave` is given what this answers. */
  enter(): number {
    const length = this.varint32();
    const outer = this.end;
    const start = this.#take(length);
    this.at = start;
    this.end = start + length;
    return outer;
  }

  /** Goes on behind the value that was entered. */
  leave(outer: number): void {
    this.at = this.end;
    this.end = outer;
  }

  /** Steps over a value. @throws {RangeError} for groups and types that there are not */
  skip(wireType: number): void {
    if (wireType === VARINT) this.varint32();
    else if (wireType === FIXED64) this.#take(8);
    else if (wireType === BYTES) this.#take(this.varint32());
    else if (wireType === FIXED32) this.#take(4);
    else throw new RangeError(unknownWireType(wireType));
  }

  #byte(): number {
    return this.bytes[this.#take(1)];
  }

  #take(length: number): number {
    const start = this.at;
    if (start + length > this.end) throw new RangeError("malformed protobuf: the message is cut short");
    this.at = start + length;
    return start;
  }
}
