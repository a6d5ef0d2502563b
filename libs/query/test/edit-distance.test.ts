import { describe, expect, it, test } from "@jest/globals";
import fc from "fast-check";
import { isNear } from "../src/edit-distance.ts";

/** The whole table of distances. */
function distance(a: readonly string[], b: readonly string[]): number {
  const table = a.concat("").map((_, i) => b.concat("").map((_, j) => (i === 0 ? j : j === 0 ? i : 0)));
  for (let i = 1; i <= a.length; i++)
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      table[i][j] = Math.min(table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + cost);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwap) table[i][j] = Math.min(table[i][j], table[i - 2][j - 2] + 1);
    }
  return table[a.length][b.length];
}

describe("texts that are near one another", () => {
  test.each<[one: string, other: string, changes: number]>([
    ["allergy", "alergy", 1],
    ["milvuz", "milvus", 1],
    ["miluvs", "milvus", 1],
    ["ca", "abc", 3],
    ["数据库", "数库", 1],
    ["🦊🐶", "🐶🦊", 1],
    ["", "ab", 2],
    ["same", "same", 0],
  ])("%j and %j are %i changes apart", (one, other, changes) => {
    for (let most = 0; most <= 2; most++) {
      expect([most, isNear([...one], [...other], most)]).toEqual([most, changes <= most]);
      expect([most, isNear([...other], [...one], most)]).toEqual([most, changes <= most]);
    }
  });

  it("as the whole table says", () => {
    const text = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 8 });
    const same = (one: string[], other: string[], most: number) =>
      expect(isNear(one, other, most)).toBe(distance(one, other) <= most);
    fc.assert(fc.property(text, text, fc.integer({ min: 0, max: 2 }), same), { seed: 3, numRuns: 3000 });
  });
});
