import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { HeldHits, MOST_HITS } from "../src/search/held-hits.ts";
import { limitsOf } from "../src/search/kept-hits.ts";
import { asAnswered, isDistance } from "../src/search/metrics.ts";
import type { Search } from "../src/search/search.ts";
import { TopHits } from "../src/search/top-hits.ts";

const ties = {
  compareKeys: () => 0,
  comparePlaces: (_a: number, rowA: number, _b: number, rowB: number) => rowA - rowB,
};
const byRow = { ...ties, compareKeys: ties.comparePlaces };
/** Of vectors that are allowed, scores may lie beyond the floats: they are answered as infinities, and are equal then. */
const scores = fc.oneof(
  fc.double({ noNaN: true }),
  fc.double({ noNaN: true, min: -2, max: 2 }),
  fc.constantFrom(1e39, -1e39, 3.4028235e38, -3.4028235e38, 3.40282357e38, 3.5e38, 0, 1e-46),
);
const powers = fc.constantFrom(0, 1, 100);

describe("the bound of the best hits", () => {
  it("has every score within that is answered as well as the worst of them", () => {
    fc.assert(
      fc.property(scores, scores, powers, fc.boolean(), (worst, raw, power, isLess) => {
        const [sign, answered] = [isLess ? 1 : -1, asAnswered(raw, power)];
        const tops = new TopHits(1, isLess, power, ties);
        tops.add(asAnswered(worst, power), 0, 0);
        if (sign * answered <= sign * asAnswered(worst, power)) expect(sign * raw).toBeLessThanOrEqual(tops.bound);
      }),
      { seed: 9, numRuns: 3000 },
    );
  });

  it.each(["L2", "IP"] as const)("is no lower where they are infinite: %s", (metric) => {
    for (const worst of [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const tops = new TopHits(1, isDistance(metric), 0, ties);
      tops.add(worst, 0, 1);
      expect((isDistance(metric) ? 1 : -1) * worst).toBeLessThanOrEqual(tops.bound);
    }
  });
});

it("the best hits of equal scores are those with the smaller keys, of infinite ones, too", () => {
  for (const score of [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1]) {
    const tops = new TopHits(2, score < 0, 0, byRow);
    for (const row of [5, 3, 9, 1, 4]) tops.add(score, 0, row);
    expect(tops.sorted().map(({ row }) => row)).toEqual([1, 3]);
  }
});

describe("the limits of a search", () => {
  const limits = (params: object, score?: number) =>
    limitsOf({ params, ...(score !== undefined && { after: { score } }) } as Search);

  it("let rows through that are answered as the last one of a page before, which may be infinite", () => {
    for (const raw of [1e39, Number.POSITIVE_INFINITY, 3.40282357e38]) {
      expect(limits({ metric: "L2" }, Number.POSITIVE_INFINITY).floor).toBeLessThanOrEqual(raw);
      expect(limits({ metric: "IP" }, Number.NEGATIVE_INFINITY).floor).toBeLessThanOrEqual(raw);
    }
  });

  it("have every score within where nothing bounds them", () => {
    expect(limits({ metric: "L2" })).toEqual({ floor: Number.NEGATIVE_INFINITY, ceiling: Number.POSITIVE_INFINITY });
    expect(limits({ metric: "IP" })).toEqual({ floor: Number.NEGATIVE_INFINITY, ceiling: Number.POSITIVE_INFINITY });
  });
});

describe("hits of many queries", () => {
  it("are kept however many they are", () => {
    const tops = new TopHits(1000, true, 0, byRow);
    for (let i = 0; i < 5000; i++) tops.add((i * 7919) % 5000, 0, i);
    expect(tops.sorted().map(({ score }) => score)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect(tops.isFull).toBe(true);
  });

  it("are refused as soon as all of them together are more than an answer holds", () => {
    const held = new HeldHits(MOST_HITS - 5);
    const [first, second] = [new TopHits(3, true, 0, byRow, held), new TopHits(3, true, 0, byRow, held)];
    for (const top of [first, second]) for (let i = 0; i < 2; i++) top.add(i, 0, i);
    first.add(9, 0, 9);
    // One that takes the place of another is none more.
    first.add(1, 0, 7);
    expect(() => second.add(9, 0, 9)).toThrow(
      "search results exceed the maxOutputSize Limit 104857600 (ask for fewer hits, those before the offset among them",
    );
  });
});
