import { describe, expect, test } from "@jest/globals";
import { refusal, truth } from "../collection.ts";

/** Truth per row, as `TFU`. */
type Case = [text: string, truths: string];

describe("§2.3 in", () => {
  test.each<Case>([
    ["i64 in [1, 3]", "TFTU"],
    ["i64 not in [1, 3]", "FTFU"],
    ["i64 in []", "FFFU"],
    ["i64 not in []", "TTTU"],
    ["s in ['a', \"b's\"]", "TTFU"],
    ["ai[0] in [1, 3]", "TFTU"],
    ["i64 in [1 + 0, 9223372036854775807]", "TFFU"],
    ["i64 in [-1, -9223372036854775808]", "FFFU"],
  ])("%s", (text, truths) => {
    const rows = [
      { i64: 1n, s: "a", ai: [1] },
      { i64: 2n, s: "b's", ai: [2] },
      { i64: 3n, s: "A", ai: [3] },
      { ai: [] },
    ];
    expect(truth(text, rows)).toBe(truths);
  });

  test.each<[text: string, cause: string]>([
    ["1 in [1]", "'term' can only be used on non-const expression at column 0"],
    ["i64 + 1 in [1]", "'term' can only be used on single field, but got: i64 + 1 at column 0"],
    ["i64 in 1", "the right-hand side of 'in' must be a list, but got: 1 at column 7"],
    ["i64 in [1.0]", "value 'float_val:1' in list cannot be casted to Int64 at column 7"],
    ["s in [1]", "value 'int64_val:1' in list cannot be casted to VarChar at column 5"],
    ["i64 in [other]", "array element type must be generic value, but got: other at column 8"],
    ["ts in [1]", "value 'int64_val:1' in list cannot be casted to Timestamptz at column 6"],
  ])("%s is refused", (text, cause) => {
    expect(refusal(text)).toBe(cause);
  });
});
