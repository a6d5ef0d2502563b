import { describe, expect, it } from "@jest/globals";
import { decodeSparseCell, encodeSparseCell, parseSparseJson } from "@sluice/values";
import fc from "fast-check";

const parse = (text: string) => decodeSparseCell(parseSparseJson(Buffer.from(text)));
const pairs = fc.uniqueArray(
  fc.tuple(fc.integer({ min: 0, max: 2 ** 32 - 2 }), fc.float({ min: 0, noNaN: true, noDefaultInfinity: true })),
  {
    selector: ([index]) => index,
    maxLength: 100,
  },
);

describe("sparse vectors", () => {
  it("are (uint32, float32) pairs, little-endian, sorted", () => {
    expect(Buffer.from(encodeSparseCell([7, 1], [2, 0.5])).toString("hex")).toBe("010000000000003f0700000000000040");
    expect(encodeSparseCell([], [])).toHaveLength(0);
  });

  it("of Spark have type and size beside their lists", () => {
    const spark = parse('{"type":0,"size":4,"indices":[1,3],"values":[0.5,0.25]}');
    expect(spark).toEqual({ indices: [1, 3], values: [0.5, 0.25] });
    expect(() => parse('{"type":0,"size":3,"indices":[1,3],"values":[0.5,0.25]}')).toThrow("below the size 3");
  });

  it("of Spark may be dense: zeros are left out", () => {
    const dense = parse('{"type":1,"size":null,"indices":null,"values":[0,0.5,0,2]}');
    expect(dense).toEqual({ indices: [1, 3], values: [0.5, 2] });
    expect(parse('{"type":1,"values":[0]}')).toEqual({ indices: [], values: [] });
  });

  it("both JSON forms give what went in", () => {
    const same = (given: [number, number][]) => {
      const sorted = given.toSorted((a, b) => a[0] - b[0]);
      const expected = { indices: sorted.map(([index]) => index), values: sorted.map(([, value]) => value + 0) };
      const lists = { indices: given.map(([index]) => index), values: given.map(([, value]) => value) };
      expect(parse(JSON.stringify(lists))).toEqual(expected);
      expect(parse(`{${given.map(([index, value]) => `"${index}": ${value + 0}`).join(" , ")}}`)).toEqual(expected);
      expect(decodeSparseCell(encodeSparseCell(lists.indices, lists.values))).toEqual({
        ...expected,
        values: sorted.map(([, value]) => value),
      });
    };
    fc.assert(fc.property(pairs, same), { seed: 41, numRuns: 300 });
  });

  it("takes empty vectors, blanks, escapes in keys and leading zeros", () => {
    expect(parse(" { } ")).toEqual({ indices: [], values: [] });
    expect(parse('{"values":[],"indices":[]}')).toEqual({ indices: [], values: [] });
    expect(parse('{ "\\u0031" : 1e0 , "007":0 }')).toEqual({ indices: [1, 7], values: [1, 0] });
  });

  it.each([
    ['{"3":-0.5}', "negative value in sparse float vector"],
    ['{"indices":[4,4],"values":[1,2]}', "unsorted or same indices in sparse float vector"],
    ['{"4":1,"4":2}', "unsorted or same indices in sparse float vector"],
    ['{"indices":[4,5],"values":[1]}', "indices and values length mismatch"],
    ['{"indices":[-1],"values":[1]}', "invalid index in sparse float vector"],
    ['{"indices":[1.5],"values":[1]}', "invalid index in sparse float vector"],
    ['{"indices":[1],"values":[1],"values":[2]}', "unsorted or same indices in sparse float vector"],
    ['{"4294967295":0.5}', "invalid index in sparse float vector"],
    ['{"a":0.5}', "invalid JSON input"],
    ['{"1:2":0.5}', "invalid JSON input"],
    ['{"1":1e39}', "invalid value in sparse float vector"],
    ['{"1":1e999}', "invalid value in sparse float vector"],
    ['{"indices":[1]}', "invalid JSON input"],
    ['{"indices":[1],"values":[1],"2":1}', "invalid JSON input"],
    ['{"indices":1,"values":[1]}', "invalid JSON input"],
    ['{"1":"0.5"}', "invalid JSON input"],
    ['{"1":null}', "invalid JSON input"],
    ["[1,2]", "invalid JSON input"],
    ['{"1":0.5', "invalid JSON input"],
    ["", "invalid JSON input"],
  ])("refuses %s", (text, message) => {
    expect(() => parse(text)).toThrow(message);
    expect(() => parse(text)).toThrow(RangeError);
  });

  it("refuses NaN, fractions and broken cells", () => {
    expect(() => encodeSparseCell([1], [Number.NaN])).toThrow("invalid value");
    expect(() => encodeSparseCell([1.5], [1])).toThrow("invalid index");
    expect(() => decodeSparseCell(new Uint8Array(7))).toThrow("cut short");
  });
});
