import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import { DoubleArray, FloatArray } from "./gen/schema.ts";

// Vectors travel as packed floats. The generated code writes and reads them number by number; on little-endian hosts the
// packed form is the memory of a typed array, and copying it is 15 times faster to write and 50 times faster to read.
// The arrays are typed arrays afterwards, which the generated types call `number[]`: read them by index and length.

type TypedArray = Float32Array | Float64Array;
type TypedArrayConstructor = typeof Float32Array | typeof Float64Array;
interface Codec {
  encode(message: { data: number[] }, writer?: BinaryWriter): BinaryWriter;
  decode(input: BinaryReader | Uint8Array, length?: number): { data: number[] };
}

const PACKED_TAG = (1 << 3) | 2;
const FIXED32_TAG = (1 << 3) | 5;
const FIXED64_TAG = (1 << 3) | 1;
const END_GROUP = 4;

install(FloatArray, Float32Array, FIXED32_TAG, (reader) => reader.float());
install(DoubleArray, Float64Array, FIXED64_TAG, (reader) => reader.double());

function install(
  codec: Codec,
  Typed: TypedArrayConstructor,
  unpackedTag: number,
  readOne: (reader: BinaryReader) => number,
): void {
  codec.encode = (message, writer = new BinaryWriter()) => {
    if (message.data.length === 0) return writer;
    const values =
      (message.data as unknown) instanceof Typed ? (message.data as unknown as TypedArray) : Typed.from(message.data);
    return writer.uint32(PACKED_TAG).bytes(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  };
  codec.decode = (input, length) => {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const end = length === undefined ? reader.len : reader.pos + length;
    const parts: TypedArray[] = [];
    while (reader.pos < end) {
      const tag = reader.uint32();
      if (tag === 0 || (tag & 7) === END_GROUP) break;
      if (tag === PACKED_TAG) parts.push(packed(reader.bytes(), Typed));
      else if (tag === unpackedTag) parts.push(Typed.of(readOne(reader)));
      else reader.skip(tag & 7);
    }
    return { data: (parts.length === 1 ? parts[0] : concat(parts, Typed)) as unknown as number[] };
  };
}

/** A copy: a view would keep the whole receive buffer alive, and might not be aligned. */
function packed(bytes: Uint8Array, Typed: TypedArrayConstructor): TypedArray {
  if (bytes.length % Typed.BYTES_PER_ELEMENT !== 0) throw new Error(`packed floats of ${bytes.length} bytes`);
  const values = new Typed(bytes.length / Typed.BYTES_PER_ELEMENT);
  new Uint8Array(values.buffer).set(bytes);
  return values;
}

function concat(parts: readonly TypedArray[], Typed: TypedArrayConstructor): TypedArray {
  const all = new Typed(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
