import { describe, expect, test } from "@jest/globals";
import { refusal, truth } from "../collection.ts";

describe("§2.5 like", () => {
  test.each<[pattern: string, matching: readonly string[], others: readonly string[]]>([
    ["abc", ["abc"], ["ab", "abcd", "ABC"]],
    ["", [""], ["a"]],
    ["%", ["", "a", "line\nbreak"], []],
    ["ab%", ["ab", "abc"], ["a", "xab"]],
    ["%ab", ["ab", "xab", "abab"], ["abx"]],
    ["%ab%", ["ab", "xaby"], ["a b"]],
    ["a%b%c", ["abc", "axbxc", "abbc"], ["acb", "ab"]],
    ["a_c", ["abc", "a\u{1F600}c", "aéc"], ["ac", "abbc"]],
    ["_", ["\u{1F600}", "é"], ["", "ab"]],
    ["%_", ["a", "é"], [""]],
    ["_%_", ["ab", "é\u{1F600}"], ["é"]],
    ["%\u{1F600}_", ["x\u{1F600}é"], ["\u{1F600}"]],
    ["50\\\\%", ["50%"], ["50", "500"]],
    ["a\\\\_b", ["a_b"], ["axb"]],
    ["\\\\\\\\", ["\\"], ["\\\\"]],
    ["\\\\é", ["é"], ["\\é"]],
    ["scalar_tag_1_%", ["scalar_tag_1_", "scalar-tag-1-x"], ["scalar_tag_1"]],
    ["%aab%aab", ["aabaab", "aaaabxaab"], ["aab"]],
  ])("%j", (pattern, matching, others) => {
    const all = [...matching, ...others];
    const rows = [...all.map((s) => ({ s, j: JSON.stringify({ a: s }), as: [s] })), { j: '{"a":1}', as: [] }];
    const truths = `${"T".repeat(matching.length)}${"F".repeat(others.length)}U`;
    for (const column of ["s", "j['a']", "as[0]"]) expect(truth(`${column} like "${pattern}"`, rows)).toBe(truths);
  });

  test.each<[text: string, cause: string]>([
    ["i64 like '1'", "like operation on non-string or no-json field is unsupported at column 0"],
    ["'a' like 'a'", "like operation on non-string or no-json field is unsupported at column 0"],
    ["as like 'a'", "like operation on non-string or no-json field is unsupported at column 0"],
    ["ai[0] like 'a'", "like operation on non-string or no-json field is unsupported at column 0"],
    ["s like r'a\\'", "line 1:7 token recognition error at: 'r'a\\''"],
    ['s like "a\\\\"', "Invalid LIKE pattern: trailing backslash with nothing to escape at column 7"],
    ["s like 1", "the pattern of like must be a string, but got: 1 at column 7"],
  ])("%s is refused", (text, cause) => {
    expect(refusal(text)).toBe(cause);
  });
});
