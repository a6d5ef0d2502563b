import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { packGroups } from "../src/index.ts";

describe("small groups of a job", () => {
  it.each<[sizes: number[], packs: [first: number, count: number][]]>([
    [[], []],
    [[5], [[0, 1]]],
    [[5, 5, 5], [[0, 3]]],
    [
      [25, 25, 25, 25, 1],
      [
        [0, 4],
        [4, 1],
      ],
    ],
    [
      [5, 90, 5, 5],
      [
        [0, 1],
        [1, 1],
        [2, 2],
      ],
    ],
    [
      [26, 26],
      [
        [0, 1],
        [1, 1],
      ],
    ],
    [[0, 0], [[0, 2]]],
  ])("%j are packed as %j", (sizes, packs) => {
    expect(packGroups(sizes, 100).map(({ first, count }) => [first, count])).toEqual(packs);
  });

  it("each are in one pack, in their order, and no pack is too large", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(120), { maxLength: 600 }), (sizes) => {
        const packs = packGroups(sizes, 100);
        expect(packs.flatMap(({ first, count }) => Array.from({ length: count }, (_, i) => first + i))).toEqual([
          ...sizes.keys(),
        ]);
        for (const { first, count } of packs) {
          const bytes = sizes.slice(first, first + count).reduce((sum, size) => sum + size, 0);
          expect(count === 1 || (bytes <= 100 && count <= 256)).toBe(true);
        }
      }),
    );
  });
});
