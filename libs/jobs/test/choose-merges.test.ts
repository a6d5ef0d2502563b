import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { chooseMerges, type MergeCandidate, type MergeOccasion } from "../src/choose-merges.ts";

const MB = 1 << 20;
const bounds = { segmentBytes: 1024 * MB, maxRows: 1 << 23 };
type Segment = MergeCandidate<number>;

/** One shard of a partition: segments come, and what is chosen is merged. */
class Shard {
  segments: Segment[] = [];
  readonly bounds;
  writtenBytes = 0;
  #nextId = 0;

  constructor(sizes: readonly number[], limits = bounds) {
    this.bounds = limits;
    for (const memoryBytes of sizes) this.add(memoryBytes);
  }

  add(memoryBytes: number, rowCount = 1): void {
    this.segments.push({ segmentId: this.#nextId++, rowCount, memoryBytes });
  }

  choose(occasion: MergeOccasion): number[][] {
    return chooseMerges(this.segments, this.bounds, occasion);
  }

  /** Merges what is chosen; how many lists that were. */
  merge(occasion: MergeOccasion): number {
    const merges = this.choose(occasion);
    for (const merge of merges) {
      const sources = this.segments.filter(({ segmentId }) => merge.includes(segmentId));
      this.segments = this.segments.filter(({ segmentId }) => !merge.includes(segmentId));
      const memoryBytes = sources.reduce((sum, segment) => sum + segment.memoryBytes, 0);
      this.add(
        memoryBytes,
        sources.reduce((sum, segment) => sum + segment.rowCount, 0),
      );
      this.writtenBytes += memoryBytes;
    }
    return merges.length;
  }

  get small(): Segment[] {
    return this.segments.filter(({ memoryBytes }) => memoryBytes < this.bounds.segmentBytes / 8);
  }
}

describe("which segments are merged", () => {
  it.each<[what: string, sizes: number[], occasion: MergeOccasion, merged: number[][]]>([
    ["seven of a tier wait while others come", Array(7).fill(100), "busy", []],
    ["eight do not", Array(8).fill(100), "busy", [[0, 1, 2, 3, 4, 5, 6, 7]]],
    ["smaller ones go with them", [...Array(8).fill(100), 1], "busy", [[0, 1, 2, 3, 4, 5, 6, 7, 8]]],
    ["larger ones stay", [8 * MB, ...Array(8).fill(100)], "busy", [[1, 2, 3, 4, 5, 6, 7, 8]]],
    ["everything is, if need be alone, when it is forced", [100, 900 * MB, 200 * MB], "forced", [[0, 2], [1]]],
    ["two may stay where it is quiet", [100, 100], "quiet", []],
    ["three may not", [100, 5000, 100], "quiet", [[0, 1, 2]]],
    ["a segment that is not small is left alone", [100, 128 * MB, 100, 100], "quiet", [[0, 2, 3]]],
    ["little does not write much again", [100 * MB, 1000, 1000], "quiet", [[1, 2]]],
    ["more does", [100 * MB, 2 * MB, 2 * MB], "quiet", [[0, 1, 2]]],
    ["who asks has two merged", [100 * MB, 1000], "asked", [[0, 1]]],
    ["one alone is never", [100], "asked", []],
  ])("%s", (_, sizes, occasion, merged) => {
    expect(new Shard(sizes).choose(occasion)).toEqual(merged);
  });

  it("rows bound a merge as bytes do", () => {
    const narrow = Array.from({ length: 5 }, (_, segmentId) => ({ segmentId, rowCount: 40, memoryBytes: 1 }));
    expect(chooseMerges(narrow, { ...bounds, maxRows: 100 }, "asked")).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });

  const occasions = fc.constantFrom<MergeOccasion>("busy", "quiet", "asked");
  const sizes = fc.array(
    fc.double({ min: 0, max: 30, noNaN: true }).map((power) => Math.ceil(2 ** power)),
    { maxLength: 60 },
  );
  const limits = fc.constantFrom(bounds, { segmentBytes: MB, maxRows: 50 }, { segmentBytes: 64 * MB, maxRows: 1000 });

  it("are small, each in one merge of at least two, within the bounds, in their order", () => {
    fc.assert(
      fc.property(sizes, limits, occasions, (given, limit, occasion) => {
        const shard = new Shard(given, limit);
        const merges = shard.choose(occasion);
        const all = merges.flat();
        expect(new Set(all).size).toBe(all.length);
        for (const merge of merges) {
          expect(merge.length).toBeGreaterThanOrEqual(2);
          expect(merge).toEqual([...merge].sort((a, b) => a - b));
          expect(merge.length).toBeLessThanOrEqual(limit.maxRows);
          expect(merge.every((id) => given[id] < limit.segmentBytes / 8)).toBe(true);
          expect(merge.reduce((sum, id) => sum + given[id], 0)).toBeLessThanOrEqual(limit.segmentBytes);
        }
      }),
    );
  });

  it("come to an end: what is quiet has two small ones at most, whatever it was before", () => {
    fc.assert(
      fc.property(sizes, (given) => {
        const shard = new Shard(given);
        let passes = 0;
        while (shard.merge("quiet") > 0) expect(++passes).toBeLessThanOrEqual(given.length);
        expect(shard.small.length).toBeLessThanOrEqual(2);
        expect(shard.choose("busy")).toEqual([]);
      }),
    );
  });

  it("are written once a tier while equal ones come", () => {
    const shard = new Shard([]);
    const count = 20_000;
    for (let i = 0; i < count; i++) {
      shard.add(500);
      while (shard.merge("busy") > 0) {}
    }
    const tiers = Math.ceil(Math.log(count) / Math.log(8));
    expect(shard.writtenBytes).toBeLessThanOrEqual(count * 500 * tiers);
    expect(shard.segments.length).toBeLessThanOrEqual(7 * (tiers + 1));
  });

  it("are not written over and over for little, however often it is quiet", () => {
    const shard = new Shard([100 * MB]);
    const count = 2000;
    for (let i = 0; i < count; i++) {
      shard.add(1000);
      shard.merge("quiet");
    }
    // The large one never, and what is tiny each time.
    expect(shard.segments[0].memoryBytes).toBe(100 * MB);
    expect(shard.writtenBytes).toBeLessThanOrEqual(count * 4 * MB);
  });
});
