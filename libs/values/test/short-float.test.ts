import { describe, expect, it, test } from "@jest/globals";
import fc from "fast-check";
import { shortFloat } from "../src/index.ts";

/** The least digits that give the float, and among such the nearest. */
function plainly(float: number): number {
  for (let digits = 1; digits <= 9; digits++) {
    const short = Number(float.toPrecision(digits));
    if (Math.fround(short) === float) return short;
  }
  return float;
}

describe("shortest text of a float32", () => {
  test.each([
    [0.1, "0.1"],
    [-1 / 3, "-0.33333334"],
    [16777216, "16777216"],
    [2 ** 30, "1073741800"],
    [3.4028234663852886e38, "3.4028235e+38"],
    [1.401298464324817e-45, "1e-45"],
    [0.5, "0.5"],
    [1e10, "10000000000"],
    [1e-7, "1e-7"],
    [999999.94, "999999.94"],
    [-0, "0"],
  ])("of %d is %s", (value, text) => {
    expect(JSON.stringify(shortFloat(Math.fround(value)))).toBe(text);
  });

  it("gives the float again, with as few digits as can be", () => {
    const bits = new Uint32Array(1);
    const floats = new Float32Array(bits.buffer);
    const any = fc.nat({ max: 0xffffffff }).map((value) => {
      bits[0] = value;
      return floats[0];
    });
    const usual = fc.double({ min: -1e6, max: 1e6, noNaN: true }).map(Math.fround);
    fc.assert(
      fc.property(fc.oneof(any, usual), (float) => {
        if (!Number.isFinite(float)) return;
        expect(JSON.stringify(shortFloat(float))).toBe(JSON.stringify(plainly(float)));
      }),
      { numRuns: 3000 },
    );
  });
});
