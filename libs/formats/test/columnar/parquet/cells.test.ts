import { describe, expect, test } from "@jest/globals";
import { FixedBuffer } from "@sluice/columns";
import { BytesSink } from "@sluice/parquet";
import { DataType } from "@sluice/schema";
import { encodeArrayCell } from "@sluice/values";
import fc from "fast-check";
import { appendNumberCell, appendTextCell } from "../../../src/numbers/array-cells.ts";
import { findNotFinite32 } from "../../../src/numbers/finite.ts";

const seed = 20;

describe("cells of arrays", () => {
  test.each([
    [DataType.Bool, fc.boolean(), 1],
    [DataType.Int8, fc.integer({ min: -128, max: 127 }), 1],
    [DataType.Int16, fc.integer({ min: -32768, max: 32767 }), 2],
    [DataType.Int32, fc.integer(), 4],
    [DataType.Int64, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), 8],
    [DataType.Float, fc.float({ noNaN: true }), 4],
    [DataType.Double, fc.double({ noNaN: true }), 8],
  ] as const)("type %i: as encodeArrayCell writes them", (type, values, width) => {
    fc.assert(
      fc.property(fc.array(values as fc.Arbitrary<boolean | number | bigint>, { maxLength: 20 }), (list) => {
        const buffer = new FixedBuffer();
        buffer.reserve(list.length * width + 8);
        for (const [i, value] of list.entries()) {
          if (type === DataType.Int64) buffer.int64[i] = value as bigint;
          else if (type === DataType.Float) buffer.float32[i] = value as number;
          else if (type === DataType.Double) buffer.float64[i] = value as number;
          else if (type === DataType.Int32) buffer.int32[i] = value as number;
          else if (type === DataType.Int16) buffer.int16[i] = value as number;
          else buffer.int8[i] = Number(value);
        }
        const cells = new BytesSink();
        appendNumberCell(type, buffer, 0, list.length, cells);
        expect(Buffer.from(cells.data.subarray(0, cells.length))).toEqual(Buffer.from(encodeArrayCell(type, list)));
      }),
      { seed, numRuns: 60 },
    );
  });

  test("text", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 200 }), { maxLength: 8 }), (list) => {
        const texts = new BytesSink();
        for (const text of list) texts.append(Buffer.from(text), 0, Buffer.byteLength(text));
        const cells = new BytesSink();
        appendTextCell(texts, 0, list.length, cells);
        expect(Buffer.from(cells.data.subarray(0, cells.length))).toEqual(
          Buffer.from(encodeArrayCell(DataType.VarChar, list)),
        );
      }),
      { seed, numRuns: 60 },
    );
  });
});

test("the check of floats finds NaN and infinities at every place, and nothing else", () => {
  const extremes = [0, -0, 1e-45, 3.4028234663852886e38, -3.4028234663852886e38, 1, -1];
  const floats = Float32Array.from({ length: 37 }, (_, i) => extremes[i % extremes.length]);
  const bits = new Int32Array(floats.buffer);
  expect(findNotFinite32(bits, 0, floats.length)).toBe(-1);
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    for (let i = 0; i < floats.length; i++) {
      const before = floats[i];
      floats[i] = bad;
      expect(findNotFinite32(bits, 0, floats.length)).toBe(i);
      expect(findNotFinite32(bits, i + 1, floats.length - i - 1)).toBe(-1);
      floats[i] = before;
    }
  }
});
