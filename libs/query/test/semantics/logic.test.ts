import { describe, expect, it, test } from "@jest/globals";
import { truth } from "../collection.ts";

/** Truth per row, as `TFU`. */
type Case = [text: string, truths: string];

describe("§2.1 three-valued logic", () => {
  // One row for each pair of truths of `i64 == 1` and `other == 1`.
  const values = [1n, 0n, null];
  const rows = values.flatMap((i64) => values.map((other) => ({ i64, other })));
  test.each<Case>([
    ["i64 == 1 and other == 1", "TFUFFFUFU"],
    ["i64 == 1 or other == 1", "TTTTFUTUU"],
    ["not (i64 == 1)", "FFFTTTUUU"],
    ["not (i64 == 1 and other == 1)", "FTUTTTUTU"],
    ["not (i64 == 1 or other == 1)", "FFFFTUFUU"],
    ["not not (i64 == 1)", "TTTFFFUUU"],
    ["i64 != 1", "FFFTTTUUU"],
    ["(i64 is null) or other == 1", "TFUTFUTTT"],
    ["i64 == 1 and true", "TTTFFFUUU"],
    ["i64 == 1 or false", "TTTFFFUUU"],
  ])("%s", (text, truths) => {
    expect(truth(text, rows)).toBe(truths);
  });

  it.each([
    "i64 == 1",
    "i64 in [1]",
    "i64 in []",
    "i64 not in []",
    "s like 'a'",
    "s == 'a'",
    "d > 1",
    "f in [1]",
    "flag == true",
    "i64 + 1 == 2",
  ])("%s is UNKNOWN for null", (text) => expect(truth(text, [{}])).toBe("U"));
  it.each([
    "i64 % 2 == 1",
    "0 < i64 < 2",
    "i64 == other",
    "d / 2 > 1",
    "ai == [1]",
    "ai[0] == 1",
    "array_length(ai) == 0",
    "array_contains(ai, 1)",
  ])("%s is UNKNOWN for null, too", (text) => expect(truth(text, [{}])).toBe("U"));
  it.each([
    "j['a'] == 1",
    "j['a'] not in []",
    "json_contains_all(j, [])",
    "text_match(words, 'a')",
    "phrase_match(words, 'a')",
  ])("%s is UNKNOWN for a null JSON or text", (text) => expect(truth(text, [{}])).toBe("U"));
  it.each([
    "st_equals(geo, 'POINT (1 1)')",
    "ts > ISO '2020-01-01T00:00:00Z'",
    "ts + INTERVAL 'P1M' > ISO '2020-01-01T00:00:00Z'",
  ])("%s is UNKNOWN for null as well", (text) => expect(truth(text, [{}])).toBe("U"));
});
