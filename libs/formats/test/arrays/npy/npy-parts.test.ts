import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { isPickled, parseDtype } from "../../../src/arrays/dtype.ts";
import { npyHeaderBytes, parseNpyHeader } from "../../../src/arrays/npy/npy-header.ts";
import { parsePythonDict } from "../../../src/arrays/npy/python-literal.ts";
import { transpose } from "../../../src/arrays/transpose.ts";
import {
  findNotFinite32,
  findNotFinite64,
  findNotFiniteBrain,
  findNotFiniteHalf,
} from "../../../src/numbers/finite.ts";
import { npyWithHeader } from "./npy-sets.ts";

describe("header literals", () => {
  it.each<[string, unknown]>([
    ["{'a': 1, \"b\": (2, 3,), }", { a: 1, b: [2, 3] }],
    ["  {'shape': (3L, 4L)} \n", { shape: [3, 4] }],
    [
      "{'descr': [('x', '<f4'), ('y', '<i4', (2,))]}",
      {
        descr: [
          ["x", "<f4"],
          ["y", "<i4", [2]],
        ],
      },
    ],
    ["{'a': True, 'b': False, 'c': None, 'd': ()}", { a: true, b: false, c: null, d: [] }],
    ["{'it\\'s': '\\\\'}", { "it's": "\\" }],
    ["{}", {}],
  ])("%s", (text, expected) => {
    expect(Object.fromEntries(parsePythonDict(text))).toEqual(expected);
  });

  it.each([
    ["", 0],
    ["{", 1],
    ["{'a': __import__('os')}", 6],
    ["{'a': 1 + 1}", 8],
    ["{'a': 1, 'a': 2}", 12],
    ["{'a' 1}", 5],
    ["{a: 1}", 1],
    ["{'a': 1} {", 9],
    ["{'a': 'x}", 9],
    ["{'a': (1 2)}", 9],
    ["{'a': 01}", 7],
    ["{'a': 1.5}", 7],
    [`{'a': ${"(".repeat(100)}`, 23],
  ])("refuses %s at character %i", (text, at) => {
    expect(() => parsePythonDict(text)).toThrow(expect.objectContaining({ at }));
  });

  it("either reads or refuses any text", () => {
    const piece = fc.constantFrom(
      "{",
      "}",
      "(",
      ")",
      "[",
      "]",
      "'",
      '"',
      "a",
      "1",
      "-",
      ",",
      ":",
      " ",
      "\\",
      "True",
      "L",
      "\n",
    );
    const total = (parts: string[]) => {
      try {
        parsePythonDict(parts.join(""));
      } catch (error) {
        expect((error as Error).message).toMatch(/^expected /);
      }
    };
    fc.assert(fc.property(fc.array(piece, { maxLength: 30 }), total), { seed: 71, numRuns: 2_000 });
  });
});

describe("headers", () => {
  const good = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }";
  const file = (header: string) => npyWithHeader(header, new Uint8Array(0));

  it("are read in versions 1.0, 2.0 and 3.0, of any length and padding", () => {
    for (const [version, text] of [
      [1, good],
      [2, `${good}\n`],
      [3, good.padEnd(70_000)],
    ] as const) {
      const length = Buffer.alloc(version === 1 ? 2 : 4);
      length.writeUIntLE(text.length, 0, length.length);
      const bytes = Buffer.concat([
        Buffer.from("\x93NUMPY", "latin1"),
        Buffer.of(version, 0),
        length,
        Buffer.from(text),
      ]);
      expect(npyHeaderBytes(bytes.subarray(0, 12))).toBe(bytes.length);
      expect(parseNpyHeader(bytes)).toEqual({
        descr: "<f4",
        fortranOrder: false,
        shape: [3, 2],
        dataOffset: bytes.length,
      });
    }
  });

  it.each([
    ["{'descr': '<f4', 'fortran_order': False}", "exactly descr, fortran_order and shape", 10],
    ["{'descr': '<f4', 'fortran_order': 0, 'shape': (3,)}", "fortran_order is not True or False", 10],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': 3}", "shape is no tuple", 10],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': (-3,)}", "shape holds -3", 10],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': ('3',)}", "shape holds 3", 10],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}", "larger than any file", 10],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': (3,), 'x': 1}", "exactly descr", 10],
    ["{'descr': f(), 'fortran_order': False, 'shape': (3,)}", "no dictionary literal", 20],
  ])("refuses %s", (header, reason, byteOffset) => {
    expect(() => parseNpyHeader(file(header))).toThrow(
      expect.objectContaining({ code: "malformed_file", reason: expect.stringContaining(reason), at: { byteOffset } }),
    );
  });

  it.each([
    ["nothing", "", 0],
    ["another magic", "PK\x03\x04aaaaaaaaaaaaaaaa", 0],
    ["half a magic", "\x93NUM", 4],
    ["version 4.0", "\x93NUMPY\x04\x00\x10\x00\x00\x00", 6],
    ["version 1.1", "\x93NUMPY\x01\x01\x10\x00\x00\x00", 6],
    ["an endless header", "\x93NUMPY\x02\x00\xff\xff\xff\xff", 8],
    ["no length", "\x93NUMPY\x02\x00\x10\x00", 10],
    ["a header cut short", "\x93NUMPY\x01\x00\x40\x00{'descr'", 18],
  ])("refuses %s", (_, text, byteOffset) => {
    expect(() => parseNpyHeader(Buffer.from(text, "latin1"))).toThrow(
      expect.objectContaining({ code: "malformed_file", at: { byteOffset } }),
    );
  });
});

describe("element types", () => {
  it.each([
    ["<f4", "f4", false, 4, "float"],
    [">i8", "i8", true, 8, "int64"],
    ["|b1", "b1", false, 1, "bool"],
    ["?", "b1", false, 1, "bool"],
    ["=f8", "f8", false, 8, "double"],
    ["f2", "f2", false, 2, "float16"],
    ["<u8", "u8", false, 8, "uint64"],
    ["<V2", "V2", false, 2, "bfloat16"],
    [">U7", "U", true, 28, undefined],
    ["|S5", "S", false, 5, undefined],
    ["a5", "S", false, 5, undefined],
  ])("%s", (descr, code, bigEndian, itemBytes, kind) => {
    expect(parseDtype(descr)).toEqual({ code, bigEndian, itemBytes, kind, unit: undefined });
  });

  it("times have a unit", () => {
    const found = ["<M8[ns]", ">M8[25s]", "<M8"].map(parseDtype);
    expect(found.map((dtype) => [dtype?.code, dtype?.unit])).toEqual([
      ["M8", "ns"],
      ["M8", "25s"],
      ["M8", undefined],
    ]);
  });

  it.each([
    "<c8",
    "<m8[ns]",
    "<u3",
    "<f4[ns]",
    "|O",
    "<f16",
    "|V1",
    "|V4",
    "<f1",
    "",
    "<f4,<f4",
    "<i3",
    "U99999999999999999999",
  ])("does not know %p", (descr) => {
    expect(parseDtype(descr)).toBeUndefined();
  });

  it("knows pickles, also in structures", () => {
    expect(["|O", "O", "|O8", '[["a","|O"]]', "<f4", '[["a","<f4"]]'].map(isPickled)).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
    ]);
  });
});

describe("the search for NaN and infinities", () => {
  const bad = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
  const words = (values: ArrayBufferView) => new Int32Array(values.buffer, 0, values.byteLength >>> 2);
  const halves = (values: ArrayBufferView) => new Uint16Array(values.buffer);
  const cases = [
    ["float32", Float32Array, (v: ArrayBufferView, at: number, count: number) => findNotFinite32(words(v), at, count)],
    ["float64", Float64Array, (v: ArrayBufferView, at: number, count: number) => findNotFinite64(words(v), at, count)],
    [
      "float16",
      Float16Array,
      (v: ArrayBufferView, at: number, count: number) => findNotFiniteHalf(halves(v), at, count),
    ],
  ] as const;

  it.each(cases)("of %s finds the first, wherever it stands", (_, array, find) => {
    const search = (length: number, start: number, positions: number[], value: number) => {
      const values = new array(length);
      for (let i = 0; i < length; i++) values[i] = (i % 7) - 3.5;
      for (const position of positions) if (length > 0) values[position % length] = value;
      const at = Math.min(start, length);
      expect(find(values, at, length - at)).toBe(
        values.subarray(at).findIndex((each: number) => !Number.isFinite(each)),
      );
    };
    fc.assert(fc.property(fc.nat(20_000), fc.nat(9), fc.array(fc.nat(), { maxLength: 3 }), bad, search), {
      seed: 81,
      numRuns: 200,
    });
  });

  it("passes the greatest and least values, and every other bit pattern of halves", () => {
    const singles = Float32Array.of(3.4028234663852886e38, -3.4028234663852886e38, 1e-45, -0, 0);
    expect(findNotFinite32(words(singles), 0, 5)).toBe(-1);
    expect(findNotFinite64(words(Float64Array.of(Number.MAX_VALUE, -5e-324)), 0, 2)).toBe(-1);
    for (const [find, mask] of [
      [findNotFiniteHalf, 0x7c00],
      [findNotFiniteBrain, 0x7f80],
    ] as const) {
      const pair = new Uint16Array(2);
      for (let bits = 0; bits < 0x10000; bits++) {
        pair.fill(0x3c00);
        pair[bits & 1] = bits;
        const found = find(pair, 0, 2);
        if (found !== ((bits & mask) === mask ? bits & 1 : -1)) expect([bits, found]).toBeUndefined();
      }
    }
  });

  it("looks at what is in a pair with a half that is not asked for", () => {
    const values = halves(Float16Array.of(1, 2, Number.NaN, 4, 5));
    expect(findNotFiniteHalf(values, 0, 3)).toBe(2);
    expect(findNotFiniteHalf(values, 0, 2)).toBe(-1);
    expect(findNotFiniteHalf(values, 3, 2)).toBe(-1);
    expect(findNotFiniteHalf(halves(Float16Array.of(1, Number.NaN, 3)), 1, 1)).toBe(0);
  });
});

describe("transpose", () => {
  it.each([1, 2, 4, 8])("turns matrices of %i-byte elements", (itemBytes) => {
    const turn = (rows: number, columns: number) => {
      const source = Uint8Array.from({ length: rows * columns * itemBytes }, (_, i) => (i * 31) & 0x7f);
      const target = new Uint8Array(source.length);
      transpose(source, target, rows, columns, itemBytes);
      const expected = new Uint8Array(source.length);
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          const from = (column * rows + row) * itemBytes;
          expected.set(source.subarray(from, from + itemBytes), (row * columns + column) * itemBytes);
        }
      }
      expect(Buffer.compare(target, expected)).toBe(0);
    };
    fc.assert(fc.property(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 1, max: 70 }), turn), {
      seed: 91,
      numRuns: 40,
    });
  });
});
