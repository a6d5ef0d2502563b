import { isUtf8 } from "node:buffer";
import { DataType, type FieldSchema, vectorBytes } from "@sluice/schema";
import { decodeArrayCell, encodeArrayCell, memberOf } from "./array-cell.ts";
import { BYTES, FieldCursor } from "./protobuf.ts";
import { checkSparseCell } from "./sparse.ts";
import { decodeVectorArrayCell, encodeVectorArrayCell } from "./vector-array-cell.ts";

// Cells that another program has stored: checked, and in the form that columns have.

/**
 * How stored cells of a field become cells of its column; undefined for fields whose values are no such cells. What comes
 * back may be the cell itself. The function throws a RangeError with the reason.
 */
export function storedCell(field: FieldSchema): ((cell: Uint8Array) => Uint8Array) | undefined {
  switch (field.dataType) {
    case DataType.Array:
      return (cell) => storedArray(field, cell);
    case DataType.SparseFloatVector:
      return checkSparseCell;
    case DataType.ArrayOfVector:
      return (cell) => storedVectors(field, cell);
    default:
      return undefined;
  }
}

type Limits = Pick<FieldSchema, "name" | "elementType" | "maxCapacity" | "maxLength">;

/** Most writers have one member, packed, and no more: such a cell stays as it is. */
function storedArray(field: Limits, cell: Uint8Array): Uint8Array {
  const plain = plainLength(field, cell) === undefined ? rewritten(field, cell) : cell;
  const length = plainLength(field, plain) ?? 0;
  if (field.maxCapacity > 0 && length > field.maxCapacity)
    throw new RangeError(
      `array capacity(${length}) for field ${field.name} exceeds max_capacity(${field.maxCapacity})`,
    );
  return plain;
}

/** @throws {RangeError} for values that their type does not have */
function rewritten({ elementType }: Limits, cell: Uint8Array): Uint8Array {
  return encodeArrayCell(elementType, decodeArrayCell(elementType, cell));
}

/** Elements of a cell in the form that `encodeArrayCell` gives it; undefined in any other. */
function plainLength(field: Limits, cell: Uint8Array): number | undefined {
  const outer = new FieldCursor(cell);
  if (cell.length < 2 || outer.varint32() !== ((memberOf(field.elementType) << 3) | BYTES)) return undefined;
  const list = outer.lengthDelimited();
  if (!outer.atEnd) return undefined;
  const cursor = new FieldCursor(list);
  if (memberOf(field.elementType) === 6) return textsIn(field, cursor);
  if (cursor.atEnd) return 0;
  if (cursor.varint32() !== ((1 << 3) | BYTES)) return undefined;
  const packed = cursor.lengthDelimited();
  return cursor.atEnd && packed.length > 0 ? numbersIn(field, packed) : undefined;
}

function textsIn({ name, maxLength }: Limits, cursor: FieldCursor): number | undefined {
  let count = 0;
  for (; !cursor.atEnd; count++) {
    if (cursor.varint32() !== ((1 << 3) | BYTES)) return undefined;
    const text = cursor.lengthDelimited();
    if (!isUtf8(text)) throw new RangeError(`field '${name}' contains invalid UTF-8 data`);
    if (maxLength > 0 && text.length > maxLength)
      throw new RangeError(`value length(${text.length}) for field ${name} exceeds max_length(${maxLength})`);
  }
  return count;
}

function numbersIn({ name, elementType }: Limits, packed: Uint8Array): number {
  const cursor = new FieldCursor(packed);
  let count = 0;
  for (; !cursor.atEnd; count++) {
    if (!isElement(elementType, cursor))
      throw new RangeError(`an element of field '${name}' is out of the range of its type`);
  }
  return count;
}

function isElement(elementType: DataType, cursor: FieldCursor): boolean {
  switch (elementType) {
    case DataType.Bool:
      return cursor.varint32() <= 1;
    case DataType.Int8:
      return fits(cursor.varint32() | 0, 8);
    case DataType.Int16:
      return fits(cursor.varint32() | 0, 16);
    case DataType.Float:
      return Number.isFinite(cursor.float32());
    case DataType.Double:
      return Number.isFinite(cursor.float64());
    default:
      cursor.varint32();
      return true;
  }
}

function fits(value: number, bits: 8 | 16): boolean {
  const shift = 32 - bits;
  return (value << shift) >> shift === value;
}

function storedVectors({ elementType, dim, name, maxCapacity }: FieldSchema, cell: Uint8Array): Uint8Array {
  const vectors = decodeVectorArrayCell(elementType, dim, cell);
  const length = vectors.length / vectorBytes(elementType, dim);
  if (maxCapacity === 0 || length <= maxCapacity) return encodeVectorArrayCell(elementType, dim, vectors);
  throw new RangeError(`array capacity(${length}) for field ${name} exceeds max_capacity(${maxCapacity})`);
}
