import { describe, expect, it, test } from "@jest/globals";
import { type Column, type VarColumn, views } from "@sluice/columns";
import { DataType } from "@sluice/schema";
import { type ArrayElement, decodeArrayCell, encodeArrayCell } from "@sluice/values";
import fc from "fast-check";
import { elementColumn } from "../src/evaluate/element-column.ts";

const elements: [DataType, fc.Arbitrary<ArrayElement>][] = [
  [DataType.Bool, fc.boolean()],
  [DataType.Int8, fc.integer({ min: -128, max: 127 })],
  [DataType.Int16, fc.integer({ min: -32768, max: 32767 })],
  [DataType.Int32, fc.integer()],
  [DataType.Int64, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
  [DataType.Float, fc.float({ noNaN: true })],
  [DataType.Double, fc.double({ noNaN: true })],
  [DataType.VarChar, fc.string({ unit: "grapheme" })],
];

function arrays(cells: readonly Uint8Array[]): VarColumn {
  const offsets = new Uint32Array(cells.length + 1);
  for (const [i, { length }] of cells.entries()) offsets[i + 1] = offsets[i] + length;
  return { kind: "var", offsets, data: Buffer.concat(cells), validity: undefined };
}

function valuesOf(type: DataType, column: Column, count: number): ArrayElement[] {
  const at = (row: number): ArrayElement => {
    if (column.kind === "var")
      return Buffer.from(column.data.slice(column.offsets[row], column.offsets[row + 1])).toString();
    const view = new DataView(column.data.buffer, column.data.byteOffset);
    switch (type) {
      case DataType.Bool:
        return view.getUint8(row) === 1;
      case DataType.Int8:
        return view.getInt8(row);
      case DataType.Int16:
        return view.getInt16(2 * row, true);
      case DataType.Int32:
        return view.getInt32(4 * row, true);
      case DataType.Int64:
        return views.int64(column, count)[row];
      case DataType.Float:
        return view.getFloat32(4 * row, true);
      default:
        return view.getFloat64(8 * row, true);
    }
  };
  return Array.from({ length: count }, (_, row) => at(row));
}

describe("elements of arrays as a column", () => {
  test.each(elements)("of type %i are those of the cells, of the rows that are meant", (type, element) => {
    const same = (lists: ArrayElement[][], skipped: number) => {
      const column = arrays(lists.map((list) => encodeArrayCell(type, list)));
      const rows = Uint32Array.from(lists.keys()).filter((row) => row % 3 !== skipped);
      const wanted = [...rows].map((row) => lists[row]);
      const found = elementColumn(type, column, Uint32Array.of(...rows, 77), rows.length);
      const ends = wanted.map((_, i) => wanted.slice(0, i + 1).flat().length);
      expect([...found.ends]).toEqual(ends);
      expect(valuesOf(type, found.column, ends.at(-1) ?? 0)).toEqual(wanted.flat());
    };
    const lists = fc.array(fc.array(element, { maxLength: 9 }), { maxLength: 9 });
    fc.assert(fc.property(lists, fc.integer({ min: 0, max: 2 }), same), { seed: 5, numRuns: 100 });
  });

  it("are read where they are not packed, and behind members that nobody knows", () => {
    const cell = Uint8Array.from(Buffer.from("1a0408010802", "hex"));
    const more = Uint8Array.from(Buffer.from("1a040a0201028a01020101", "hex"));
    const found = elementColumn(DataType.Int64, arrays([cell, more]), Uint32Array.of(0, 1), 2);
    expect(valuesOf(DataType.Int64, found.column, 4)).toEqual([1n, 2n, 1n, 2n]);
    expect(decodeArrayCell(DataType.Int64, more)).toEqual([1n, 2n]);
  });

  test.each([
    ["cut short", "1a040a0201"],
    ["longer than the cell", "1a060a020102"],
    ["of another type", "22060a040000803f"],
  ])("that are %s are refused", (_, hex) => {
    const cell = Uint8Array.from(Buffer.from(hex, "hex"));
    // What lies behind a cell is none of it.
    const column = arrays([cell, new Uint8Array(9)]);
    expect(() => elementColumn(DataType.Int64, column, Uint32Array.of(0), 1)).toThrow(RangeError);
  });
});
