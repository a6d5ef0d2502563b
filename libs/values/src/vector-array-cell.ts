import { DataType, dataTypeName, vectorBytes } from "@sluice/schema";
import { BYTES, FieldCursor, VARINT, varintSize, writeVarint } from "./protobuf.ts";

/** The number of the member of `schema.VectorField` that holds dense vectors of a type. @throws {RangeError} for other types */
export function vectorMember(type: DataType): number {
  switch (type) {
    case DataType.FloatVector:
      return 2;
    case DataType.BinaryVector:
      return 3;
    case DataType.Float16Vector:
      return 4;
    case DataType.BFloat16Vector:
      return 5;
    case DataType.Int8Vector:
      return 7;
    default:
      throw new RangeError(`${dataTypeName(type)} cannot be the element of an array of vectors`);
  }
}

/**
 * A cell of an ArrayOfVector column: the serialized `schema.VectorField` with `dim` and the row's vectors one after the
 * other. Source: Milvus `schema.proto`. `vectors` holds a multiple of `vectorBytes(elementType, dim)` bytes.
 * @throws {RangeError} when it does not, or the type cannot be an element
 */
export function encodeVectorArrayCell(elementType: DataType, dim: number, vectors: Uint8Array): Uint8Array {
  const member = vectorMember(elementType);
  checkLength(elementType, dim, vectors);
  const length = vectors.length;
  const isPacked = member === 2 && length > 0;
  const bodyLength = isPacked ? 1 + varintSize(length) + length : length;
  const cell = new Uint8Array(1 + varintSize(dim) + 1 + varintSize(bodyLength) + bodyLength);
  cell[0] = (1 << 3) | VARINT;
  let at = writeVarint(cell, 1, dim);
  cell[at] = (member << 3) | BYTES;
  at = writeVarint(cell, at + 1, bodyLength);
  if (isPacked) {
    cell[at] = (1 << 3) | BYTES;
    at = writeVarint(cell, at + 1, length);
  }
  cell.set(vectors, at);
  return cell;
}

/**
 * The vectors of a cell, one after the other; may share memory with the cell. An empty cell holds none.
 * @throws {RangeError} when the cell is malformed or of another type or dimension
 */
export function decodeVectorArrayCell(elementType: DataType, dim: number, cell: Uint8Array): Uint8Array {
  const member = vectorMember(elementType);
  let vectors: Uint8Array = new Uint8Array(0);
  const cursor = new FieldCursor(cell);
  while (!cursor.atEnd) {
    const tag = cursor.varint32();
    const number = tag >>> 3;
    if (number === 1 && (tag & 7) === VARINT) {
      const found = cursor.varint32();
      if (found !== dim) throw new RangeError(`expected vectors of dim ${dim}, got dim ${found}`);
    } else if (number === member && (tag & 7) === BYTES) {
      const body = cursor.lengthDelimited();
      vectors = member === 2 ? floatsOf(body) : body;
    } else if (number >= 2 && number <= 8) {
      throw new RangeError(`the cell does not hold vectors of type ${dataTypeName(elementType)}`);
    } else cursor.skip(tag & 7);
  }
  checkLength(elementType, dim, vectors);
  return vectors;
}

/** Floats of a FloatArray: the packed run as it stands, or the single values gathered. */
function floatsOf(body: Uint8Array): Uint8Array {
  const runs: Uint8Array[] = [];
  const cursor = new FieldCursor(body);
  while (!cursor.atEnd) {
    const tag = cursor.varint32();
    if (tag >>> 3 !== 1) cursor.skip(tag & 7);
    else if ((tag & 7) === BYTES) runs.push(cursor.lengthDelimited());
    else {
      const start = cursor.at;
      cursor.skip(tag & 7);
      runs.push(body.subarray(start, cursor.at));
    }
  }
  return runs.length === 1 ? runs[0] : Buffer.concat(runs);
}

function checkLength(elementType: DataType, dim: number, vectors: Uint8Array): void {
  const width = vectorBytes(elementType, dim);
  if (vectors.length % width === 0) return;
  throw new RangeError(`${vectors.length} bytes are no whole number of vectors of ${width} bytes`);
}
