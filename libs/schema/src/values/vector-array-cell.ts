import { DataType, vectorBytes } from "../data-type.ts";
import { ProtobufReader, ProtobufWriter } from "./protobuf.ts";

// A cell of an ArrayOfVector column is a serialized `schema.VectorField`: dim, and all vectors of the row concatenated.

/** Member of VectorField by element type; FloatVector is a message FloatArray, the others are bytes. */
const members: Readonly<Partial<Record<DataType, number>>> = {
  [DataType.FloatVector]: 2,
  [DataType.BinaryVector]: 3,
  [DataType.Float16Vector]: 4,
  [DataType.BFloat16Vector]: 5,
  [DataType.Int8Vector]: 7,
};

function memberOf(type: DataType): number {
  const member = members[type];
  if (member === undefined) throw new RangeError(`arrays of vector type ${type} are not supported`);
  return member;
}

/** @param vectors whole vectors, one after the other, as in a dense column */
export function encodeVectorArrayCell(elementType: DataType, dim: number, vectors: Uint8Array): Uint8Array {
  if (vectors.length % vectorBytes(elementType, dim) !== 0) throw new RangeError("a vector of the array is cut short");
  const writer = new ProtobufWriter();
  writer.varint(8);
  writer.varint(dim);
  if (elementType !== DataType.FloatVector) {
    writer.bytesField(memberOf(elementType), vectors);
    return writer.finish();
  }
  const list = new ProtobufWriter();
  if (vectors.length > 0) list.bytesField(1, vectors);
  writer.bytesField(memberOf(elementType), list.finish());
  return writer.finish();
}

/** The inverse: whole vectors, one after the other. @throws {RangeError} */
export function decodeVectorArrayCell(elementType: DataType, dim: number, cell: Uint8Array): Uint8Array {
  const reader = new ProtobufReader(cell);
  while (!reader.isDone) {
    const { number, wireType } = reader.tag();
    if (number !== memberOf(elementType) || wireType !== 2) reader.skip(wireType);
    else return checked(elementType === DataType.FloatVector ? firstBytes(reader.bytes()) : reader.bytes(), vectorBytes(elementType, dim));
  }
  return new Uint8Array(0);
}

function firstBytes(message: Uint8Array): Uint8Array {
  const reader = new ProtobufReader(message);
  while (!reader.isDone) {
    const { number, wireType } = reader.tag();
    if (number === 1 && wireType === 2) return reader.bytes();
    reader.skip(wireType);
  }
  return new Uint8Array(0);
}

function checked(vectors: Uint8Array, width: number): Uint8Array {
  if (vectors.length % width !== 0) throw new RangeError("a vector of the array is cut short");
  return vectors;
}
