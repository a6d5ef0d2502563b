import { describe, expect, it } from "@jest/globals";
import { decodePlain, encodePlain } from "@sluice/schema";
import fc from "fast-check";

describe("records as text", () => {
  it("marks bigint, and escapes what looks like a mark", () => {
    const text = encodePlain({ id: 9007199254740993n, n: 5, s: "#5", t: "##", list: [-1n, null, true] });
    expect(text).toBe('{"id":"#9007199254740993","n":5,"s":"##5","t":"###","list":["#-1",null,true]}');
    expect(decodePlain(text)).toEqual({ id: 9007199254740993n, n: 5, s: "#5", t: "##", list: [-1n, null, true] });
  });

  it("packs long lists of ids", () => {
    const ids = Array.from({ length: 100_000 }, (_, i) => 1_000_000_000_004_096n + BigInt(3 * i));
    const text = encodePlain({ ids });
    expect(text.length).toBeLessThan(300_000);
    expect(decodePlain(text)).toEqual({ ids });
    const few = Array.from({ length: 9 }, (_, i) => BigInt(i % 3) - 1n);
    expect(encodePlain(few)).toBe('"#[-1,1,1,-2,1,1,-2,1,1"');
  });

  it("leaves out members that are undefined", () => {
    expect(encodePlain({ a: undefined, b: 1 })).toBe('{"b":1}');
  });

  it.each([
    ["NaN", Number.NaN],
    ["Infinity", Number.POSITIVE_INFINITY],
    ["a Map", new Map()],
    ["a typed array", new Uint16Array(2)],
    ["a function", () => 1],
  ])("refuses %s", (_title, value) => {
    expect(() => encodePlain({ member: value })).toThrow("member");
  });

  it("comes back as it was", () => {
    const value = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: "small" },
        fc.bigInt(),
        fc.string(),
        fc.string().map((s) => `#${s}`),
        fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0 || 0),
        fc.boolean(),
        fc.constant(null),
        fc.uint8Array(),
        fc.array(tie("value")),
        fc.array(fc.bigInt(), { minLength: 7, maxLength: 12 }),
        fc.array(fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }), { minLength: 7, maxLength: 40 }),
        fc.dictionary(fc.string(), tie("value"), { noNullPrototype: true }),
      ),
    })).value;
    fc.assert(
      fc.property(value, (record) => expect(decodePlain(encodePlain(record))).toEqual(record)),
      { seed: 7, numRuns: 500 },
    );
  });

  it("is read as JSON.parse reads it with a function for each value", () => {
    const mark = (text: unknown) => (typeof text === "string" && text.startsWith("#") ? BigInt(text.slice(1)) : text);
    const leaf = fc.oneof(
      fc.integer().map((n) => `#${n}`),
      fc.string({ unit: fc.constantFrom("a", "b") }),
      fc.constant(null),
    );
    const names = fc.oneof(fc.constant("__proto__"), fc.string());
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof({ depthSize: "small" }, leaf, fc.array(tie("value")), fc.dictionary(names, tie("value"))),
    }));
    fc.assert(
      fc.property(value, (any) => {
        const text = JSON.stringify(any);
        expect(decodePlain(text)).toStrictEqual(JSON.parse(text, (_name, found) => mark(found)));
      }),
    );
    expect(Object.entries(decodePlain('{"__proto__":"#1"}') as object)).toEqual([["__proto__", 1n]]);
  });
});
