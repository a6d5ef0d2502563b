import { describe, expect, it, test } from "@jest/globals";
import { refusal, truth } from "../collection.ts";

describe("§2.5 regular expressions", () => {
  const rows = [
    { s: "E1001", j: '{"a":"E1001"}', as: ["E1001"] },
    { s: "failed: E1", j: '{"a":"none"}', as: ["none"] },
    { s: "", j: '{"a":1}', as: [] },
    { j: "{}" },
    { s: "a\\d", j: '{"a":null}', as: ["a"] },
    { j: null },
  ];
  test.each<[text: string, truths: string]>([
    ['s =~ "E[0-9]{4}"', "TFFUFU"],
    ["s !~ 'E[0-9]{4}'", "FTTUTU"],
    ["not (s =~ 'E[0-9]{4}')", "FTTUTU"],
    ["not s !~ 'E[0-9]{4}'", "TFFUFU"],
    ['s =~ "^E\\d+$"', "TFFUFU"],
    ['s =~ r"^E\\d+$"', "TFFUFU"],
    // Two backslashes are one; another one, and the pattern is of a backslash.
    ['s =~ "^E\\\\d+$"', "TFFUFU"],
    ['s =~ "a\\\\\\\\d"', "FFFUTU"],
    ['s =~ r"a\\\\d"', "FFFUTU"],
    ['s =~ "^$"', "FFTUFU"],
    ["s =~ {p}", "TTFUFU"],
    ["s =~ 'E' and s =~ '4'", "FFFUFU"],
    ['as[0] =~ "E[0-9]{4}"', "TFUUFU"],
    ['as[0] !~ "E[0-9]{4}"', "FTUUTU"],
    // What is no text, or is not there, is not of the pattern.
    ['j["a"] =~ "^E"', "TFFFFU"],
    ['j["a"] !~ "^E"', "FTTTTU"],
  ])("%s", (text, truths) => {
    expect(truth(text, rows, { templates: { p: "E1" } })).toBe(truths);
  });

  it("takes a quote of its own kind behind a backslash", () => {
    expect(truth(`s =~ "\\"|x"`, [{ s: '"' }, { s: "\\" }])).toBe("TF");
    expect(truth("s =~ '\\'\\d'", [{ s: "'1" }, { s: "1" }])).toBe("TF");
  });

  it("so many, or so large ones, that they would keep others waiting are refused", () => {
    const han = Array.from({ length: 250 }, (_, i) => String.fromCodePoint(0x4e00 + i));
    const cause = "expression is too complex: many or large regular expressions; put them together by |";
    const any = (patterns: readonly string[]) => patterns.map((one) => `s =~ r"${one}"`).join(" or ");
    expect(truth(any(han.slice(0, 200)), rows)).toBe("FFFUFU");
    expect(truth(any([han.join("|"), "^E"]), rows)).toBe("TFFUFU");
    expect(refusal(any(han))).toContain(cause);
    const large = (sign: string) =>
      `(?i)${han
        .slice(0, 100)
        .map((one) => `[\\pL${sign}${one}]`)
        .join("")}`;
    expect(truth(any([large("-")]), rows)).toBe("FFFUFU");
    expect(refusal(any([..."1234"].map(large)))).toContain(cause);
  });

  test.each([
    ["i64 =~ '1'", "regex match on non-string field is unsupported at column 0"],
    ["as !~ 'a'", "regex match on non-string field is unsupported at column 0"],
    ["s =~ 1", "the pattern of =~ must be a string, but got: 1 at column 5"],
    ["s !~ s", "the pattern of !~ must be a string, but got: s at column 5"],
    ["s =~ '(unclosed'", "invalid regex pattern in =~ operator: missing closing ): `(unclosed` at column 5"],
  ])("%s is refused", (text, cause) => {
    expect(refusal(text)).toBe(cause);
  });
});
