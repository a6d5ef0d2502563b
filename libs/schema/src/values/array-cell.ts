import { DataType } from "../data-type.ts";
import { ProtobufReader, ProtobufWriter } from "./protobuf.ts";

// A cell of an Array column is a serialized `schema.ScalarField`: one member that holds the list, even an empty one.
// Source: binlog format §4.3.

export type ArrayElement = bigint | number | boolean | string | Uint8Array;

/** Member of ScalarField by element type. */
function memberOf(type: DataType): number {
  switch (type) {
    case DataType.Bool:
      return 1;
    case DataType.Int8:
    case DataType.Int16:
    case DataType.Int32:
      return 2;
    case DataType.Int64:
      return 3;
    case DataType.Float:
      return 4;
    case DataType.Double:
      return 5;
    case DataType.VarChar:
    case DataType.String:
      return 6;
    default:
      throw new RangeError(`arrays of type ${type} are not supported`);
  }
}

/** Strings may be given as UTF-8 bytes, integers as number or bigint. */
export function encodeArrayCell(elementType: DataType, values: readonly ArrayElement[]): Uint8Array {
  const member = memberOf(elementType);
  const list = new ProtobufWriter();
  if (member === 6) for (const value of values) list.bytesField(1, typeof value === "string" ? Buffer.from(value) : (value as Uint8Array));
  else if (values.length > 0) list.bytesField(1, packed(member, values));
  const cell = new ProtobufWriter();
  cell.bytesField(member, list.finish());
  return cell.finish();
}

function packed(member: number, values: readonly ArrayElement[]): Uint8Array {
  const writer = new ProtobufWriter();
  for (const value of values) {
    if (member === 1) writer.varint(value ? 1 : 0);
    else if (member === 4) writer.float(Number(value));
    else if (member === 5) writer.double(Number(value));
    else writer.signedVarint(BigInt(value as bigint | number));
  }
  return writer.finish();
}

/** Int64 as bigint, smaller integers and floats as number. Packed and unpacked lists are read alike. @throws {RangeError} */
export function decodeArrayCell(elementType: DataType, cell: Uint8Array): (bigint | number | boolean | string)[] {
  const member = memberOf(elementType);
  const values: (bigint | number | boolean | string)[] = [];
  const reader = new ProtobufReader(cell);
  while (!reader.isDone) {
    const { number, wireType } = reader.tag();
    if (number === member && wireType === 2) readList(member, reader.bytes(), values);
    else reader.skip(wireType);
  }
  return values;
}

function readList(member: number, bytes: Uint8Array, values: (bigint | number | boolean | string)[]): void {
  const reader = new ProtobufReader(bytes);
  while (!reader.isDone) {
    const { number, wireType } = reader.tag();
    if (number !== 1) reader.skip(wireType);
    else if (member === 6) values.push(Buffer.from(reader.bytes()).toString("utf8"));
    else if (wireType !== 2) values.push(readOne(member, reader));
    else {
      const packedReader = new ProtobufReader(reader.bytes());
      while (!packedReader.isDone) values.push(readOne(member, packedReader));
    }
  }
}

function readOne(member: number, reader: ProtobufReader): bigint | number | boolean {
  if (member === 1) return reader.varint() !== 0n;
  if (member === 4) return reader.float();
  if (member === 5) return reader.double();
  const value = BigInt.asIntN(64, reader.varint());
  return member === 3 ? value : Number(value);
}
