import { describe, expect, it, test } from "@jest/globals";
import { DataType } from "@sluice/schema";
import {
  bfloat16BitsToFloat32,
  decodeArrayCell,
  decodeSparseCell,
  decodeVectorArrayCell,
  encodeArrayCell,
  encodeSparseCell,
  encodeVectorArrayCell,
  findJsonError,
  float16BitsToFloat32,
  float32ToBfloat16Bits,
  float32ToFloat16Bits,
  formatTimestamptz,
  jsonTypeAt,
  parseSparseJson,
  parseTimestamptz,
  wholeNumber,
  wkbToWkt,
  wktToWkb,
} from "@sluice/values";
import fc from "fast-check";

const bytes = (text: string) => new Uint8Array(Buffer.from(text));
const hex = (cell: Uint8Array) => Buffer.from(cell).toString("hex");

describe("half floats", () => {
  it("round to nearest, ties to even, and come back", () => {
    const differing: number[] = [];
    for (let bits = 0; bits < 0x10000; bits++) {
      const half = float16BitsToFloat32(bits);
      if (!Number.isNaN(half) && float32ToFloat16Bits(half) !== bits) differing.push(bits);
      const brain = bfloat16BitsToFloat32(bits);
      if (!Number.isNaN(brain) && float32ToBfloat16Bits(brain) !== bits) differing.push(bits);
    }
    expect(differing).toEqual([]);
    expect(float32ToBfloat16Bits(1 + 2 ** -8)).toBe(0x3f80); // A tie: the even neighbour.
    expect(float32ToBfloat16Bits(1 + 3 * 2 ** -8)).toBe(0x3f82);
    expect(float32ToFloat16Bits(65520)).toBe(0x7c00); // Infinity: the caller refuses it.
  });
});

describe("array cells", () => {
  it("are ScalarField messages as the binlog format shows them", () => {
    expect(hex(encodeArrayCell(DataType.Int64, [1n, 2n]))).toBe("1a040a020102");
    expect(hex(encodeArrayCell(DataType.Int64, []))).toBe("1a00");
    expect(hex(encodeArrayCell(DataType.Int8, [-1]))).toBe(`120c0a0a${"ff".repeat(9)}01`);
  });

  it("come back, whatever they hold", () => {
    const lists: [DataType, fc.Arbitrary<(bigint | number | boolean | string)[]>][] = [
      [DataType.Bool, fc.array(fc.boolean())],
      [DataType.Int32, fc.array(fc.integer())],
      [DataType.Int64, fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }))],
      [DataType.Float, fc.array(fc.float({ noNaN: true }))],
      [DataType.Double, fc.array(fc.double({ noNaN: true }))],
      [DataType.VarChar, fc.array(fc.string({ unit: "grapheme" }))],
    ];
    for (const [type, values] of lists) {
      fc.assert(
        fc.property(values, (list) => expect(decodeArrayCell(type, encodeArrayCell(type, list))).toEqual(list)),
        { seed: 3, numRuns: 50 },
      );
    }
  });

  it("are read when the list is not packed", () => {
    expect(decodeArrayCell(DataType.Int64, Buffer.from("1a0408010802", "hex"))).toEqual([1n, 2n]);
  });

  it("of vectors hold the dimension and all vectors", () => {
    const vectors = new Uint8Array(new Float32Array([1, 2, 3, 4]).buffer);
    const cell = encodeVectorArrayCell(DataType.FloatVector, 2, vectors);
    expect(decodeVectorArrayCell(DataType.FloatVector, 2, cell)).toEqual(vectors);
    expect(
      decodeVectorArrayCell(DataType.FloatVector, 2, encodeVectorArrayCell(DataType.FloatVector, 2, new Uint8Array(0))),
    ).toHaveLength(0);
  });
});

describe("sparse vectors", () => {
  it("are sorted pairs", () => {
    const cell = parseSparseJson(bytes('{"7": 2, "1": 0.5}'));
    expect(hex(cell)).toBe("010000000000003f0700000000000040");
    expect(decodeSparseCell(cell)).toEqual({ indices: [1, 7], values: [0.5, 2] });
    expect(parseSparseJson(bytes('{"indices":[7,1],"values":[2,0.5]}'))).toEqual(cell);
    expect(parseSparseJson(bytes("{}"))).toHaveLength(0);
  });

  test.each([
    [[1, 1], [1, 1], "unsorted or same indices"],
    [[1], [-1], "negative value in sparse float vector"],
    [[-1], [1], "invalid index"], // D14: never wrapped round
    [[2 ** 32 - 1], [1], "invalid index"],
    [[1.5], [1], "invalid index"],
    [[1], [1e39], "finite float32"],
    [[1, 2], [1], "indices and values length mismatch"],
  ])("D14: refuses indices %j with values %j", (indices, values, text) =>
    expect(() => encodeSparseCell(indices, values)).toThrow(text),
  );

  test.each(["[]", "1", '{"a":1}', '{"1":"x"}', '{"indices":[1]}', "{"])("refuses the JSON %s", (text) => {
    expect(() => parseSparseJson(bytes(text))).toThrow("invalid JSON input");
  });
});

describe("findJsonError", () => {
  /** To JSON.parse, which makes infinities of numbers that no double holds. */
  const isValid = (text: string) => {
    let hasInfinity = false;
    try {
      JSON.parse(text, (_, value) => {
        hasInfinity ||= value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY;
        return value;
      });
      return !hasInfinity;
    } catch {
      return false;
    }
  };

  it("agrees with JSON.parse on valid texts, whatever their layout", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.integer({ min: 0, max: 4 }), (value, indent) =>
        expect(findJsonError(bytes(JSON.stringify(value, undefined, indent)))).toBe(-1),
      ),
      { seed: 1 },
    );
  });

  it("agrees with JSON.parse on damaged texts", () => {
    const damage = fc.tuple(
      fc.jsonValue(),
      fc.nat(),
      fc.constantFrom("", ",", "}", "]", '"', "\\", "1", "e", "-", ".", "\u0001", "n", ":", "{", "["),
    );
    fc.assert(
      fc.property(damage, ([value, at, junk]) => {
        const text = JSON.stringify(value);
        const cut = at % (text.length + 1);
        const damaged = text.slice(0, cut) + junk + text.slice(cut + 1);
        expect(findJsonError(bytes(damaged)) === -1).toBe(isValid(damaged));
      }),
      { seed: 2, numRuns: 2000 },
    );
  });

  test.each([
    ['{"a":1,}', 7],
    ["[1 2]", 3],
    ["nul", 3],
    ["01", 1],
    ["1.", 2],
    ["+1", 0],
    ['"a\\x"', 3],
    ['"\\u12g4"', 5],
    ["", 0],
    ["[1", 2],
    ["1 1", 2],
    ["NaN", 0],
  ])("points into %s at byte %d", (text, offset) => expect(findJsonError(bytes(text))).toBe(offset));

  it("refuses deep nesting at the bracket, without recursion", () => {
    expect(findJsonError(bytes("[".repeat(512) + "]".repeat(512)))).toBe(-1);
    expect(findJsonError(bytes("[".repeat(100_000)))).toBe(512);
  });

  it("tells the kind of value", () => {
    expect([" {", "[", '"', "-1", "true", "null", "x"].map((text) => jsonTypeAt(bytes(text), 0))).toEqual([
      "object",
      "array",
      "string",
      "number",
      "bool",
      "null",
      "invalid",
    ]);
  });
});

describe("geometry", () => {
  test.each([["POINT (10 10)", "010100000000000000000024400000000000002440"]])(
    "stores %s little-endian",
    (text, stored) => expect(hex(wktToWkb(text))).toBe(stored),
  );

  test.each([
    ["point(10.00   10)", "POINT (10 10)"],
    ["POINT EMPTY", "POINT EMPTY"],
    ["POLYGON((30 10,40 40,20 40,10 20,30 10))", "POLYGON ((30 10, 40 40, 20 40, 10 20, 30 10))"],
    ["MULTIPOINT (1 1, 2 2)", "MULTIPOINT ((1 1), (2 2))"],
    ["MULTIPOINT ((1 1), (2 2))", "MULTIPOINT ((1 1), (2 2))"],
    ["LINESTRING EMPTY", "LINESTRING EMPTY"],
    ["MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)))", "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)))"],
    [
      "GEOMETRYCOLLECTION (POINT (1 -2.5), LINESTRING (0 0, 1e3 1))",
      "GEOMETRYCOLLECTION (POINT (1 -2.5), LINESTRING (0 0, 1000 1))",
    ],
  ])("%s comes back as %s", (text, written) => expect(wkbToWkt(wktToWkb(text))).toBe(written));

  test.each(["", "POINT", "POINT (1", "POINT (1 2 3)", "CIRCLE (1 1)", "POINT (a b)", "POINT (1 1) x"])(
    "refuses %j",
    (text) => {
      expect(() => wktToWkb(text)).toThrow("not well-known text");
    },
  );
});

describe("whole numbers", () => {
  it.each<[string, bigint | undefined]>([
    ["1951.0", 1951n],
    ["1e3", 1000n],
    ["-12.50e1", -125n],
    ["-0.0", 0n],
    ["0e999999999999999999999", 0n],
    ["9223372036854775807.000", 2n ** 63n - 1n],
    ["1.5", undefined],
    ["15e-1", undefined],
    ["1e-400", undefined],
    ["x", undefined],
  ])("%s", (text, value) => {
    expect(wholeNumber(text)).toBe(value);
  });

  it("beyond every column cost nothing, however great", () => {
    expect(wholeNumber("1e999999999999999999999")).toBeGreaterThan(2n ** 64n);
    expect(wholeNumber(`-${"9".repeat(1000)}.0`)).toBeLessThan(-(2n ** 64n));
  });

  it("are found wherever the point and the exponent put them", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.nat(12), (value, shift) => {
        const digits = `${value}`.replace("-", "").padStart(shift + 1, "0");
        const sign = value < 0n ? "-" : "";
        const moved = `${digits.slice(0, digits.length - shift)}.${digits.slice(digits.length - shift)}0e${shift}`;
        expect(wholeNumber(sign + moved.replace(/^0+(?=\d)/, ""))).toBe(value);
      }),
      { seed: 12, numRuns: 300 },
    );
  });
});

describe("points in time", () => {
  test.each([
    ["2025-05-30T23:46:05Z", "UTC", 1748648765000000n],
    ["2025-05-30 23:46:05", "UTC", 1748648765000000n],
    ["2025-05-31T07:46:05+08", "UTC", 1748648765000000n],
    ["2025-05-31T07:46:05", "Asia/Shanghai", 1748648765000000n],
    ["2025-05-30T23:46:05.1234567Z", "UTC", 1748648765123456n],
    ["1969-12-31T23:59:59.5Z", "UTC", -500000n],
  ])("%s in %s", (text, zone, micros) => expect(parseTimestamptz(text, zone)).toBe(micros));

  test.each([
    [1748648765000000n, "UTC", "2025-05-30T23:46:05Z"],
    [1748648765120000n, "UTC", "2025-05-30T23:46:05.12Z"],
    [1748648765000000n, "Asia/Shanghai", "2025-05-31T07:46:05+08:00"],
    [-500000n, "UTC", "1969-12-31T23:59:59.5Z"],
  ])("%s is shown in %s", (micros, zone, text) => expect(formatTimestamptz(micros, zone)).toBe(text));

  it("shifts a local time in a gap forward and takes the first of an overlap", () => {
    expect(formatTimestamptz(parseTimestamptz("2025-03-30T02:30:00", "Europe/Berlin"), "UTC")).toBe(
      "2025-03-30T01:30:00Z",
    );
    expect(formatTimestamptz(parseTimestamptz("2025-10-26T02:30:00", "Europe/Berlin"), "UTC")).toBe(
      "2025-10-26T00:30:00Z",
    );
  });

  test.each(["yesterday", "2025-02-30T00:00:00Z", "2025-01-01", "2025-01-01T24:00:00Z", "2025-01-01T00:60:00Z"])(
    "refuses %s",
    (text) => {
      expect(() => parseTimestamptz(text, "UTC")).toThrow("invalid timestamp string");
    },
  );
  it("refuses offsets that no place has", () =>
    expect(() => parseTimestamptz("2025-01-01T00:00:00+15:00", "UTC")).toThrow("out of the valid range"));
});
