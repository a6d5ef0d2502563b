import { describe, expect, it, test } from "@jest/globals";
import { OVERFLOW, scanFloat32, scanInt64 } from "@sluice/kernels";
import fc from "fast-check";
import { exactFloat32 } from "../src/exact-float32.ts";
import { NO_NUMBER } from "../src/float32-scanner.ts";

function padded(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length + 16);
  bytes.set(Buffer.from(text));
  return bytes;
}

function float(text: string): { value: number; end: number } {
  const bytes = padded(text);
  const scan = { end: -1 };
  const out = new Float32Array(3).fill(5);
  const end = scanFloat32(bytes, new DataView(bytes.buffer), 0, scan, out, 1);
  expect([out[0], out[2]]).toEqual([5, 5]);
  if (end === NO_NUMBER) return { value: Number.NaN, end: scan.end };
  return end === OVERFLOW ? { value: out[1], end: scan.end } : { value: out[1], end };
}

function integer(text: string): bigint | string {
  const scan = { end: -1, lo: 0, hi: 0 };
  const outcome = scanInt64(padded(text), 0, scan);
  if (outcome !== "value") return `${outcome} ${scan.end}`;
  return (BigInt(scan.hi) << 32n) | BigInt(scan.lo >>> 0);
}

describe("scanFloat32", () => {
  it("reads every float32 as JSON prints it, in doubles and in its own digits", () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
        for (const text of [JSON.stringify(value), value.toPrecision(9), value.toExponential()]) {
          if (!/^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(text)) continue;
          expect(float(text)).toEqual({ value: Math.fround(Number(text)), end: text.length });
        }
      }),
      { seed: 1, numRuns: 5000 },
    );
  });

  it("reads decimal texts of any length as a correctly rounded float32", () => {
    const digits = (max: number) =>
      fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: max }).map((list) => list.join(""));
    const texts = fc.tuple(
      fc.constantFrom("", "-"),
      fc.nat({ max: 999999 }),
      digits(40),
      fc.integer({ min: -50, max: 40 }),
    );
    fc.assert(
      fc.property(texts, ([sign, whole, fraction, exponent]) => {
        const text = `${sign}${whole}.${fraction}e${exponent}`;
        expect(Object.is(float(text).value, exactFloat32(text))).toBe(true);
      }),
      { seed: 2, numRuns: 5000 },
    );
  });

  test.each([
    ["1.00000005960464477539062500000001", 1.0000001192092896], // Just above a midpoint: rounded once.
    ["1.000000059604644775390625", 1], // The midpoint itself: to even.
    ["1.00000005960464477539062499999999", 1],
    ["3.40282356779733661637539395458142568448e38", Number.POSITIVE_INFINITY],
    ["3.40282356779733661637539395458142568447e38", 3.4028234663852886e38],
    ["1e-46", 0],
    ["7.006492321624085e-46", 0],
    ["7.0064923216240853546186479164495807e-46", 1.401298464324817e-45],
    ["-0", -0],
    ["0.1", Math.fround(0.1)],
    ["123456789012345678901234567890", Math.fround(1.2345678901234568e29)],
    ["1e400", Number.POSITIVE_INFINITY],
  ])("%s is %d", (text, value) => expect(Object.is(float(text).value, value)).toBe(true));

  test.each([
    ["", 0],
    ["-", 1],
    ["+1", 0],
    [".5", 0],
    ["1.", 2],
    ["01", 1],
    ["-01", 2],
    ["1e", 2],
    ["1e+", 3],
    ["NaN", 0],
    ["-Infinity", 1],
  ])("%j is no number, from byte %d on", (text, end) => expect(float(text)).toEqual({ value: Number.NaN, end }));

  it("ends where the number ends", () => {
    expect(float("1.25,3")).toEqual({ value: 1.25, end: 4 });
    expect(float("0x1F")).toEqual({ value: 0, end: 1 });
  });
});

describe("scanInt64", () => {
  it("reads every int64 exactly", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) =>
        expect(integer(String(value))).toBe(value),
      ),
      { seed: 1, numRuns: 3000 },
    );
    for (let bits = 0n; bits < 63n; bits++) {
      for (const value of [2n ** bits - 1n, 2n ** bits, 2n ** bits + 1n]) {
        expect(integer(String(value))).toBe(value);
        expect(integer(String(-value))).toBe(-value);
      }
    }
  });

  test.each([
    ["9223372036854775807", 2n ** 63n - 1n],
    ["9223372036854775808", "range 19"],
    ["-9223372036854775808", -(2n ** 63n)],
    ["-9223372036854775809", "range 20"],
    ["12345678901234567890123", "range 23"],
    ["-0", 0n],
    ["01", "invalid 1"],
    ["-", "invalid 1"],
    ["x", "invalid 0"],
    ["1.5", 1n],
  ])("%s", (text, value) => expect(integer(text)).toBe(value));
});
