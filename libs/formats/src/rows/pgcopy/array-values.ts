import { DataType } from "@sluice/schema";
import type { ArrayElement } from "@sluice/values";

/** Types of elements by their numbers in `pg_type`. */
const [BOOL, INT8, INT2, INT4, TEXT, FLOAT4, FLOAT8, BPCHAR, VARCHAR] = [16, 20, 21, 23, 25, 700, 701, 1042, 1043];

/** Bytes before the first element: dimensions, flags, element type, length, lower bound. An empty array has no more than three. */
const [HEAD_BYTES, EMPTY_BYTES] = [20, 12];

/** Element types of fields that take elements of each type. */
const integers = [DataType.Int8, DataType.Int16, DataType.Int32, DataType.Int64, DataType.Float, DataType.Double];
const floats = [DataType.Float, DataType.Double];
const texts = [DataType.VarChar, DataType.String];
const takers = new Map<number, readonly DataType[]>([
  [BOOL, [DataType.Bool]],
  [INT2, integers],
  [INT4, integers],
  [INT8, integers],
  [FLOAT4, floats],
  [FLOAT8, floats],
  [TEXT, texts],
  [BPCHAR, texts],
  [VARCHAR, texts],
]);

/**
 * The elements of a one-dimensional array of PostgreSQL (`array_send`). @param type of the field's elements
 * @throws {RangeError} with the reason, as the user reads it
 */
export function readArray(bytes: Uint8Array, type: DataType): (ArrayElement | Uint8Array)[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length === EMPTY_BYTES && view.getInt32(0) === 0) return [];
  if (bytes.length < HEAD_BYTES || view.getInt32(0) !== 1) throw new RangeError("it is no array of one dimension");
  const oid = view.getInt32(8);
  if (!takers.get(oid)?.includes(type)) throw new RangeError(`its elements are of PostgreSQL's type ${oid}`);
  const values: (ArrayElement | Uint8Array)[] = [];
  let at = HEAD_BYTES;
  for (let left = view.getInt32(12); left > 0; left--) {
    const length = at + 4 <= bytes.length ? view.getInt32(at) : 0;
    if (length < 0) throw new RangeError("an element is null");
    at += 4;
    if (at + length > bytes.length) throw new RangeError("its elements are longer than the array");
    values.push(elementAt(view, bytes.subarray(at, at + length), at, oid));
    at += length;
  }
  if (at !== bytes.length) throw new RangeError("bytes stand behind its elements");
  return values;
}

const widths: ReadonlyMap<number, number> = new Map([
  [BOOL, 1],
  [INT2, 2],
  [INT4, 4],
  [INT8, 8],
  [FLOAT4, 4],
  [FLOAT8, 8],
]);

function elementAt(view: DataView, element: Uint8Array, at: number, oid: number): ArrayElement | Uint8Array {
  const width = widths.get(oid);
  if (width === undefined) return element.slice();
  if (element.length !== width) throw new RangeError(`an element has ${element.length} bytes in place of ${width}`);
  switch (oid) {
    case BOOL:
      return view.getUint8(at) !== 0;
    case INT2:
      return view.getInt16(at);
    case INT4:
      return view.getInt32(at);
    case INT8:
      return view.getBigInt64(at);
    case FLOAT4:
      return view.getFloat32(at);
    default:
      return view.getFloat64(at);
  }
}
