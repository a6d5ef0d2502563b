import { describe, expect, it } from "@jest/globals";
import {
  bfloat16BitsToFloat32,
  float16BitsToFloat32,
  float32ToBfloat16Bits,
  float32ToFloat16Bits,
} from "@sluice/values";
import fc from "fast-check";

const half = new Float16Array(1);
const halfBits = new Uint16Array(half.buffer);
const single = new Float32Array(1);
const singleBits = new Uint32Array(single.buffer);

function referenceBits(value: number): number {
  half[0] = value;
  return halfBits[0];
}

/** Any float32, by its bits: subnormals, infinities and NaN as often as others. */
const anyFloat = fc.integer({ min: 0, max: 0xffffffff }).map((bits) => {
  singleBits[0] = bits;
  return single[0];
});
/** Around the range of halves, where rounding matters. */
const nearHalf = fc.tuple(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: -3, max: 3 })).map(([bits, step]) => {
  single[0] = float16BitsToFloat32(bits);
  singleBits[0] += step * 0x800;
  return single[0];
});

describe("half floats, all of them", () => {
  it("reads all 65536 binary16 values as the platform does", () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      halfBits[0] = bits;
      if (!Object.is(float16BitsToFloat32(bits), half[0]))
        expect([bits, float16BitsToFloat32(bits)]).toEqual([bits, half[0]]);
    }
  });

  it("rounds to binary16 as the platform does", () => {
    const sameBits = (value: number) => {
      const bits = float32ToFloat16Bits(value);
      return Number.isNaN(value) ? Number.isNaN(float16BitsToFloat32(bits)) : bits === referenceBits(value);
    };
    fc.assert(fc.property(anyFloat, sameBits), { seed: 11, numRuns: 20_000 });
    fc.assert(fc.property(nearHalf, sameBits), { seed: 12, numRuns: 20_000 });
  });

  it.each([
    [65504, 0x7bff],
    [65519.996, 0x7bff],
    [65520, 0x7c00],
    [-1e30, 0xfc00],
    [2 ** -24, 1],
    [2 ** -25, 0],
    [-(2 ** -25) * 1.5, 0x8001],
    [-0, 0x8000],
    [2 ** -14, 0x0400],
  ])("binary16 of %d", (value, bits) => {
    expect(float32ToFloat16Bits(value)).toBe(bits);
  });

  it("bfloat16 is the nearest of the two neighbours, the even one on a tie", () => {
    const check = (value: number) => {
      if (!Number.isFinite(value)) return true;
      const bits = float32ToBfloat16Bits(value);
      single[0] = value;
      const low = singleBits[0] >>> 16;
      const rest = singleBits[0] & 0xffff;
      const up = rest > 0x8000 || (rest === 0x8000 && (low & 1) === 1);
      return bits === (up ? low + 1 : low);
    };
    fc.assert(fc.property(anyFloat, check), { seed: 13, numRuns: 20_000 });
  });

  it("bfloat16 keeps what fits, infinities and NaN", () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      const value = bfloat16BitsToFloat32(bits);
      if (float32ToBfloat16Bits(value) !== (Number.isNaN(value) ? 0x7fc0 : bits))
        expect(float32ToBfloat16Bits(value)).toBe(bits);
    }
    expect(float32ToBfloat16Bits(3.4e38)).toBe(0x7f80);
  });
});
