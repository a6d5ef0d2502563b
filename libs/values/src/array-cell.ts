import { DataType, dataTypeName } from "@sluice/schema";
import { BYTES, FieldCursor, varintSize, writeSignedVarint, writeVarint } from "./protobuf.ts";

/** One element of an Array cell: Int64 is bigint, other numbers are number. */
export type ArrayElement = bigint | number | boolean | string;

/** `valid_data` of `schema.ScalarField`. */
const VALIDITY = 17;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
/** Elements on their way out; grows to the largest cell. Its use never spans an await. */
let scratch = new Uint8Array(1024);
let scratchView = new DataView(scratch.buffer);

/** The member of `schema.ScalarField` that holds an element type. */
export function memberOf(elementType: DataType): number {
  switch (elementType) {
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
      throw new RangeError(`${dataTypeName(elementType)} cannot be an array's element type`);
  }
}

/**
 * A cell of an Array column: the serialized `schema.ScalarField` with one member set, packed; an empty array sets its member
 * too. Source: Milvus `schema.proto`. Strings may come as UTF-8 bytes. Ranges are the caller's to check.
 * @throws {RangeError} when the type cannot be an element
 */
export function encodeArrayCell(elementType: DataType, values: readonly (ArrayElement | Uint8Array)[]): Uint8Array {
  const member = memberOf(elementType);
  const length = member === 6 ? writeStrings(values as (string | Uint8Array)[]) : writeNumbers(member, values);
  const packed = member !== 6 && length > 0;
  const bodyLength = packed ? 1 + varintSize(length) + length : length;
  const cell = new Uint8Array(1 + varintSize(bodyLength) + bodyLength);
  cell[0] = (member << 3) | BYTES;
  let at = writeVarint(cell, 1, bodyLength);
  if (packed) {
    cell[at] = (1 << 3) | BYTES;
    at = writeVarint(cell, at + 1, length);
  }
  cell.set(scratch.subarray(0, length), at);
  return cell;
}

function writeNumbers(member: number, values: readonly (ArrayElement | Uint8Array)[]): number {
  reserve(values.length * 10);
  let at = 0;
  for (const value of values) {
    if (member === 1) scratch[at++] = value ? 1 : 0;
    else if (member <= 3) at = writeSignedVarint(scratch, at, value as bigint | number);
    else if (member === 4) {
      scratchView.setFloat32(at, Number(value), true);
      at += 4;
    } else {
      scratchView.setFloat64(at, Number(value), true);
      at += 8;
    }
  }
  return at;
}

function writeStrings(values: readonly (string | Uint8Array)[]): number {
  let at = 0;
  for (const value of values) {
    const bytes = typeof value === "string" ? encoder.encode(value) : value;
    reserve(at + bytes.length + 6);
    scratch[at] = (1 << 3) | BYTES;
    at = writeVarint(scratch, at + 1, bytes.length);
    scratch.set(bytes, at);
    at += bytes.length;
  }
  return at;
}

function reserve(bytes: number): void {
  if (scratch.length >= bytes) return;
  const larger = new Uint8Array(Math.max(bytes, scratch.length * 2));
  larger.set(scratch);
  scratch = larger;
  scratchView = new DataView(larger.buffer);
}

/**
 * The elements of an Array cell, packed or not. An empty cell is an empty array.
 * @throws {RangeError} when the cell is malformed or holds another element type
 */
export function decodeArrayCell(elementType: DataType, cell: Uint8Array): ArrayElement[] {
  const member = memberOf(elementType);
  const values: ArrayElement[] = [];
  eachElement(elementType, new FieldCursor(cell), (cursor) => values.push(readElement(member, cursor)));
  return values;
}

/**
 * Goes through the elements of an Array cell, which `cells` stands in front of and ends behind.
 * @param take moves on behind the element that the cursor stands at
 * @throws {RangeError} as `decodeArrayCell`
 */
export function eachElement(elementType: DataType, cells: FieldCursor, take: (cells: FieldCursor) => void): void {
  const member = memberOf(elementType);
  while (!cells.atEnd) {
    const tag = cells.varint32();
    const number = tag >>> 3;
    if (number === member && (tag & 7) === BYTES) {
      const outer = cells.enter();
      eachOfMember(member, cells, take);
      cells.leave(outer);
    } else if (number >= 1 && number <= 6)
      throw new RangeError(`the array does not hold ${dataTypeName(elementType)} elements`);
    else if (number === VALIDITY) checkAllValid(cells, tag & 7);
    else cells.skip(tag & 7);
  }
}

/** What stands in the place of a null element is none. @throws {RangeError} for a null one */
function checkAllValid(cells: FieldCursor, wireType: number): void {
  if (wireType !== BYTES) {
    checkValid(cells.varint32());
    return;
  }
  const outer = cells.enter();
  while (!cells.atEnd) checkValid(cells.varint32());
  cells.leave(outer);
}

function checkValid(flag: number): void {
  if (flag === 0)
    throw new RangeError("null elements of arrays are not supported: leave them out, or put a value in their place");
}

function eachOfMember(member: number, cells: FieldCursor, take: (cells: FieldCursor) => void): void {
  while (!cells.atEnd) {
    const tag = cells.varint32();
    if (tag >>> 3 !== 1) cells.skip(tag & 7);
    else if (member !== 6 && (tag & 7) === BYTES) {
      const outer = cells.enter();
      while (!cells.atEnd) take(cells);
      cells.leave(outer);
    } else take(cells);
  }
}

function readElement(member: number, cursor: FieldCursor): ArrayElement {
  switch (member) {
    case 1:
      return cursor.varint32() !== 0;
    case 2:
      return cursor.varint32() | 0;
    case 3:
      return cursor.int64();
    case 4:
      return cursor.float32();
    case 5:
      return cursor.float64();
    default:
      return decoder.decode(cursor.lengthDelimited());
  }
}
