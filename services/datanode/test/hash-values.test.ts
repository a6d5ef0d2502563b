import { describe, expect, it } from "@jest/globals";
import { DistinctSample } from "@sluice/jobs/findings";
import fc from "fast-check";
import { countDistinct } from "../src/sinks/check/hash-values.ts";

/** By the kernel, and by its twin, which takes columns that may have nulls. */
function counted(keys: BigInt64Array, limit: number, validity: Uint8Array | undefined) {
  const sample = new DistinctSample(limit);
  const data = new Uint8Array(keys.buffer);
  countDistinct({ kind: "fixed", width: 8, data, validity }, keys.length, sample);
  return { ...sample.record(), repeats: sample.repeats, isWhole: sample.isWhole };
}

describe("int64 keys of a sample", () => {
  it("are hashed by the kernel as by its twin", () => {
    const keys = fc.bigInt64Array({ maxLength: 3000 });
    const limits = fc.constantFrom(10, 300, 100_000);
    fc.assert(
      fc.property(keys, fc.boolean(), limits, (some, isTwice, limit) => {
        const all = isTwice ? BigInt64Array.of(...some, ...some) : some;
        expect(counted(all, limit, undefined)).toEqual(counted(all, limit, new Uint8Array(all.length).fill(1)));
      }),
      { numRuns: 40 },
    );
  });

  it("that follow each other are thinned out alike", () => {
    const keys = BigInt64Array.from({ length: 20_000 }, (_, i) => BigInt(i % 15_000) - 700n);
    const sample = counted(keys, 1000, undefined);
    expect(sample).toEqual(counted(keys, 1000, new Uint8Array(keys.length).fill(1)));
    expect(sample).toMatchObject({ values: 20_000, isWhole: false });
  });
});
