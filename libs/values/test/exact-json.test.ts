import { describe, expect, it } from "@jest/globals";
import { isEchoed, isExact, jsonInteger, parseEchoing, parseWithBigInts } from "../src/index.ts";

const text =
  '{"a":[9007199254740993,-9223372036854775808,12345678901234567890123],"b":1.0000000000000002,"c":1e300,"d":7}';

describe("integers that no number holds", () => {
  it("are bigints", () => {
    expect(parseWithBigInts(text)).toEqual({
      ...{ a: [9007199254740993n, -9223372036854775808n, 12345678901234567890123n] },
      ...{ b: 1.0000000000000002, c: 1e300, d: 7 },
    });
  });

  it("are written as they were", () => {
    const value = parseEchoing(text) as { a: unknown[] };
    expect(JSON.stringify(value)).toBe(text.replace("1e300", "1e+300"));
    expect(value.a.map(isEchoed)).toEqual([true, true, true]);
  });

  it("are noticed in what was parsed without regard to them", () => {
    expect(["[1]", "[1.5,null]", '{"a":{"b":"9007199254740993"}}'].map((one) => isExact(JSON.parse(one)))).toEqual([true, true, true]); // biome-ignore format: one fact
    expect(isExact(JSON.parse('{"a":[{"b":9007199254740993}]}'))).toBe(false);
  });

  it("of 64 bits are written as numbers", () => {
    expect(JSON.stringify([5n, 2n ** 63n - 1n, -(2n ** 53n) - 1n].map(jsonInteger))).toBe("[5,9223372036854775807,-9007199254740993]"); // biome-ignore format: one fact
  });
});
