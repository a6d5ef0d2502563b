import { describe, expect, it, test } from "@jest/globals";
import { takeMemory } from "@sluice/async";
import { FloatListScanner, scanFloat32 } from "@sluice/kernels";
import fc from "fast-check";

const UNTOUCHED = 5;

/** Lists of up to forty numbers; FUZZ_LISTS=500000 is ten million numbers. */
const LISTS = Number(process.env.FUZZ_LISTS ?? 3000);

/** A thread's arena, where text and floats are read and written in place. */
const arenaText = takeMemory(1 << 20);
const arenaBytes = takeMemory(2 << 20);
const arenaFloats = new Float32Array(arenaBytes.buffer, arenaBytes.byteOffset, 1 << 19);

/** Scans the text behind its first byte, the bracket, as a copy and in place; undefined where the kernel leaves it to others. */
function list(text: string, count: number, end = text.length): { values: number[]; behind: number } | undefined {
  const bytes = Buffer.from(text);
  const found = scanned(bytes, new Float32Array(count + 2), count, end);
  arenaText.set(bytes);
  arenaText.fill(0, bytes.length, bytes.length + 64);
  const inPlace = scanned(arenaText, arenaFloats.subarray(0, count + 2), count, end);
  // Of a list that is much longer than its like, not enough may be copied.
  if (found) expect(inPlace).toEqual(found);
  return inPlace;
}

function scanned(bytes: Uint8Array, out: Float32Array, count: number, end: number) {
  out.fill(UNTOUCHED);
  const behind = new FloatListScanner(count).scan(bytes, 1, end, out, 1);
  expect([out[0], out[count + 1]]).toEqual([UNTOUCHED, UNTOUCHED]);
  return behind > 0 ? { values: [...out.subarray(1, count + 1)], behind } : undefined;
}

/** Numbers, parted by a comma and a blank at most, as the twin reads them; undefined where there are not so many, up to "]". */
function oneByOne(text: string, count: number): number[] | undefined {
  const bytes = Buffer.from(text.padEnd(text.length + 16, "\0"));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const out = new Float32Array(count);
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (i > 0 && bytes[at] === 0x20) at++;
    at = scanFloat32(bytes, view, at, { end: 0 }, out, i);
    if (at < 0 || bytes[at] !== (i < count - 1 ? 0x2c : 0x5d)) return undefined;
    at++;
  }
  return [...out];
}

/** xorshift32, below `bound`. */
function randomFrom(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % bound;
  };
}

const bits = new DataView(new ArrayBuffer(8));
/** The others are long, or next to midpoints, which are left to others more often. */
const [USUAL_KINDS, MOST_KINDS] = [7, 10];

/** Numbers as programs write them, and such as lie next to a midpoint of two float32, or at an end of what the kernel takes. */
function numberLike(random: (bound: number) => number, kinds: number): string {
  const anyDigits = (length: number) => Array.from({ length }, () => random(10)).join("");
  const sign = random(2) === 0 ? "-" : "";
  bits.setUint32(0, (random(1 << 16) << 16) | random(1 << 16));
  const float = bits.getFloat32(0);
  const small = (random(2 ** 24) / 2 ** 24) * 10 ** -random(5);
  switch (random(kinds)) {
    case 0:
      return Number.isFinite(float) ? String(float) : "0";
    case 1:
      return `${sign}${Math.fround(small)}`;
    case 2:
      return `${sign}${random(300)}`;
    case 3:
      return `${sign}${1 + random(9)}${anyDigits(random(17))}.${anyDigits(1 + random(18))}`;
    case 4:
      return `${sign}${1 + random(9)}${anyDigits(random(18))}`;
    case 5:
      return `${sign}${small.toFixed(random(9))}`;
    case 6:
      return `${sign}${random(10)}.${anyDigits(1 + random(8))}e${random(2) === 0 ? "-" : ""}${random(12)}`;
    case 7:
      return `${sign}${random(20)}.${anyDigits(1 + random(34))}`;
    case 8:
      return `${sign}0.${"0".repeat(random(20))}${anyDigits(1 + random(18))}`;
    default:
      return nextToMidpoint(Math.fround(0.01 + small), random);
  }
}

/** Digits of the middle of a float32 and the next one, cut off, or with some behind them. */
function nextToMidpoint(float: number, random: (bound: number) => number): string {
  bits.setFloat32(0, float);
  bits.setUint32(0, bits.getUint32(0) + 1);
  const text = ((float + bits.getFloat32(0)) / 2).toFixed(30);
  const cut = text.slice(0, 4 + random(text.length - 4));
  return random(2) === 0 ? cut : cut + random(1000);
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

  it("is nothing that its numbers are not, whatever bytes it is made of", () => {
    const random = randomFrom(20261128);
    let [decided, valid] = [0, 0];
    for (let round = 0; round < LISTS; round++) {
      const count = 1 + random(40);
      const kinds = random(3) === 0 ? MOST_KINDS : USUAL_KINDS;
      const one = () => numberLike(random, kinds);
      const comma = [",", ", "][random(2)];
      let text = one();
      for (let i = 1; i < count; i++) text += (random(60) === 0 ? ", " : comma) + one();
      text += "]";
      // Half of them with a byte that may be wrong there.
      if (random(2) === 0) {
        const at = random(text.length);
        text = text.slice(0, at) + "0123456789.,-+eE ]x\n"[random(20)] + text.slice(at + random(2));
      }
      const found = list(`[${text},0.5,1]`, count);
      const twin = oneByOne(text, count);
      if (twin) valid++;
      if (!found) continue;
      decided++;
      if (!twin) throw new Error(`[${text} is no list of ${count} numbers`);
      for (const [i, value] of twin.entries())
        if (!Object.is(found.values[i], value))
          throw new Error(`number ${i} of [${text} is ${value}, not ${found.values[i]}`);
    }
    // Only numbers next to a midpoint, very long ones and such that overflow are left to others.
    expect(decided).toBeGreaterThan(0.6 * valid);
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
