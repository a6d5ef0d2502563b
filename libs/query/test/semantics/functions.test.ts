import { describe, expect, it, test } from "@jest/globals";
import { compileFilter } from "@sluice/query";
import { columnsOf, everyKind, refusal } from "../collection.ts";

describe("§2.9 random_sample", () => {
  const rows = Array.from({ length: 1000 }, (_, i64) => ({ i64 }));
  const drawn = (text: string, templates = {}) => {
    const filter = compileFilter(text, everyKind, new Map(Object.entries(templates)));
    return { filter, found: [...filter.draw(filter.evaluate(columnsOf(everyKind, rows), rows.length))] };
  };

  test.each([
    ["random_sample(0.01)", 10, 1000],
    ["RANDOM_SAMPLE(0.29)", 290, 1000],
    ["i64 < 100 and random_sample(0.5)", 50, 100],
    ["i64 < 100 and i64 >= 0 and (random_sample(0.0001))", 1, 100],
    ["i64 < 0 and random_sample(0.5)", 0, 0],
  ])("%s draws %d of %d, in their order", (text, count, most) => {
    const { found } = drawn(text);
    expect(found.length).toBe(count);
    expect(found).toEqual([...new Set(found)].sort((a, b) => a - b));
    expect(found.every((row) => row < most)).toBe(true);
  });

  it("draws every row as often as the others", () => {
    for (const part of [0.02, 0.3]) {
      const filter = compileFilter(`random_sample(${part})`, everyKind);
      const counts = new Float64Array(100);
      const all = Uint32Array.from({ length: 100 }, (_, row) => row);
      for (let i = 0; i < 4000; i++) for (const row of filter.draw(all)) counts[row]++;
      // Nine standard deviations.
      for (const count of counts) expect(Math.abs(count - 4000 * part)).toBeLessThan(9 * Math.sqrt(4000 * part));
    }
  });

  it("is no filter that is always true, and takes templates", () => {
    const { filter, found } = drawn("random_sample({p})", { p: 0.1 });
    expect(filter.isAlwaysTrue).toBe(false);
    expect(found.length).toBe(100);
  });

  const place = "random sample expression can only be the last expression in the logical and expression";
  const factor =
    "the sample factor should be between 0 and 1 and not too close to 0 or 1(the difference should be larger than 1e-10)";
  test.each([
    ["random_sample(0.1) and i64 > 1", `${place} at column 0`],
    ["i64 > 1 or random_sample(0.1)", `${place} at column 11`],
    ["not random_sample(0.1)", `${place} at column 4`],
    ["random_sample(1.0)", `${factor}, but got 1.0 at column 14`],
    ["random_sample(1)", `${factor}, but got 1 at column 14`],
    ["random_sample('a')", `${factor}, but got 'a' at column 14`],
    ["random_sample(0.1, 0.2)", "function random_sample expects 1 arguments, but got 2 at column 0"],
  ])("refuses %s", (text, cause) => {
    expect(refusal(text)).toBe(cause);
  });
});

describe("§1.4 functions that are refused by name", () => {
  test.each<[text: string, cause: string]>([
    [
      "element_filter(words, 1)",
      "element_filter is for queries and searches, which answer elements: rows that have such an element are found by match_any at column 0",
    ],
    ["MATCH_ANY(s, $[a] == 1)", "MATCH_ANY is asked of struct arrays, but got: s at column 10"],
    ["empty(s)", "function empty not found at column 0"],
    ["starts_with(s, 'x')", "function starts_with not found at column 0"],
  ])("%s", (text, cause) => {
    expect(refusal(text)).toBe(cause);
  });
});
