import { describe, expect, it, test } from "@jest/globals";
import { refusal, truth } from "../collection.ts";

const MAX = 2n ** 63n - 1n;
const MIN = -(2n ** 63n);

/** Truth per row, as `TFU`. */
type Case = [text: string, truths: string];

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
