import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { parsePattern } from "../src/index.ts";

describe("patterns of paths", () => {
  it.each([
    ["data/*.parquet", "data/", "1.parquet .parquet", "1.json sub/1.parquet"],
    ["data/**/*.jsonl", "data/", "1.jsonl a/1.jsonl a/b/1.jsonl", "1.json a/b"],
    ["data/**", "data/", "1 a/b/c", ""],
    ["s3://b/p-*/x/?.npy", "s3://b/p-", "p-1/x/a.npy p-/x/é.npy", "q-1/x/a.npy p-1/x/ab.npy p-1/a.npy"],
    ["[a-c]x/[!0-9].json", "", "ax/a.json cx/-.json", "dx/a.json ax/1.json"],
    ["a/{b,c/d}*.csv", "a/", "b.csv c/d.csv b1.csv", "c.csv"],
    ["a/[b.csv", "a/", "[b.csv", "b.csv"],
    ["a/{b}*", "a/", "{b} {b}c", "b"],
    ["*", "", "a .b", "a/b"],
    ["x[]]", "x", "x]", "x"],
  ])("%s", (pattern, prefix, yes, no) => {
    const parsed = parsePattern(pattern);
    expect(parsed?.prefix).toBe(prefix);
    const matching = (paths: string) => paths.split(" ").filter((path) => path !== "" && parsed?.matches(path));
    expect(matching(yes)).toEqual(yes.split(" "));
    expect(matching(no)).toEqual([]);
  });

  it("say whether folders below have to be looked into", () => {
    const isDeep = (pattern: string) => parsePattern(pattern)?.deep;
    expect(["a/*.csv", "a/**", "a/*/b.csv", "a/{b,c/d}.csv"].map(isDeep)).toEqual([false, true, true, true]);
  });

  it("are none without wildcards", () => {
    expect(parsePattern("data/a b-1.parquet")).toBeUndefined();
    expect(parsePattern("data/")).toBeUndefined();
  });

  it("are what a regular expression would make of them", () => {
    const text = fc.array(fc.constantFrom("a", "b", "/", "*"), { maxLength: 9 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(text, text, (pattern, path) => {
        if (!pattern.includes("*") || pattern.includes("**")) return;
        const oracle = new RegExp(`^${pattern.replaceAll("*", "[^/]*")}$`);
        const below = path.replaceAll("*", "c");
        const folder = pattern.slice(0, pattern.lastIndexOf("/", pattern.indexOf("*")) + 1);
        expect(parsePattern(pattern)?.matches(below)).toBe(oracle.test(folder + below));
      }),
    );
  });

  it("take no time that explodes, and refuse braces that do", () => {
    expect(parsePattern(`${"*a".repeat(500)}b`)?.matches("a".repeat(4000))).toBe(false);
    expect(parsePattern(`${"**/a/".repeat(200)}b`)?.matches("a/".repeat(1000))).toBe(false);
    expect(() => parsePattern("{a,b}".repeat(20))).toThrow("its braces stand for more than 256 paths");
  });
});
