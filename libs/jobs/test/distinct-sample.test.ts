import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { DistinctSample } from "../src/index.ts";

const random = fc.integer({ min: 0, max: 2 ** 32 - 1 });

describe("a distinct sample", () => {
  it("is exact while all hashes fit", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(random, random), { maxLength: 300 }), (hashes) => {
        const sample = new DistinctSample();
        for (const [high, low] of [...hashes, ...hashes]) sample.add(high, low);
        const places = new Set(hashes.map(([high, low]) => `${high}/${high === 0 && low === 0 ? 1 : low}`));
        expect(sample.record()).toMatchObject({ values: 2 * hashes.length, distinct: places.size, isEstimate: false });
      }),
    );
  });

  it("estimates within some percent beyond, whole or merged", () => {
    const [whole, halves] = [new DistinctSample(4096), [new DistinctSample(4096), new DistinctSample(4096)]];
    let seed = 1;
    const next = () => {
      seed = Math.imul(seed ^ (seed >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
      return Math.imul(seed ^ (seed >>> 12), 0x297a2d39) >>> 0;
    };
    for (let i = 0; i < 200_000; i++) {
      const [high, low] = [next(), next()];
      for (const sample of [whole, halves[i % 2], halves[1]]) sample.add(high, low);
    }
    const { distinct, isEstimate } = whole.record();
    expect(isEstimate).toBe(true);
    expect(Math.abs(distinct / 200_000 - 1)).toBeLessThan(0.06);
    const merged = DistinctSample.merge(halves.map((half) => half.record()));
    expect(merged).toMatchObject({ values: 400_000, isEstimate: true });
    expect(Math.abs(merged.distinct / 200_000 - 1)).toBeLessThan(0.2);
  });

  it("of one stream stays exact when it is merged alone", () => {
    const sample = new DistinctSample();
    for (let i = 1; i <= 5000; i++) sample.add(i, Math.imul(i, 0x9e3779b1) >>> 0);
    expect(DistinctSample.merge([sample.record()])).toMatchObject({ distinct: 5000, isEstimate: false });
  });
});
