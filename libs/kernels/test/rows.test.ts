import { describe, expect, it } from "@jest/globals";
import { takeMemory } from "@sluice/async";
import fc from "fast-check";
import { copyRuns, findNotFiniteFloat, groupRows, joinRows, numberRows } from "../src/index.ts";

const MIB = 1 << 20;
const pooled = takeMemory(2 * MIB);
const target = takeMemory(2 * MIB);

describe("floats that are not finite", () => {
  const words = new Int32Array(pooled.buffer, pooled.byteOffset, pooled.length / 4);
  const bad = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
  const finite = fc.oneof(
    fc.float({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(-0, 1.4e-45, 3.4028234663852886e38),
  );

  it("are found as Number.isFinite finds them, from any place on", () => {
    const values = fc.array(fc.oneof({ arbitrary: finite, weight: 40 }, { arbitrary: bad, weight: 1 }), {
      maxLength: 100,
    });
    fc.assert(
      fc.property(values, fc.nat(9), (floats, at) => {
        const own = new Float32Array(pooled.buffer, pooled.byteOffset, pooled.length / 4).fill(Number.NaN, 0, 200);
        own.set(floats, at);
        expect(findNotFiniteFloat(words, at, floats.length)).toBe(floats.findIndex((value) => !Number.isFinite(value)));
      }),
    );
  });

  it("are not looked for outside of the arena", () => {
    expect(findNotFiniteFloat(new Int32Array(4), 0, 4)).toBeUndefined();
  });
});

describe("runs of rows", () => {
  const runs = fc.array(fc.tuple(fc.nat(50), fc.nat(50)), { maxLength: 40 });

  it("are copied one after the other, and nothing behind them", () => {
    fc.assert(
      fc.property(runs, fc.integer({ min: 1, max: 300 }), fc.nat(500), (ranges, width, at) => {
        const source = pooled.subarray(3, 3 + 51 * width).map((_, i) => (i * 2654435761) >>> 11);
        pooled.set(source, 3);
        const sorted = ranges.map(([a, b]) => [Math.min(a, b), Math.max(a, b)]);
        const list = (side: number) => Uint32Array.from(sorted, (range) => range[side]);
        const expected = Buffer.concat(sorted.map(([start, end]) => source.subarray(start * width, end * width)));
        target.fill(7, 0, at + expected.length + 100);
        const taken = copyRuns(pooled.subarray(3), target, width, at, {
          starts: list(0),
          ends: list(1),
          count: sorted.length,
        });
        expect(taken).toBe(true);
        expect(Buffer.compare(target.subarray(at, at + expected.length), expected)).toBe(0);
        expect(target.subarray(at + expected.length, at + expected.length + 100).every((byte) => byte === 7)).toBe(
          true,
        );
      }),
    );
  });

  it("are copied however many there are", () => {
    const count = 70_000;
    const starts = Uint32Array.from({ length: count }, (_, i) => (i * 7919) % 1000);
    const ends = starts.map((start) => start + 1);
    const numbers = new Uint32Array(pooled.buffer, pooled.byteOffset, 1001).map((_, i) => i);
    pooled.set(new Uint8Array(numbers.buffer));
    expect(copyRuns(pooled, target, 4, 0, { starts, ends, count })).toBe(true);
    expect(Buffer.compare(target.subarray(0, 4 * count), new Uint8Array(starts.buffer))).toBe(0);
  });

  it("are left to others outside of the arena", () => {
    const lists = { starts: Uint32Array.of(0), ends: Uint32Array.of(1), count: 1 };
    expect(copyRuns(new Uint8Array(8), target, 8, 0, lists)).toBe(false);
    expect(copyRuns(pooled, new Uint8Array(8), 8, 0, lists)).toBe(false);
  });
});

describe("rows by bucket", () => {
  it("come in the order of their buckets, those of one in their own", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(6), { maxLength: 200 }), (buckets) => {
        const expected = [...buckets.keys()].sort((a, b) => buckets[a] - buckets[b] || a - b);
        const starts = Uint32Array.from({ length: 7 }, (_, bucket) => buckets.filter((other) => other < bucket).length);
        const ends = Uint32Array.from({ length: 7 }, (_, bucket) => buckets.filter((other) => other <= bucket).length);
        const order = new Uint32Array(buckets.length);
        expect(groupRows(Uint16Array.from(buckets), starts, order)).toBe(true);
        expect([...order]).toEqual(expected);
        expect([...starts]).toEqual([...ends]);
      }),
    );
  });

  it("are left to others where they are more than there is room for", () => {
    expect(groupRows(new Uint16Array((1 << 17) + 1), new Uint32Array(2), new Uint32Array((1 << 17) + 1))).toBe(false);
  });
});

describe("rows that follow each other", () => {
  const words = (memory: Uint8Array<ArrayBuffer>, from: number, count: number) =>
    new Uint32Array(memory.buffer, memory.byteOffset + 4 * from, count);

  it("become runs that stand for the same rows, as few as can be, and get their numbers", () => {
    const start = fc.constantFrom(0n, 1n, 2n ** 32n - 20n, 2n ** 62n, -30n);
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(99), { maxLength: 80 }), start, fc.nat(40), (rows, first, at) => {
        const order = words(pooled, 0, rows.length);
        order.set(rows.sort((a, b) => (a % 7) - (b % 7) || a - b));
        const [starts, ends] = [words(pooled, 100, 100), words(pooled, 200, 100)];
        const count = joinRows(order, starts, ends) ?? -1;
        const runs = Array.from({ length: count }, (_, i) => [starts[i], ends[i]] as const);
        expect(runs.flatMap(([from, to]) => [...Array(to - from).keys()].map((i) => from + i))).toEqual(rows);
        expect(runs.some(([from], i) => i > 0 && from === runs[i - 1][1])).toBe(false);
        target.fill(7, 0, 8 * (at + rows.length) + 8);
        expect(numberRows({ starts, ends, count }, first, target, 8 * at)).toBe(true);
        const numbers = new BigInt64Array(target.buffer, target.byteOffset + 8 * at, rows.length);
        expect([...numbers]).toEqual(rows.map((row) => first + BigInt(row)));
        expect(target.subarray(8 * (at + rows.length), 8 * (at + rows.length) + 8).every((byte) => byte === 7)).toBe(
          true,
        );
      }),
    );
  });

  it("have numbers below 0 and from 0 on", () => {
    const [starts, ends] = [words(pooled, 100, 2), words(pooled, 200, 2)];
    starts.set([28, 50]);
    ends.set([30, 51]);
    expect(numberRows({ starts, ends, count: 2 }, -30n, target, 0)).toBe(true);
    expect([...new BigInt64Array(target.buffer, target.byteOffset, 3)]).toEqual([-2n, -1n, 20n]);
  });

  it("are left to others outside of the arena", () => {
    const [order, starts, ends] = [Uint32Array.of(1, 2), new Uint32Array(2), new Uint32Array(2)];
    expect(joinRows(order, starts, ends)).toBeUndefined();
    expect(numberRows({ starts, ends, count: 1 }, 0n, target, 0)).toBe(false);
  });
});
