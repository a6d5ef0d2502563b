import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { DoubleSet } from "../src/evaluate/double-set.ts";
import { Int64Set } from "../src/evaluate/int64-set.ts";
import { doubleList, integerList, unionOf } from "../src/number-lists.ts";

const MAX = 2n ** 63n - 1n;
const int64 = fc.oneof(fc.bigInt(-5n, 5n), fc.bigInt(-MAX - 1n, MAX), fc.constantFrom(MAX, -MAX - 1n, 2n ** 53n + 1n));
const ascending = (values: Iterable<bigint>) => [...new Set(values)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));

describe("lists of numbers", () => {
  it("have each value once, ascending, and none outside int64", () => {
    expect([...integerList([3n, -1n, 3n, MAX + 1n, -MAX - 2n])]).toEqual([-1n, 3n]);
    expect([...doubleList([1.5, -0, 0, 1.5, -2])]).toEqual([-2, 0, 1.5]);
    fc.assert(fc.property(fc.array(int64), (values) => expect([...integerList(values)]).toEqual(ascending(values))));
  });

  it("are put together as sets are", () => {
    fc.assert(
      fc.property(fc.array(fc.array(int64), { minLength: 1 }), (lists) =>
        expect([...unionOf(lists.map(integerList))]).toEqual(ascending(lists.flat())),
      ),
    );
  });

  it("are found again by value: integers as bigint or as double", () => {
    fc.assert(
      fc.property(fc.array(int64), int64, (values, other) => {
        const list = integerList(values);
        const set = new Int64Set(list);
        for (const value of [...values, other]) {
          const place = list.indexOf(value);
          expect(set.indexOf(value)).toBe(place);
          if (BigInt(Number(value)) === value) expect(set.indexOf(Number(value))).toBe(place);
        }
      }),
    );
    expect(new Int64Set(integerList([MAX])).indexOf(2 ** 63)).toBe(-1);
    expect(new Int64Set(integerList([1n, 0n])).indexOf(0.5)).toBe(-1);
    expect(new Int64Set(integerList([1n, 0n])).indexOf(-0)).toBe(0);
  });

  it("are found again by value: doubles", () => {
    const double = fc.oneof(fc.double({ noNaN: true }), fc.constantFrom(0, -0, 1.5));
    fc.assert(
      fc.property(fc.array(double), double, (values, other) => {
        const set = new DoubleSet(doubleList(values));
        for (const value of [...values, other]) expect(set.has(value)).toBe(values.some((one) => one === value));
      }),
    );
  });
});
