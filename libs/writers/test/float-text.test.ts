import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { doubleText, floatText } from "../src/float-text.ts";

const float = fc.integer({ min: 0, max: 0xffffffff }).map((bits) => new Float32Array(Uint32Array.of(bits).buffer)[0]);

describe("text of floats of 32 bits", () => {
  it.each([
    [0, "0"],
    [-0, "-0.0"],
    [0.1, "0.1"],
    [-1.05, "-1.05"],
    [1 / 3, "0.33333334"],
    [16_777_216, "16777216"],
    [999_999_999, "1000000000"],
    [999_999.9, "999999.9"],
    [0.000001, "0.000001"],
    [0.00000123, "0.00000123"],
    [0.5, "0.5"],
    [1234.5, "1234.5"],
  ])("%f is %s", (value, text) => {
    expect(floatText(Math.fround(value))).toBe(text);
  });

  it("means the float, read at once or by way of a double, and is JSON", () => {
    fc.assert(
      fc.property(float.filter(Number.isFinite), (value) => {
        const read = JSON.parse(floatText(value));
        // Just between two floats, a double would not tell which of them its text means.
        const farther = value + (read - value) * (1 + 1e-9);
        expect([Math.fround(read), Math.fround(farther)]).toEqual([value, value]);
      }),
      { numRuns: 3000 },
    );
  });

  it("has the digits that a decimal of six digits has", () => {
    const decimal = fc.tuple(fc.integer({ min: 1, max: 999_999 }), fc.integer({ min: 0, max: 6 }));
    fc.assert(
      fc.property(decimal, ([digits, places]) => {
        const value = digits / 10 ** places;
        expect(floatText(Math.fround(value))).toBe(JSON.stringify(value));
      }),
      { numRuns: 3000 },
    );
  });
});

describe("text of doubles", () => {
  it.each([
    [0, "0"],
    [-0, "-0.0"],
    [5e-324, "5e-324"],
    [-0.1, "-0.1"],
  ])("%f is %s", (value, text) => {
    expect(doubleText(value)).toBe(text);
  });
});
