import type { Column, VarColumn } from "@sluice/columns";
import { DataType, fixedWidth } from "@sluice/schema";
import { eachElement, FieldCursor } from "@sluice/values";

/** Elements of arrays, one behind the other, as a column of their type. */
export interface ElementColumn {
  readonly column: Column;
  /** Where the elements of each row end. */
  readonly ends: Uint32Array;
}

/** The elements of the first `count` of some rows; no value is made of them. @throws {RangeError} for a malformed cell */
export function elementColumn(type: DataType, arrays: VarColumn, rows: Uint32Array, count: number): ElementColumn {
  const cells = rows.subarray(0, count);
  // An element takes a byte at least: there is room for all, and no more than eight times that of the cells.
  let bytes = 0;
  for (const row of cells) bytes += arrays.offsets[row + 1] - arrays.offsets[row];
  return type === DataType.VarChar || type === DataType.String
    ? textElements(type, arrays, cells, bytes)
    : plainElements(type, arrays, cells, bytes);
}

function plainElements(type: DataType, arrays: VarColumn, rows: Uint32Array, bytes: number): ElementColumn {
  const width = fixedWidth({ dataType: type, dim: 0 });
  const data = new Uint8Array(width * bytes);
  let length = 0;
  const write = writerOf(type, data);
  const ends = walked(type, arrays, rows, (cells) => {
    write(cells, length++);
    return length;
  });
  return { column: { kind: "fixed", width, data, validity: undefined }, ends };
}

/** Writes the element that a cursor stands at to a place of a column. */
function writerOf(type: DataType, { buffer }: Uint8Array): (cells: FieldCursor, at: number) => void {
  switch (type) {
    case DataType.Int64: {
      const words = new Int32Array(buffer);
      return (cells, at) => cells.int64Words(words, 2 * at);
    }
    case DataType.Float: {
      const floats = new Float32Array(buffer);
      return (cells, at) => {
        floats[at] = cells.float32();
      };
    }
    case DataType.Double: {
      const doubles = new Float64Array(buffer);
      return (cells, at) => {
        doubles[at] = cells.float64();
      };
    }
    default:
      return smallWriter(type, buffer);
  }
}

function smallWriter(type: DataType, buffer: ArrayBufferLike): (cells: FieldCursor, at: number) => void {
  if (type === DataType.Bool) {
    const bools = new Uint8Array(buffer);
    return (cells, at) => {
      bools[at] = cells.varint32() === 0 ? 0 : 1;
    };
  }
  const integers =
    type === DataType.Int8
      ? new Int8Array(buffer)
      : type === DataType.Int16
        ? new Int16Array(buffer)
        : new Int32Array(buffer);
  return (cells, at) => {
    integers[at] = cells.varint32();
  };
}

function textElements(type: DataType, arrays: VarColumn, rows: Uint32Array, bytes: number): ElementColumn {
  const data = new Uint8Array(bytes);
  // Two bytes of each are its tag and its length.
  const offsets = new Uint32Array((bytes >>> 1) + 1);
  let [length, at] = [0, 0];
  const ends = walked(type, arrays, rows, (cells) => {
    const outer = cells.enter();
    for (let from = cells.at; from < cells.end; from++) data[at++] = cells.bytes[from];
    cells.leave(outer);
    offsets[++length] = at;
    return length;
  });
  return { column: { kind: "var", offsets: offsets.subarray(0, length + 1), data, validity: undefined }, ends };
}

/** Takes each element of each row. @param take answers how many there were so far */
function walked(
  type: DataType,
  { offsets, data }: VarColumn,
  rows: Uint32Array,
  take: (cells: FieldCursor) => number,
): Uint32Array {
  const cells = new FieldCursor(data);
  const ends = new Uint32Array(rows.length);
  let length = 0;
  const count = (cursor: FieldCursor) => {
    length = take(cursor);
  };
  for (const [i, row] of rows.entries()) {
    cells.at = offsets[row];
    cells.end = offsets[row + 1];
    eachElement(type, cells, count);
    ends[i] = length;
  }
  return ends;
}
