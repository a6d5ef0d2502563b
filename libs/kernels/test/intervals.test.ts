import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import {
  keepFloatsWithin,
  keepInt64sWithin,
  keepIntegersWithin,
  keepRemaindersWithin,
  REMAINDER_LIMIT,
} from "../src/index.ts";

/** Rows of a stretch of a column, as selectors have them. */
function rowsOf(first: number, count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, i) => first + i);
}

/** What lies between edges, and the edges themselves, at places where sixteen bytes end and begin. */
function stretch<N>(value: fc.Arbitrary<N>): fc.Arbitrary<{ values: N[]; first: number; low: N; high: N }> {
  return fc
    .record({ values: fc.array(value, { minLength: 1, maxLength: 70 }), at: fc.nat(), low: value, high: value })
    .map(({ values, at, low, high }) => ({ values, first: at % values.length, low, high }));
}

function expectSame<N extends number | bigint>(
  { values, first, low, high }: { values: N[]; first: number; low: N; high: N },
  keep: (rows: Uint32Array, isWanted: boolean) => number,
): void {
  for (const isWanted of [true, false]) {
    const rows = rowsOf(first, values.length - first);
    const wanted = [...rows].filter((row) => (values[row] >= low && values[row] <= high) === isWanted);
    expect([...rows.subarray(0, keep(rows, isWanted))]).toEqual(wanted);
  }
}

describe("rows whose numbers lie in an interval", () => {
  it.each([Int8Array, Int16Array, Int32Array])("are those that a loop finds: %p", (Kind) => {
    const most = 2 ** (8 * Kind.BYTES_PER_ELEMENT - 1);
    // Bounds go beyond what the type has, as literals do.
    const value = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(-most, most - 1));
    const bound = fc.oneof(value, fc.constantFrom(-most - 1, most, -Infinity, Infinity));
    fc.assert(
      fc.property(stretch(value), bound, bound, (made, low, high) => {
        const values = Kind.from(made.values);
        expectSame({ ...made, low, high }, (rows, isWanted) =>
          keepIntegersWithin(values, [low, high], isWanted, rows, rows.length),
        );
      }),
    );
  });

  it("are those that a loop finds: 64 bits", () => {
    const value = fc.oneof(fc.bigInt(-3n, 3n), fc.constantFrom(-(2n ** 63n), 2n ** 63n - 1n, 2n ** 32n, -(2n ** 32n)));
    fc.assert(
      fc.property(stretch(value), (made) => {
        const values = BigInt64Array.from(made.values);
        expectSame(made, (rows, isWanted) =>
          keepInt64sWithin(values, [made.low, made.high], isWanted, rows, rows.length),
        );
      }),
    );
  });

  it.each([Float32Array, Float64Array])("are those that a loop finds, NaN in none: %p", (Kind) => {
    const edges = [
      0,
      -0,
      1,
      1 + 2 ** -24,
      1 - 2 ** -25,
      1e-46,
      -1e-46,
      3.5e38,
      -3.5e38,
      Infinity,
      -Infinity,
      Number.NaN,
    ];
    const value = fc.oneof(fc.constantFrom(...edges), fc.double());
    fc.assert(
      fc.property(stretch(value), (made) => {
        const values = Kind.from(made.values);
        expectSame({ ...made, values: [...values] }, (rows, isWanted) =>
          keepFloatsWithin(values, [made.low, made.high], isWanted, rows, rows.length),
        );
      }),
    );
  });

  const divisors = fc.oneof(
    fc.integer({ min: 1, max: 9 }),
    fc.integer({ min: 1, max: REMAINDER_LIMIT - 1 }),
    fc.constantFrom(2 ** 25, REMAINDER_LIMIT - 1),
  );
  const bounds = fc.oneof(
    fc.integer({ min: -9, max: 9 }),
    fc.constantFrom(-REMAINDER_LIMIT, REMAINDER_LIMIT, 2 ** 25 - 1),
  );

  it.each([Int8Array, Int16Array, Int32Array])("are those whose remainder a loop finds there: %p", (Kind) => {
    const most = 2 ** (8 * Kind.BYTES_PER_ELEMENT - 1);
    const value = fc.oneof(
      fc.integer({ min: -most, max: most - 1 }),
      fc.integer({ min: -20, max: 20 }),
      fc.constantFrom(-most, most - 1),
    );
    fc.assert(
      fc.property(stretch(value), divisors, bounds, bounds, ({ values, first }, divisor, low, high) => {
        const rests = values.map((one) => one % divisor);
        expectSame({ values: rests, first, low, high }, (rows, isWanted) =>
          keepRemaindersWithin(Kind.from(values), divisor, [low, high], isWanted, rows, rows.length),
        );
      }),
    );
  });

  const any64 = fc.oneof(
    fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
    fc.bigInt(-20n, 20n),
    fc.bigInt(0n, 2n ** 33n),
    fc.constantFrom(-(2n ** 63n), 2n ** 63n - 1n, 2n ** 32n, -(2n ** 32n), -(2n ** 32n) - 1n),
  );
  const below32 = fc.oneof(
    fc.bigInt(0n, 2n ** 32n - 1n),
    fc.bigInt(0n, 20n),
    fc.constantFrom(2n ** 31n, 2n ** 32n - 1n),
  );

  it.each([
    ["any", any64],
    ["whose higher 32 are 0", below32],
  ])("are those whose remainder a loop finds there: 64 bits, %s", (_, value) => {
    fc.assert(
      fc.property(stretch(value), divisors, bounds, bounds, ({ values, first }, divisor, low, high) => {
        const rests = values.map((one) => Number(one % BigInt(divisor)));
        expectSame({ values: rests, first, low, high }, (rows, isWanted) =>
          keepRemaindersWithin(BigInt64Array.from(values), divisor, [low, high], isWanted, rows, rows.length),
        );
      }),
      { numRuns: 300 },
    );
  });

  it("are found in all of a long column", () => {
    const values = Int32Array.from({ length: 40_000 }, (_, row) => row % 100);
    const rows = rowsOf(0, values.length);
    const count = keepIntegersWithin(values, [7, 7], true, rows, rows.length);
    expect([...rows.subarray(0, count)]).toEqual(Array.from({ length: 400 }, (_, i) => 100 * i + 7));
  });
});
