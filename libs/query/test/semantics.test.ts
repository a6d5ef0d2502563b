import { describe, expect, it, test } from "@jest/globals";
import { compileFilter } from "@sluice/query";
import { DataType } from "@sluice/schema";
import { collection, columnsOf, everyKind, field, refusal, select, truth } from "./collection.ts";

const MAX = 2n ** 63n - 1n;
const MIN = -(2n ** 63n);

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

describe("§2.2 comparison", () => {
  const integers = [MIN, -1n, 0n, 1n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n, MAX].map((i64) => ({ i64 }));
  test.each<Case>([
    ["i64 == 9007199254740993", "FFFFFFTF"],
    ["i64 > 9007199254740992", "FFFFFFTT"],
    ["i64 >= 9223372036854775807", "FFFFFFFT"],
    ["i64 > 9223372036854775807", "FFFFFFFF"],
    ["i64 <= -9223372036854775808", "TFFFFFFF"],
    ["i64 < -9223372036854775808", "FFFFFFFF"],
    ["i64 != -1", "TFTTTTTT"],
    ["-1 <= i64 < 9007199254740992", "FTTTTFFF"],
    ["0 < i64", "FFFTTTTT"],
  ])("Int64: %s", (text, truths) => {
    expect(truth(text, integers)).toBe(truths);
  });

  test.each<Case>([
    ["i8 == 1000", "FFU"],
    ["i8 < 1000", "TTU"],
    ["i8 > 1000", "FFU"],
    ["i8 != 1000", "TTU"],
    ["i8 >= -129", "TTU"],
    ["i8 <= -129", "FFU"],
    ["i8 == 127", "FTU"],
    ["i8 in [1000, 127]", "FTU"],
    ["i16 == 1", "FTU"],
    ["i32 < 9223372036854775807", "TTU"],
    ["i32 > -9223372036854775808", "TTU"],
    ["i32 == -2147483648", "TFU"],
  ])("narrow: %s", (text, truths) => {
    expect(truth(text, [{ i8: -128, i16: -1, i32: -(2 ** 31) }, { i8: 127, i16: 1, i32: 1 }, {}])).toBe(truths);
  });

  test.each<Case>([
    ["f == 0.1", "TFF"],
    ["f >= 0.1", "TTT"],
    ["f > 0.1", "FTT"],
    ["f in [0.1, 3]", "TFT"],
    ["f == 3", "FFT"],
    ["d == 0.1", "TFF"],
    ["d < 2", "TTF"],
    ["d <= 2", "TTT"],
    ["0.1 < d <= 2", "FTT"],
    ["d == 1.5", "FTF"],
    ["d in [2, 1.5]", "FTT"],
  ])("floats: %s", (text, truths) => {
    const rows = [
      { f: 0.1, d: 0.1 },
      { f: 1.5, d: 1.5 },
      { f: 3, d: 2 },
    ];
    expect(truth(text, rows)).toBe(truths);
  });

  it("orders strings by UTF-8 bytes, not by UTF-16 units", () => {
    const rows = ["\uFFFD", "\u{10000}", "é", "z", ""].map((s) => ({ s }));
    expect(truth('s > "\uFFFD"', rows)).toBe("FTFFF");
    expect(truth('s <= "\uFFFD"', rows)).toBe("TFTTT");
    expect(truth(String.raw`s < "\U00010000"`, rows)).toBe("TFTTT");
    expect(truth("'z' < s < 'ê'", rows)).toBe("FFTFF");
    expect(truth("s == ''", rows)).toBe("FFFFT");
    expect(truth("s >= '0'", rows)).toBe("TTTTF");
  });

  test.each<Case>([
    ["flag == true", "TFU"],
    ["flag != true", "FTU"],
    ["flag < true", "FTU"],
    ["true == flag", "TFU"],
    ["flag in [false]", "FTU"],
    ["flag in [true, false]", "TTU"],
  ])("Bool: %s", (text, truths) => {
    expect(truth(text, [{ flag: true }, { flag: false }, {}])).toBe(truths);
  });

  it("compares column with column, an int64 with a double exactly", () => {
    const rows = [
      { i64: 2n ** 53n + 1n, d: 2 ** 53, i8: 1, f: 1, s: "a", t: "b", flag: true },
      { i64: 3n, d: 3, i8: 2, f: 2.5, s: "é", t: "z" },
      { i64: 1n },
    ];
    expect(truth("i64 == d", rows)).toBe("FTU");
    expect(truth("i64 > d", rows)).toBe("TFU");
    expect(truth("i8 == f", rows)).toBe("TFU");
    expect(truth("i8 < f", rows)).toBe("FTU");
    expect(truth("s < t", rows)).toBe("TFU");
    expect(truth("i64 != i8", rows)).toBe("TTU");
    expect(truth("flag == flag", rows)).toBe("TUU");
  });

  test.each<[text: string, cause: string]>([
    ["i64 == 1.5", "cannot cast value to Int64, value: float_val:1.5 at column 7"],
    ["i64 == 1.0", "cannot cast value to Int64, value: float_val:1 at column 7"],
    ["i64 == '1'", "comparisons between Int64 and VarChar are not supported at column 7"],
    ["'1' == i64", "comparisons between VarChar and Int64 are not supported at column 0"],
    ["s == 1", "comparisons between VarChar and Int64 are not supported at column 5"],
    ["s > true", "comparisons between VarChar and Bool are not supported at column 4"],
    ["flag == 1", "comparisons between Bool and Int64 are not supported at column 8"],
    ["prose == 'a'", "filter on text field (prose) is not supported yet at column 0"],
    ["prose in ['a']", "filter on text field (prose) is not supported yet at column 0"],
    ["prose like 'a'", "filter on text field (prose) is not supported yet at column 0"],
    ["ai > [1]", "can not comparisons array fields directly at column 0"],
    ["ts == '2020-01-01T00:00:00Z'", "comparisons between Timestamptz and VarChar are not supported at column 6"],
    ["geo == 'POINT (1 1)'", "comparisons between Geometry and VarChar are not supported at column 7"],
    ["vec == [1, 2]", "comparisons between FloatVector and Array are not supported at column 7"],
    ["s == i64", "comparisons between VarChar and Int64 are not supported at column 0"],
    ["j == i64", "two column comparison with JSON type is not supported at column 0"],
    ["ai == i64", "field-to-field comparison involving ARRAY fields is not supported at column 0"],
    ["ai[0] == i64", "field-to-field comparison involving ARRAY fields is not supported at column 0"],
    ["1 == 'a'", "comparison operations cannot be applied to two incompatible operands: 1 == 'a' at column 0"],
    ["true < false", "comparison operations cannot be applied to two incompatible operands: true < false at column 0"],
    ["3 < i64 < 1", "invalid range: lowerbound is greater than upperbound at column 0"],
    ["3 <= i64 < 3", "invalid range: lowerbound is greater than upperbound at column 0"],
    ["1 > i64 > 3", "invalid range: lowerbound is greater than upperbound at column 0"],
    ["1 < j['a'] < 'b'", "invalid range: bounds are not comparable at column 0"],
    ["false < flag < true", "invalid range operations on boolean expr at column 0"],
    ["1.5 < i64 < 3", "invalid range operations at column 0"],
    ["1 < s < 3", "invalid range operations at column 0"],
    ["i32 < i64 < 3", "lowerbound cannot be determined at column 0"],
  ])("%s is refused", (text, cause) => {
    expect(refusal(text)).toBe(cause);
  });

  it("takes equal bounds that are included, and contradictions by and", () => {
    expect(truth("3 <= i64 <= 3", [{ i64: 3n }, { i64: 4n }])).toBe("TF");
    expect(truth("i64 > 1 and i64 < 0", [{ i64: 3n }])).toBe("F");
  });
});

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
    ['s =~ "a\\d"', "regular expressions (=~) are not supported at column 2"],
    ["s !~ 'a'", "regular expressions (!~) are not supported at column 2"],
  ])("%s is refused", (text, cause) => {
    expect(refusal(text)).toBe(cause);
  });
});

describe("§2.6 exists, is null", () => {
  const rows = [
    '{"a":1}',
    '{"a":null}',
    '{"a":{}}',
    '{"a":[]}',
    '{"a":[null,{"b":[{}]}]}',
    '{"a":0}',
    '{"a":""}',
    '{"a":false}',
    "{}",
    "null",
    '{"a":{"b":"x"}}',
  ].map((j) => ({ j }));
  test.each<Case>([
    ["exists j['a']", "TFFFFTTTFFTF"],
    ["j['a'] is not null", "TFFFFTTTFFTF"],
    ["j['a'] is null", "FTTTTFFFTTFT"],
    ["j is null", "FFFFFFFFFFFT"],
    ["j is not null", "TTTTTTTTTTTF"],
    ["exists(j['a'])", "TFFFFTTTFFTF"],
    ["EXISTS j['a']['b']", "FFFFFFFFFFTF"],
    ["i64 is null", "TTTTTTTTTTTT"],
    ["plain is null", "FFFFFFFFFFFF"],
    ["plain is not null", "TTTTTTTTTTTT"],
    ["ai is null", "TTTTTTTTTTTT"],
    ["prose is not null", "FFFFFFFFFFFF"],
  ])("%s", (text, truths) => {
    expect(truth(text, [...rows, {}])).toBe(truths);
  });

  test.each<[text: string, cause: string]>([
    ["ai[0] is null", "IsNull/IsNotNull operations are not supported on array element access, got: ai[0] at column 0"],
    ["vec is not null", "IsNull/IsNotNull operations are not supported on vector fields at column 0"],
    ["exists s", "exists operations are only supportted on json field, got:VarChar at column 0"],
    ["exists ai[0]", "exists operations are only supportted on json field, got:Array at column 0"],
    ["exists j", "exists operations are only supportted on json key at column 0"],
    ["exists 1", "exists operations are only supportted on json field, got:Int64 at column 0"],
  ])("%s is refused", (text, cause) => {
    expect(refusal(text)).toBe(cause);
  });
});

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

describe("§2.8 text", () => {
  const rows = [{ words: "The quick-brown FOX", prose: "Ωmega Σ, 数据库" }, { words: "brown, quick", prose: "" }, {}];
  test.each<Case>([
    ["text_match(words, 'fox')", "TFU"],
    ["TEXT_MATCH(words, 'FOX nothing')", "TFU"],
    ["text_match(words, 'quick fox', minimum_should_match = 2)", "TFU"],
    ["text_match(words, 'quick quick', minimum_should_match=2)", "FFU"],
    ["text_match(words, 'row')", "FFU"],
    ["text_match(words, ' - ')", "FFU"],
    ["phrase_match(words, 'quick brown')", "TFU"],
    ["phrase_match(words, 'brown quick', 0)", "FTU"],
    ["phrase_match(words, '')", "FFU"],
    ["text_match(prose, 'ωmega')", "TFU"],
    ["text_match(prose, 'σ')", "TFU"],
    ["text_match(prose, '数据库')", "TFU"],
    ["text_match(prose, '数据')", "FFU"],
  ])("%s", (text, truths) => {
    expect(truth(text, rows)).toBe(truths);
  });

  test.each<[text: string, cause: string]>([
    ["text_match(s, 'a')", 'field "s" does not enable match at column 11'],
    ["text_match(color, 'a')", "text match operation on non-string is unsupported at column 11"],
    ["text_match(i64, 'a')", "text match operation on non-string is unsupported at column 11"],
    ["text_match(words, 1)", "the query of a text match must be a string at column 18"],
    [
      "text_match(words, 'a', minimum_should_match = 0)",
      "minimum_should_match of text_match must be an integer in range [1, 1000] at column 46",
    ],
    [
      `phrase_match(words, '${"a ".repeat(257)}', 1)`,
      "phrase_match with a slop takes up to 256 words, but got 257 (look for a part of them) at column 20",
    ],
    ["phrase_match(words, 'a', -1)", "slop of phrase_match must be an integer in range [0, 4294967295] at column 25"],
    ["text_match(words, 'a', x = 1)", "function text_match has no argument named x at column 27"],
    [
      "text_match_fuzzy(words, 'a', max_edit_distance = 1)",
      "function text_match_fuzzy is not supported (use text_match, or like with parts of words) at column 0",
    ],
  ])("%s is refused", (text, cause) => {
    expect(refusal(text)).toBe(cause);
  });

  // Distances are those that Milvus's compute_phrase_match_slop gives.
  test.each<[phrase: string, text: string, slop: number]>([
    ["data privacy", "Ensure data user privacy now.", 1],
    ["data privacy", "Ensure privacy data now.", 2],
    ["data privacy", "Ensure privacy user data now.", 3],
    ["A C", "A B C", 1],
    ["A B", "A C D E B F G B", 3],
    ["I like swimming and skiing", `${"x ".repeat(10)}Skiing and swimming are sports that I like the most.`, 10],
    ["a b c", "a x b x x c", 3],
    ["a b c", "c b a", 4],
  ])("'%s' is in '%s' with a slop of %i, and with none that is less", (phrase, text, slop) => {
    const match = (distance: number) => truth(`phrase_match(words, '${phrase}', ${distance})`, [{ words: text }]);
    expect([match(slop - 1), match(slop), match(2 ** 32 - 1)]).toEqual(["F", "T", "T"]);
  });

  it("with any slop all words of a phrase must be there, null is unknown, and dropped words keep their places", () => {
    const rows = [{ words: "data is important" }, {}, { words: "" }];
    expect(truth("phrase_match(words, 'data privacy', slop = 4294967295)", rows)).toBe("FUF");
    expect(truth("not phrase_match(words, 'data privacy', 9)", rows)).toBe("TUT");
    expect(truth("phrase_match(words, '', 1)", rows)).toBe("FUF");
    const params = { enable_match: "true", analyzer_params: '{"type":"standard","stop_words":["the"]}' };
    const schema = collection([
      field("id", DataType.Int64, { isPrimaryKey: true }),
      field("w", DataType.VarChar, { typeParams: params }),
    ]);
    const texts = ["over the moon", "over moon", "over the big moon", "moon over"].map((w) => ({ w }));
    expect(truth("phrase_match(w, 'over the moon', 1)", texts, { schema })).toBe("TTTF");
    expect(truth("phrase_match(w, 'over moon', 1)", texts, { schema })).toBe("TTFF");
  });

  it("words that the analyzer drops keep their places in a phrase", () => {
    const params = { enable_match: "true", analyzer_params: '{"type":"standard","stop_words":["the","a"]}' };
    const schema = collection([
      field("id", DataType.Int64, { isPrimaryKey: true }),
      field("w", DataType.VarChar, { typeParams: params }),
    ]);
    const rows = ["over the moon", "over a moon", "over moon", "over the a moon", "the over x moon"].map((w) => ({
      w,
    }));
    expect(truth("phrase_match(w, 'over the moon')", rows, { schema })).toBe("TTFFT");
    expect(truth("phrase_match(w, 'over moon')", rows, { schema })).toBe("FFTFF");
    expect(truth("phrase_match(w, 'the')", rows, { schema })).toBe("FFFFF");
  });

  it("follows the field's analyzer, and refuses one that it does not have", () => {
    const schema = (params: string) =>
      collection([
        field("id", DataType.Int64, { isPrimaryKey: true }),
        field("w", DataType.VarChar, { typeParams: { enable_match: "true", analyzer_params: params } }),
      ]);
    for (const params of ["", "{}", '{"type":"standard"}']) {
      expect(truth("text_match(w, 'The')", [{ w: "the END" }], { schema: schema(params) })).toBe("T");
    }
    const stop = schema('{"type":"standard","stop_words":["the"]}');
    expect(truth("text_match(w, 'The')", [{ w: "the END" }], { schema: stop })).toBe("F");
    expect(truth("text_match(w, 'The end')", [{ w: "the END" }], { schema: stop })).toBe("T");
    expect(truth("text_match(w, 'dogs')", [{ w: "A dog." }], { schema: schema('{"type":"english"}') })).toBe("T");
    const chinese = schema('{"type":"chinese"}');
    expect(truth("text_match(w, '清华')", [{ w: "我来到北京清华大学" }], { schema: chinese })).toBe("T");
    expect(truth("text_match(w, '京清')", [{ w: "我来到北京清华大学" }], { schema: chinese })).toBe("F");
    expect(refusal("phrase_match(w, '清华大学')", { schema: chinese })).toMatch(/words that overlap.*use text_match/);
    for (const params of ['{"type":"thai"}', '{"tokenizer":"icu"}', "["]) {
      expect(refusal("text_match(w, 'a')", { schema: schema(params) })).toMatch(/analyzer/);
    }
  });
});

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
      "function element_filter is not supported (rows that have such an element are found by match_any; look at the elements in the client) at column 0",
    ],
    ["MATCH_ANY(s, $[a] == 1)", "MATCH_ANY is asked of struct arrays, but got: s at column 10"],
    ["empty(s)", "function empty not found at column 0"],
    ["starts_with(s, 'x')", "function starts_with not found at column 0"],
  ])("%s", (text, cause) => {
    expect(refusal(text)).toBe(cause);
  });
});

describe("§2.10 st_dwithin", () => {
  const geometries = [
    "POINT (0 1)",
    "LINESTRING (-5 2, 5 2)",
    "POLYGON ((-4 -4, 4 -4, 4 4, -4 4, -4 -4), (-1 -1, 1 -1, 1 1, -1 1, -1 -1))",
    "MULTIPOINT (9 9, 0 3)",
    "GEOMETRYCOLLECTION (POINT EMPTY, POLYGON ((2 -1, 3 -1, 3 1, 2 1, 2 -1)))",
    "POINT EMPTY",
  ];
  const rows = [...geometries.map((geo) => ({ geo })), {}];
  const degree = 111_320;
  test.each<[point: string, metres: number | string, truths: string]>([
    // Along a meridian a degree of the great circle is 111,194.9 m.
    ["POINT (0 0)", 111_194, "FFFFFFU"],
    ["POINT (0 0)", 111_195, "TFFFFFU"],
    ["POINT (0 0)", degree, "TFTFFFU"],
    ["POINT (0 0)", 2 * degree, "TTTFTFU"],
    ["POINT (0 0)", 3 * degree, "TTTTTFU"],
    ["POINT (0 0)", 1e12, "TTTTTFU"],
    ["POINT (3 3)", 0, "FFTFFFU"],
    ["POINT (4 -4)", 0, "FFTFFFU"],
    ["POINT (2.5 0)", "0.0", "FFTFTFU"],
    ["point(0 1)", 0, "TFTFFFU"],
  ])("%s, %s", (point, metres, truths) => {
    expect(truth(`ST_DWITHIN(geo, '${point}', ${metres})`, rows)).toBe(truths);
    const templates = { p: point, m: Number(metres) };
    expect(truth("st_dwithin(geo, {p}, {m})", rows, { templates })).toBe(truths);
  });

  it("counts degrees by their mean length at the latitude that is asked for", () => {
    const factor = degree * Math.sqrt((1 + Math.cos(Math.PI / 3) ** 2) / 2);
    const line = [{ geo: "LINESTRING (0 60, 0 61)" }];
    expect(truth(`st_dwithin(geo, 'POINT (2 60)', ${2 * factor - 1})`, line)).toBe("F");
    expect(truth(`st_dwithin(geo, 'POINT (2 60)', ${2 * factor + 1})`, line)).toBe("T");
  });

  test.each<[string, string]>([
    [
      "st_dwithin(s, 'POINT (1 1)', 1)",
      "spatial operation are only supported on geometry fields now, got: s at column 11",
    ],
    [
      "st_dwithin(geo, 'LINESTRING (0 0, 1 1)', 1)",
      "st_dwithin measures from a POINT with coordinates, but got: 'LINESTRING (0 0, 1 1)' at column 16",
    ],
    [
      "st_dwithin(geo, 'POINT EMPTY', 1)",
      "st_dwithin measures from a POINT with coordinates, but got: 'POINT EMPTY' at column 16",
    ],
    [
      "st_dwithin(geo, 'POINT (1 1)', -1)",
      "the distance of st_dwithin must be a number of metres that is not negative at column 31",
    ],
    [
      "st_dwithin(geo, 'POINT (1 1)', 'x')",
      "the distance of st_dwithin must be a number of metres that is not negative at column 31",
    ],
    ["st_dwithin(geo, 'POINT (1 1)')", "function st_dwithin expects 3 arguments, but got 2 at column 0"],
  ])("%s is refused", (text, cause) => {
    expect(refusal(text)).toBe(cause);
  });
});

describe("§2.10 st_equals", () => {
  const geometries = [
    "POINT (10 10)",
    "LINESTRING (0 0, 1 1, 2 0)",
    "POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0), (1 1, 2 1, 2 2, 1 1))",
    "MULTIPOINT (1 1, 2 2)",
    "POINT EMPTY",
  ];
  const rows = [...geometries.map((geo) => ({ geo })), {}];
  test.each<Case>([
    ["ST_EQUALS(geo, 'POINT (10.00 10.00)')", "TFFFFU"],
    ["st_equals(geo, 'point(1e1 10)')", "TFFFFU"],
    ["st_equals(geo, 'LINESTRING (2 0, 1 1, 0 0)')", "FTFFFU"],
    ["st_equals(geo, 'LINESTRING (0 0, 2 0, 1 1)')", "FFFFFU"],
    ["st_equals(geo, 'POLYGON ((4 4, 4 0, 0 0, 0 4, 4 4), (2 2, 2 1, 1 1, 2 2))')", "FFTFFU"],
    ["st_equals(geo, 'MULTIPOINT ((2 2), (1 1))')", "FFFTFU"],
  ])("%s", (text, truths) => {
    expect(truth(text, rows)).toBe(truths);
  });

  it("refuses other fields and text that is no geometry", () => {
    expect(refusal("st_equals(s, 'POINT (1 1)')")).toBe(
      "spatial operation are only supported on geometry fields now, got: s at column 10",
    );
    expect(refusal("st_equals(geo, 'POINT(1')")).toMatch(/^invalid geometry 'POINT\(1'/);
    expect(refusal("st_equals(geo, 1)")).toBe("the geometry of st_equals must be WKT text at column 15");
  });
});

describe("§2.11 Timestamptz", () => {
  const at = (text: string) => ({ ts: BigInt(Date.parse(text)) * 1000n });
  const rows = [at("2025-06-01T23:59:59.999Z"), at("2025-06-02T00:00:00Z"), at("2025-06-02T08:00:00Z"), {}];
  test.each<Case>([
    ["ts >= ISO '2025-06-02T00:00:00Z'", "FTTU"],
    ["ISO '2025-06-02T00:00:00Z' <= ts", "FTTU"],
    ["ts == iso '2025-06-02 08:00:00+08:00'", "FTFU"],
    ["ts != ISO '2025-06-02 08:00:00+08'", "TFTU"],
    ["ISO '2025-06-02T00:00:00Z' <= ts < ISO '2025-06-02T08:00:00Z'", "FTFU"],
    ["ts + INTERVAL 'PT8H' == ISO '2025-06-02T08:00:00Z'", "FTFU"],
    ["ts - INTERVAL 'P1DT8H' == ISO '2025-06-01T00:00:00Z'", "FFTU"],
    ["ts is not null", "TTTF"],
  ])("%s", (text, truths) => {
    expect(truth(text, rows)).toBe(truths);
  });

  it("reads text without offset in the request's zone, else the collection's", () => {
    expect(truth("ts == ISO '2025-06-02T08:00:00'", rows, { timezone: "Asia/Shanghai" })).toBe("FTFU");
    expect(truth("ts == ISO '2025-06-02T08:00:00'", rows)).toBe("FFTU");
    expect(() => select("ts == ISO '2025-06-02'", rows, { timezone: "Mars/Olympus" })).toThrow(
      "unknown or invalid IANA Time Zone ID: Mars/Olympus",
    );
  });

  it("adds months as a calendar does, without clamping", () => {
    const days = ["2024-01-31", "2023-01-31", "2024-02-29", "1600-12-31", "0100-01-31", "9999-12-31"];
    for (const day of days) {
      for (const [interval, y, m, d] of [
        ["P1M", 0, 1, 0],
        ["P1Y", 1, 0, 0],
        ["P13M5D", 0, 13, 5],
        ["P400Y", 400, 0, 0],
      ] as const) {
        const start = new Date(`${day}T12:34:56.789Z`);
        const moved = (sign: 1 | -1) => {
          const end = new Date(start);
          end.setUTCFullYear(
            start.getUTCFullYear() + sign * y,
            start.getUTCMonth() + sign * m,
            start.getUTCDate() + sign * d,
          );
          return end;
        };
        if (moved(1).getUTCFullYear() > 9999 || moved(-1).getUTCFullYear() < 1) continue;
        const row = { ts: BigInt(start.getTime()) * 1000n + 123n };
        const same = (end: Date) => end.toISOString().replace("Z", "123Z");
        expect(truth(`ts + INTERVAL '${interval}' == ISO '${same(moved(1))}'`, [row])).toBe("T");
        expect(truth(`ts - INTERVAL '${interval}' == ISO '${same(moved(-1))}'`, [row])).toBe("T");
      }
    }
  });

  test.each<[text: string, cause: string | RegExp]>([
    ["ts > ISO 'yesterday'", "invalid timestamp string: 'yesterday'. Does not match any known format at column 5"],
    ["i64 > ISO '2025-06-02'", "field 'i64' is not a timestamptz datatype at column 0"],
    ["color > ISO '2025-06-02'", "field 'color' is not a timestamptz datatype at column 0"],
    ["i64 + INTERVAL 'P1D' > ISO '2025-06-02'", "field 'i64' is not a timestamptz datatype at column 0"],
    ["ts + INTERVAL 'P1W' > ISO '2025-06-02'", "invalid interval string: 'P1W' at column 5"],
    ["ts + INTERVAL 'P' > ISO '2025-06-02'", "invalid interval string: 'P' at column 5"],
    ["ts + INTERVAL 'P1DT' > ISO '2025-06-02'", "invalid interval string: 'P1DT' at column 5"],
    ["ts * INTERVAL 'P1D' > ISO '2025-06-02'", "an interval can only be added or subtracted at column 0"],
    ["ts + INTERVAL 'P1D' > 5", "comparisons between Timestamptz and Int64 are not supported at column 0"],
    ["ts > ISO '2025-06-02T00:00:00+15:00'", /^UTC offset|^invalid timestamp/],
    ["s == INTERVAL 'P1D'", "INTERVAL text can only be used with a timestamptz field at column 5"],
    ["ts", "predicate is not a boolean expression: ts, data type: Timestamptz at column 0"],
  ])("%s is refused", (text, cause) => {
    const actual = refusal(text);
    if (typeof cause === "string") expect(actual).toBe(cause);
    else expect(actual).toMatch(cause);
  });
});

describe("§2.12 arithmetic", () => {
  const rows = [MIN, -7n, 0n, 7n, MAX].map((i64) => ({ i64 }));
  test.each<Case>([
    ["i64 + 33 <= 19974", "TTTTF"], // Exact: no wrap-around.
    ["i64 - 1 < -9223372036854775808", "TFFFF"],
    ["i64 * 2 > 9223372036854775807", "FFFFT"],
    ["i64 * -1 > 9223372036854775807", "TFFFF"],
    ["i64 * 0 == 0", "TTTTT"],
    ["i64 * 2 == 7", "FFFFF"],
    ["i64 * 2 == 14", "FFFTF"],
    ["i64 / 2 == 3", "FFFTF"],
    ["i64 / 2 == -3", "FTFFF"],
    ["i64 / -2 == 3", "FTFFF"],
    ["i64 / 8 == 0", "FTTTF"],
    ["i64 / -1 > 9223372036854775807", "TFFFF"],
    ["i64 % 4 == 3", "FFFTT"],
    ["i64 % 4 == -3", "FTFFF"],
    ["i64 % -4 == 3", "FFFTT"],
    ["i64 % 9223372036854775807 == 0", "FFTFT"],
    ["i64 % 1 == 0", "TTTTT"],
    ["i64 & 1 == 1", ""],
    ["(i64 & 1) == 1", "FTFTT"],
    ["(i64 | 1) == 7", "FFFTF"],
    ["(i64 ^ 7) == 0", "FFFTF"],
    ["(i64 & -9223372036854775808) != 0", "TTFFF"],
    ["~i64 == 6", "FTFFF"],
    ["~i64 > 0", "TTFFF"],
    ["i64 << 2 == 28", "FFFTF"],
    ["i64 << 1 > 9223372036854775807", "FFFFT"],
    ["i64 >> 1 == -4", "FTFFF"],
    ["i64 >> 63 == -1", "TTFFF"],
    ["1 + i64 == 8", "FFFTF"],
    ["2 * i64 == 14", "FFFTF"],
    ["8 == i64 + 1", "FFFTF"],
    ["i64 + 1 != 8", "TTTFT"],
    ["i64 + 1 >= -9223372036854775808", "TTTTT"],
  ])("Int64: %s", (text, truths) => {
    if (truths === "") expect(refusal(text)).toBeDefined();
    else expect(truth(text, rows)).toBe(truths);
  });

  test.each<Case>([
    ["i8 * 2 == 254", "T"],
    ["i8 % 10 == 7", "T"],
    ["i8 + 200 == 327", "T"],
    ["f + 0.2 == 0.3", "T"],
    ["f + 0.2 > 0.3", "F"],
    ["f * 10 == 1", "T"],
    ["f / 2 == 0.05", "T"],
    ["d + 0.2 == 0.3", "F"],
    ["d - 0.1 == 0", "T"],
    ["d / 3 < 0.04", "T"],
    ["d * 1 == 0.1", "T"],
  ])("others: %s", (text, truths) => {
    expect(truth(text, [{ i8: 127, f: 0.1, d: 0.1 }])).toBe(truths);
  });

  test.each<Case>([
    ["j['i'] + 1 == 9007199254740994", "T"],
    ["j['i'] + 1 == 9007199254740993", "F"],
    ["j['h'] / 2 == 1", "T"],
    ["j['h'] / 2 == 1.5", "T"],
    ["j['h'] / 2.0 == 1.5", "T"],
    ["j['h'] % 2 == 1", "T"],
    ["j['x'] % 2 == 1.5", "T"],
    ["j['x'] + 1 == 4.5", "T"],
    ["(j['h'] & 1) == 1", "T"],
    ["(j['x'] & 1) == 1", "U"],
    ["j['s'] + 1 == 1", "U"],
    ["j['none'] + 1 == 1", "U"],
    ["none + 1 == 1", "U"],
  ])("JSON: %s", (text, truths) => {
    expect(truth(text, [{ j: '{"i":9007199254740993,"h":3,"x":3.5,"s":"a"}', $meta: "{}" }])).toBe(truths);
  });

  test.each<[text: string, cause: string]>([
    ["i64 + 1.5 == 2", "'add' cannot perform arithmetic between Int64 field and Double at column 0"],
    ["i64 + 1 == 2.5", "cannot cast value to Int64, value: float_val:2.5 at column 11"],
    ["i64 + 1 == 'a'", "comparisons between Int64 and VarChar are not supported at column 11"],
    ["d % 2 == 1", "modulo can only apply on integer types at column 0"],
    ["(d & 1) == 1", "bitwise operations can only apply on integer types at column 0"],
    ["(j['a'] & 1.5) == 1", "bitwise operations can only apply on integer types at column 0"],
    ["i64 / 0 == 1", "division or modulus by zero at column 0"],
    ["i64 % 0 == 1", "division or modulus by zero at column 0"],
    ["d / 0.0 == 1", "division or modulus by zero at column 0"],
    ["f / 1e-60 == 1", "division or modulus by zero at column 0"],
    ["1 / 0 == i64", "cannot divide by zero at column 0"],
    ["i64 << 64 == 1", "shift amount must be in range [0, 64), got 64 at column 0"],
    ["1 << -1 == i64", "shift amount must be in range [0, 64), got -1 at column 0"],
    ["i64 + other == 1", "not supported to do arithmetic operations between multiple fields at column 0"],
    ["i64 + 1 == other", "not supported to do arithmetic operations between multiple fields at column 0"],
    ["i64 + 1 + 2 == 1", "complicated arithmetic operations are not supported at column 0"],
    ["1 - i64 == 1", "module field is not yet supported at column 0"],
    ["1 / i64 == 1", "module field is not yet supported at column 0"],
    ["1 % i64 == 1", "module field is not yet supported at column 0"],
    ["i64 ** 2 == 1", "power can only apply on constants at column 0"],
    ["s + 1 == 1", "'add' cannot perform arithmetic between VarChar field and Int64 at column 0"],
    ["s + 'a' == 'ba'", "'add' cannot perform arithmetic between VarChar field and VarChar at column 0"],
    ["ai + 1 == 2", "'add' cannot perform arithmetic between Array field and Int64 at column 0"],
    ["'a' + 'b' == s", "add cannot apply on string field at column 0"],
    ["true + 1 == 2", "add cannot apply on bool field at column 0"],
    ["9223372036854775807 + 1 == i64", "int64 overflow at column 0"],
    ["1.5 % 2 == 1", "modulo can only apply on integer types at column 0"],
    ["-i64 == 1", "unary operators can only apply on constants: -i64 at column 0"],
    ["-'a' == s", "subtract cannot apply on string field at column 0"],
    ["(i64 == 1) == true", "comparisons on boolean expressions are not supported: (i64 == 1) == true at column 0"],
  ])("%s is refused", (text, cause) => {
    expect(refusal(text)).toBe(cause);
  });

  test.each<[text: string, isTrue: boolean]>([
    ["7 / 2 == 3", true],
    ["-7 / 2 == -3", true],
    ["7 / 2.0 == 3.5", true],
    ["-7 % 3 == -1", true],
    ["2 ** 10 == 1024", true],
    ["2 ** 63 > 9223372036854775807", true],
    ["(-2) ** 63 == -9223372036854775808", true],
    ["(-1) ** 999999999999 == -1", true],
    ["2 ** -1 == 0.5", true],
    ["1 << 62 == 4611686018427387904", true],
    ["6 & 3 == 2", false],
    ["(6 & 3) == 2", true],
    ["(6 | 1) ^ 1 == 1", false],
    ["'a' < 'b'", true],
    ["1 == 1.0", true],
    ["true == true", true],
    ["true != true", false],
  ])("constants: %s", (text, isTrue) => {
    if (/^(6 &|\(6 \|)/.test(text)) expect(refusal(text)).toBeDefined();
    else expect(select(text, [{}])).toEqual(isTrue ? [0] : []);
  });
});
