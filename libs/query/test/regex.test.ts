import { describe, expect, it, test } from "@jest/globals";
import fc from "fast-check";
import { checkRegex, RegexMatcher } from "../src/regex/regex-matcher.ts";

function matches(pattern: string, text: string): boolean {
  const bytes = Buffer.from(`x${text}y`);
  return new RegexMatcher(pattern).matches(bytes, 1, bytes.length - 1);
}

describe("patterns of RE2", () => {
  test.each<[pattern: string, matching: readonly string[], others: readonly string[]]>([
    ["E[0-9]{4}", ["E1001", "failed with E1001 after"], ["E100", "e1001"]],
    ["^E[0-9]{4}$", ["E1001"], ["E10011", " E1001"]],
    ["", ["", "a"], []],
    ["^$", [""], ["a", "\n"]],
    ["a.c", ["abc", "a\nc", "a数c", "a🦊c"], ["ac", "abbc"]],
    ["(?-s)a.c", ["abc"], ["a\nc"]],
    ["error|failed|timeout", ["a timeout", "error"], ["fail"]],
    ["(?i)error", ["ERROR", "Error"], ["eror"]],
    ["(?i:a)b", ["Ab", "ab"], ["aB"]],
    ["a(?i)b|c", ["aB", "C"], ["AB"]],
    ["(?i)straße|ıx", ["STRAẞE", "ıx"], ["STRASSE", "ix", "Ix"]],
    ["(?i)k", ["K", "\u212a"], ["c"]],
    ["(?i)µ", ["μ", "Μ", "µ"], ["m"]],
    ["(?i)^(\u0390|\u03b0|\ufb05)$", ["\u1fd3", "\u1fe3", "\ufb06"], ["st", "ι"]],
    ["(?i)^[\u1fd3\\d]$", ["\u0390", "7"], ["ι"]],
    ["(?i)^[\\p{Lu}1-2]{2}[^\\p{Lu}]$", ["aB-", "1x1"], ["aBa", "33-"]],
    ["(?i)[^k]", ["a"], ["K", "\u212a"]],
    ["(?i)[\\W]", ["-"], ["s", "ſ", "\u212a"]],
    ["\\.json$", ["a.json"], ["ajson", "a.json "]],
    ["x*", ["", "y"], []],
    ["^x+?$", ["x", "xxx"], [""]],
    ["^(ab){2,3}$", ["abab", "ababab"], ["ab", "abababab"]],
    ["^a{2,}$", ["aa", "aaaa"], ["a"]],
    ["^a{,2}$", ["a{,2}"], ["aa"]],
    ["[a-c-]", ["-", "b"], ["d"]],
    ["[]a]", ["]", "a"], ["b"]],
    ["[^]a]", ["b", "\n"], ["]", "a"]],
    ["[[:alpha:]_]", ["_", "z"], ["1"]],
    ["[[:^digit:]]", ["a"], ["1"]],
    ["[\\d\\-\\]]", ["5", "-", "]"], ["a"]],
    ["^\\s\\S\\w\\W\\d\\D$", [" aa-1a"], ["\vaa-1a"]],
    ["\\bcat\\b", ["a cat", "cat"], ["cats", "concat"]],
    ["\\Bcat", ["concat"], ["cat", "a cat"]],
    ["\\bx", ["数x"], ["ax"]],
    ["(?m)^b$", ["a\nb\nc", "b"], ["ab", "bc"]],
    ["^b", ["b"], ["a\nb"]],
    ["\\Ab\\z", ["b"], ["b\n"]],
    ["\\pL", ["é", "数"], ["1", "-"]],
    ["\\p{Han}+", ["数据库"], ["abc"]],
    ["\\P{Han}", ["a"], ["数"]],
    ["\\p{^Greek}", ["a"], ["Ω"]],
    ["^[\\p{Lu}\\d]+$", ["ÄB1"], ["äB"]],
    ["\\x41\\x{1F98A}\\101", ["A🦊A"], ["A🦊B"]],
    ["\\Qa.b\\E+", ["a.b", "a.bb"], ["aXb"]],
    ["\\Q\\E|\\Qx", ["", "x"], []],
    ["(?P<year>\\d{4})-(?<month>\\d\\d)", ["2025-06"], ["2025-6"]],
    ["a||b", ["", "c"], []],
    ["()|(a)", [""], []],
    ["^[^\\x00-\\x{10FFFF}]?$", [""], ["a"]],
    ["[^a]$", ["b", "🦊"], ["a"]],
    ["^.{3}$", ["🦊é数"], ["🦊é", "abcd"]],
  ])("%s", (pattern, matching, others) => {
    for (const text of matching) expect([pattern, text, matches(pattern, text)]).toEqual([pattern, text, true]);
    for (const text of others) expect([pattern, text, matches(pattern, text)]).toEqual([pattern, text, false]);
  });

  test.each([
    ["(a", "missing closing ): `(a`"],
    ["a)", "unexpected ): `a)`"],
    ["[a", "missing closing ]: `[a`"],
    ["[", "missing closing ]: `[`"],
    ["*a", "missing argument to repetition operator: `*a`"],
    ["a|+", "missing argument to repetition operator: `+`"],
    ["a**", "invalid nested repetition operator: `**`"],
    ["a*{2}", "invalid nested repetition operator: `*{2}`"],
    ["a{1001}", "invalid repeat count: `{1001}`"],
    ["a{3,2}", "invalid repeat count: `{3,2}`"],
    ["[z-a]", "invalid character class range: `z-a]`"],
    ["[[:what:]]", "invalid character class range: `[:what:]]`"],
    ["\\p{Klingon}", "invalid character class range: `\\p{Klingon}`"],
    ["(a)\\1", "invalid escape sequence: `\\1`"],
    ["\\y", "invalid escape sequence: `\\y`"],
    ["\\Z", "invalid escape sequence: `\\Z`"],
    ["\\x{110000}", "invalid escape sequence: `\\x{110000}`"],
    ["a\\", "trailing backslash at end of expression: `\\`"],
    ["(?=a)", "invalid or unsupported Perl syntax: `(?=a)`"],
    ["(?<!a)b", "invalid or unsupported Perl syntax: `(?<!a)b`"],
    ["(?>a)", "invalid or unsupported Perl syntax: `(?>a)`"],
  ])("%s is refused", (pattern, cause) => {
    expect(() => checkRegex(pattern)).toThrow(`invalid regex pattern in =~ operator: ${cause}`);
  });

  it("refuses what would be large", () => {
    expect(() => checkRegex("(a{100}){100}")).toThrow("the pattern of =~ has more than 300 steps");
    expect(() => checkRegex("a".repeat(5000))).toThrow("the pattern of =~ has 5000 characters, more than 4096");
    expect(() => checkRegex("(".repeat(300) + ")".repeat(300))).toThrow("expression nests too deeply");
  });

  it("classes of Unicode without regard to case are worked out once", () => {
    checkRegex("(?i)\\pL\\p{Lu}");
    const before = process.cpuUsage();
    checkRegex(`(?i)${"\\pL".repeat(290)}`);
    expect(() => checkRegex(`(?i)${"[\\p{Lu}\\pL]".repeat(340)}`)).toThrow("more than 300 steps");
    expect(process.cpuUsage(before).user).toBeLessThan(500_000);
  });

  it.each([
    ["(a*)*b", "a".repeat(50_000)],
    ["(a|aa)+$", `${"a".repeat(50_000)}b`],
    ["(.*)(.*)(.*)(.*)(.*)x$", "y".repeat(50_000)],
    ["^(([a-z])+.)+[A-Z]([a-z])+$", "a".repeat(50_000)],
    ["(a|b)*a(a|b){80}c", Array.from({ length: 50_000 }, (_, i) => "ab"[((i * 2654435761) >>> 7) & 1]).join("")],
  ])("%s takes time that is linear in the text", (pattern, text) => {
    expect(matches(pattern, text)).toBe(false);
  });

  it("agrees with the runtime's expressions on what both know", () => {
    const atom = fc.constantFrom(
      ..."ab1_-\n é🦊".split(""),
      "🦊",
      ".",
      "\\d",
      "\\w",
      "\\W",
      "[ab]",
      "[^a-c]",
      "^",
      "$",
      "\\b",
      "\\B",
    );
    const { regex } = fc.letrec<{ regex: string }>((tie) => ({
      regex: fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        atom.filter((one) => one.length !== 1 || !/[\ud800-\udfff]/.test(one)),
        fc.array(tie("regex"), { minLength: 1, maxLength: 4 }).map((parts) => parts.join("")),
        fc.tuple(tie("regex"), tie("regex")).map(([a, b]) => `(${a}|${b})`),
        fc
          .tuple(tie("regex"), fc.constantFrom("*", "+", "?", "{2}", "{1,3}", "*?"))
          .map(([a, sign]) => `(?:${a})${sign}`),
      ),
    }));
    const text = fc.array(fc.constantFrom("a", "b", "c", "1", "_", "-", "\n", " ", "é", "🦊"), { maxLength: 12 });
    const same = (pattern: string, letters: string[]) => {
      const joined = letters.join("");
      expect([pattern, joined, matches(pattern, joined)]).toEqual([
        ...[pattern, joined, new RegExp(pattern, "su").test(joined)],
      ]);
    };
    fc.assert(fc.property(regex, text, same), { seed: 17, numRuns: 3000 });
  });
});
