import { describe, expect, it, test } from "@jest/globals";
import { FloatListScanner, scanFloat32 } from "@sluice/kernels";
import fc from "fast-check";

const UNTOUCHED = 5;

/** Scans the text behind its first byte, the bracket; undefined where the kernel leaves it to others. */
function list(text: string, count: number, end = text.length): { values: number[]; behind: number } | undefined {
  const bytes = Buffer.from(text);
  const out = new Float32Array(count + 2).fill(UNTOUCHED);
  const behind = new FloatListScanner(count).scan(bytes, 1, end, out, 1);
  const values = [...out.subarray(1, count + 1)];
  expect([out[0], out[count + 1]]).toEqual([UNTOUCHED, UNTOUCHED]);
  if (behind > 0) return { values, behind };
  expect(values.every((value) => value === UNTOUCHED)).toBe(true);
  return undefined;
}

/** What the twin in TypeScript makes of each number. */
function expected(texts: readonly string[]): number[] {
  return texts.map((text) => {
    const bytes = Buffer.from(text.padEnd(text.length + 16, "\0"));
    const out = new Float32Array(1);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    expect(scanFloat32(bytes, view, 0, { end: 0 }, out, 0)).toBe(text.length);
    return out[0];
  });
}

const digits = (max: number) =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: max }).map((each) => each.join(""));
const printed = fc
  .float({ noNaN: true, noDefaultInfinity: true })
  .chain((value) => fc.constantFrom(JSON.stringify(value), value.toPrecision(9), value.toExponential()));
const written = fc
  .tuple(fc.constantFrom("", "-"), fc.nat({ max: 999_999 }), digits(34), fc.integer({ min: -40, max: 30 }))
  .map(([sign, whole, fraction, exponent]) => `${sign}${whole}.${fraction}${exponent > 0 ? "" : `e${exponent}`}`);
const tiny = fc.tuple(fc.nat({ max: 12 }), digits(20)).map(([zeros, rest]) => `0.${"0".repeat(zeros)}${rest}`);

describe("a list of numbers", () => {
  it("is what its numbers are one by one, in whatever way they are written", () => {
    let decided = 0;
    const texts = fc.array(fc.oneof(printed, written, tiny), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(texts, fc.constantFrom(",", ", "), (each, comma) => {
        const text = `[${each.join(comma)}]`;
        const found = list(`${text},7`, each.length);
        if (!found) return;
        decided++;
        expect(found.behind).toBe(text.length);
        for (const [i, value] of expected(each).entries()) expect(Object.is(found.values[i], value)).toBe(true);
      }),
      { seed: 3, numRuns: 5000 },
    );
    expect(decided).toBeGreaterThan(3000);
  });

  it("of ordinary vectors is always decided", () => {
    const scanner = new FloatListScanner(768);
    const out = new Float32Array(768);
    for (let row = 0; row < 200; row++) {
      const vector = Float32Array.from({ length: 768 }, (_, i) => Math.sin(row * 768 + i) * 10 ** -(row % 6));
      const text = Buffer.from(`[${vector.join(",")}]`);
      expect(scanner.scan(text, 1, text.length, out, 0)).toBe(text.length);
      expect(out).toEqual(vector);
    }
  });

  test.each([
    ["[1,2]", 3, "too few"],
    ["[1,2,3]", 2, "too many"],
    ["[]", 1, "none"],
    ["[1,2", 2, "no end"],
    ["[1,2}", 2, "another end"],
    ["[1,,2]", 2, "nothing between commas"],
    ["[1,]", 2, "nothing behind a comma"],
    ["[01]", 1, "a leading zero"],
    ["[-]", 1, "no digit"],
    ["[+1]", 1, "a plus"],
    ["[.5]", 1, "no digit before the point"],
    ["[1.]", 1, "no digit behind the point"],
    ["[1.e5]", 1, "no digit behind the point"],
    ["[1e]", 1, "no exponent"],
    ["[1e+]", 1, "no exponent"],
    ["[1e400]", 1, "too great"],
    ["[3.4028236e38]", 1, "too great for float32"],
    ["[1.00000005960464477539062500000001]", 1, "a number next to a midpoint"],
    ["[0.12345678901234567890123456789012345678901]", 1, "a very long number"],
    ["[NaN]", 1, "no number"],
    ['["1"]', 1, "a text"],
    ["[ 1]", 1, "a blank in front"],
    ["[1 ,2]", 2, "a blank before a comma"],
    ["[1,  2]", 2, "two blanks"],
    ["[1,\n2]", 2, "a line feed"],
    ["[1:2]", 2, "another mark"],
  ])("%s as %d numbers is left to others: %s", (text, count) => expect(list(text, count)).toBeUndefined());

  it("that goes on behind the end of the data is left to others", () => {
    expect(list("[1.25,2.5]", 2)).toEqual({ values: [1.25, 2.5], behind: 10 });
    for (let end = 1; end < 10; end++) expect(list("[1.25,2.5]", 2, end)).toBeUndefined();
  });

  it("may be much longer than the one before", () => {
    const scanner = new FloatListScanner(40);
    const out = new Float32Array(40);
    for (const value of ["1", "-0.12345678901234567", "2", "-1.2345678901234567e-12"]) {
      const text = Buffer.from(`[${new Array(40).fill(value).join(", ")}]`);
      const behind = scanner.scan(text, 1, text.length, out, 0);
      // What did not fit is left to others once; the next list is copied far enough.
      expect([0, text.length]).toContain(behind);
      expect(scanner.scan(text, 1, text.length, out, 0)).toBe(text.length);
      expect(out).toEqual(new Float32Array(40).fill(Number(value)));
    }
  });

  it("has at most 32,768 numbers", () => {
    const text = Buffer.from(`[${new Array(32_768).fill("-0.12345678901234567").join(",")}]`);
    const out = new Float32Array(32_768);
    expect(new FloatListScanner(32_768).scan(text, 1, text.length, out, 0)).toBe(text.length);
    expect(() => new FloatListScanner(32_769)).toThrow(RangeError);
    expect(() => new FloatListScanner(0)).toThrow(RangeError);
  });
});
