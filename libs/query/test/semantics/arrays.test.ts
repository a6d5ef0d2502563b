import { describe, expect, test } from "@jest/globals";
import { refusal, truth } from "../collection.ts";

const MAX = 2n ** 63n - 1n;

/** Truth per row, as `TFU`. */
type Case = [text: string, truths: string];

describe("§2.7 arrays", () => {
  const rows = [
    { ai: [1, 2, 3], al: [MAX], af: [0.1], as: ["a", "b"], ab: [true] },
    { ai: [], al: [], af: [], as: [], ab: [] },
    {},
  ];
  test.each<Case>([
    ["array_contains(ai, 2)", "TFU"],
    ["JSON_CONTAINS(ai, 4)", "FFU"],
    ["array_contains(al, 9223372036854775807)", "TFU"],
    ["array_contains(af, 0.1)", "TFU"],
    ["array_contains(as, 'b')", "TFU"],
    ["array_contains(ab, true)", "TFU"],
    ["array_contains_any(ai, [9, 3])", "TFU"],
    ["array_contains_any(ai, [])", "FFU"],
    ["array_contains_all(ai, [3, 1, 1])", "TFU"],
    ["json_contains_all(ai, [3, 4])", "FFU"],
    ["array_contains_all(ai, [])", "TTU"],
    ["array_length(ai) == 3", "TFU"],
    ["array_length(ai) >= 0", "TTU"],
    ["0 == ARRAY_LENGTH(ai)", "FTU"],
    ["ai == [1, 2, 3]", "TFU"],
    ["ai != [1, 2, 3]", "FTU"],
    ["ai == []", "FTU"],
    ["[] == ai", "FTU"],
    ["as == ['a', 'b']", "TFU"],
    ["af == [0.1]", "TFU"],
    ["ai[1] == 2", "TUU"],
    ["ai[1] != 2", "FUU"],
    ["ai[3] == 2", "UUU"],
    ["1 <= ai[0] < 2", "TUU"],
    ["ai[0] + 1 == 2", "TUU"],
    ["al[0] + 33 <= 19974", "FUU"],
    ["af[0] == 0.1", "TUU"],
    ["af[0] * 2 > 0.1", "TUU"],
    ["as[0] like '_'", "TUU"],
    ["as[0] < 'b'", "TUU"],
    ["ab[0] == true", "TUU"],
    ["ab[0] in [false]", "FUU"],
  ])("%s", (text, truths) => {
    expect(truth(text, rows)).toBe(truths);
  });

  test.each<[text: string, cause: string]>([
    [
      "array_contains(i64, 1)",
      "contains operation are only supported on json or array fields now, got: i64 at column 0",
    ],
    [
      "array_contains_all(s, [1])",
      "contains_all operation are only supported on json or array fields now, got: s at column 0",
    ],
    [
      "array_contains_any(ai[0], [1])",
      "contains_any operation are only supported on json or array fields now, got: ai[0] at column 0",
    ],
    ["array_contains(ai, 1.5)", "cannot cast value to Int32, value: float_val:1.5 at column 19"],
    [
      "array_contains_any(ai, ['a'])",
      "ContainsAny operation can't compare between array element type: Int32 and VarChar at column 23",
    ],
    [
      "array_contains_all(ai, [1.5])",
      "ContainsAll operation can't compare between array element type: Int32 and Double at column 23",
    ],
    ["json_contains_all(j, 1)", "ContainsAll operation element must be an array at column 21"],
    ["json_contains_any(j, 1)", "ContainsAny operation element must be an array at column 21"],
    ["array_contains(ai)", "function array_contains expects 2 arguments, but got 1 at column 0"],
    ["array_length(ai) + 1 == 2", "complicated arithmetic operations are not supported at column 0"],
    ["array_length(ai) == 1.5", "cannot cast value to Int64, value: float_val:1.5 at column 20"],
    [
      "array_length(s) == 1",
      "array_length operation are only supported on json or array fields now, got: s at column 0",
    ],
    ["array_length(ai)", "predicate is not a boolean expression: array_length(ai), data type: Int64 at column 0"],
    ["ai == 1", "comparisons between Array and Int64 are not supported at column 6"],
    ["ai == ['a']", 'cannot cast value to Int32, value: string_val:"a" at column 6'],
    ["as[0] == 1", "comparisons between VarChar and Int64 are not supported at column 9"],
  ])("%s is refused", (text, cause) => {
    expect(refusal(text)).toBe(cause);
  });
});
