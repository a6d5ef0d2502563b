import { describe, expect, it } from "@jest/globals";
import { compileFilter, parseOrderBy, parseQueryWindow, resolveOutputFields } from "@sluice/query";
import { columnsOf, everyKind } from "../../libs/query/test/collection.ts";
import { superlinear } from "../support/growth.ts";

const compile = (text: string) => compileFilter(text, everyKind);
const repeat = (piece: string) => (size: number) => piece.repeat(Math.ceil(size / piece.length));
const around =
  (before: string, piece: string, behind = "") =>
  (size: number) =>
    before + repeat(piece)(size) + behind;

describe("the time of reading an expression is linear in its length", () => {
  it.each<[string, (size: number) => string]>([
    ["blanks and then something else", around("", " ", "x")],
    ["blanks behind `is`", around("s is", " ", "x")],
    ["blanks behind `is not`", around("s is not", " ", "x")],
    ["blanks behind `not`", around("s not", " ", "x")],
    ["digits", around("i64 == ", "1")],
    ["digits without end", around("d == ", "1", "e")],
    ["digits of a fraction", around("d == 1.", "1", "e")],
    ["hexadecimal digits", around("d == 0x", "f", "g")],
    ["zeros", around("d == 0x", "0", "p0")],
    ["octal digits", around("i64 == 0", "7")],
    ["backslashes in a pattern", around('s like "', "\\\\", 'x"')],
    ["escapes in a string", around('s == "', "\\n", '"')],
    ["code points in a string", around('s == "', "\\u00e4", '"')],
    ["percent signs in a pattern", around('s like "', "%", '"')],
    ["underscores in a pattern", around('s like "', "_", '"')],
    ["brackets in a regular expression", around('s =~ "', "(", '"')],
    ["repetitions in a regular expression", around('s =~ "', "a*", '"')],
    ["classes in a regular expression", around('s =~ "(?i)', "[a-z]", '"')],
    ["an open string", around('s == "', "a")],
    ["open brackets behind a name", around("j", '["a"')],
    ["steps of a path", around("j", '["a"]', " == 1")],
    ["escaped steps of a path", around("j['", "\\u0061", "'] == 1")],
    ["a name", around("", "a", " == 1")],
    ["words", repeat("is not ")],
    ["opening parentheses", repeat("(")],
    ["signs", around("i64 == ", "-", "1")],
    ["nots", around("", "not ", "flag")],
    ["comparisons", around("", "i64 == 1 or ", "flag")],
    ["different comparisons", around("", "i64 > 1 and ", "flag")],
    ["a sum", around("i64 == 1", " + 1")],
    ["a list", around("i64 in [1", ",1", "]")],
    ["a list of texts", around("s in ['a'", ",'a'", "]")],
    ["lists in a list", around("json_contains_any(j, [[1]", ",[1]", "])")],
    ["an interval", around("ts + INTERVAL 'P", "1", "X' > ISO '2025-01-01T00:00:00Z'")],
    ["a time", around("ts > ISO '2025-01-01T00:00:00.", "1", "X'")],
    ["a geometry", around("st_equals(geo, 'LINESTRING (", "0 0,", "')")],
    ["numbers of a geometry", around("st_equals(geo, 'POINT (", "1", "')")],
    ["collections in a geometry", around("st_equals(geo, '", "GEOMETRYCOLLECTION (", "')")],
    ["words of a text match", around("text_match(words, '", "a ", "')")],
    ["line ends", around("", "\n", "§")],
  ])("%s", (_, make) => {
    expect(superlinear(make, compile)).toBeUndefined();
  });

  it("lists that every level of parentheses puts together anew are refused in time", () => {
    const make = (size: number) => {
      const levels = 250;
      const list = Array.from({ length: size / 8 }, (_, i) => i).join(",");
      const behind = Array.from({ length: levels }, (_, i) => `and true) or i64 == ${-i})`).join("");
      return `${"((".repeat(levels)}i64 in [${list}] ${behind}`;
    };
    expect(superlinear(make, compile)).toBeUndefined();
    expect(() => compile(make(1 << 20))).toThrow(/expression is too complex/);
  });

  it("names, windows and orders", () => {
    const names = (text: string) => resolveOutputFields([text], everyKind);
    expect(superlinear(around("", "[", "]"), names)).toBeUndefined();
    expect(superlinear(around("count(", " ", "x"), names)).toBeUndefined();
    const window = (limit: string) => parseQueryWindow(new Map([["limit", limit]]));
    expect(superlinear(repeat("1"), window)).toBeUndefined();
    const order = (text: string) =>
      parseOrderBy(new Map([["order_by_fields", text]]), everyKind, { limit: 1, offset: 0 });
    expect(superlinear(repeat("id,"), order)).toBeUndefined();
    expect(superlinear(around("id:", "asc:"), order)).toBeUndefined();
  });
});

describe("the time of asking a row is linear in its length", () => {
  const evaluate = (text: string, row: (size: number) => Record<string, unknown>) =>
    superlinear(
      (size) => columnsOf(everyKind, [{ id: 1n, plain: 1n, vec: [0, 0, 0, 0], $meta: "{}", ...row(size) }]),
      (columns) => compile(text).evaluate(columns, 1),
    );
  const text = (size: number) => ({ s: "a".repeat(size), words: "a ".repeat(size / 2) });

  it.each<[string, string]>([
    ["a run that nearly occurs everywhere", `s like "%${"a".repeat(60_000)}b%"`],
    ["such runs one behind the other", `s like "%${"aaaaaaaaab%".repeat(1000)}"`],
    ["such a run with `_` in it", `s like "%_${"a".repeat(1000)}b%"`],
    ["many runs that occur", `s like "${"%a".repeat(10_000)}%"`],
    ["a regular expression that can begin and go on anywhere", 's =~ "(a*)*(a|aa)+[^a]"'],
    ["a regular expression with many states", 's =~ "(a|b)*a(a|b){90}c"'],
    ["a phrase", `phrase_match(words, '${"a ".repeat(20_000)}b')`],
    ["a phrase with a slop", `phrase_match(words, '${"a ".repeat(254)}b', 3)`],
    ["a phrase with a slop that occurs nearly", `phrase_match(words, 'a ${"the ".repeat(200)} b', 3)`],
    ["words that are nearly there", `text_match_fuzzy(words, '${Array.from({ length: 32 }, (_, i) => `bc${i}`).join(" ")}', max_edit_distance=2)`], // biome-ignore format: short
    ["words", `text_match(words, '${"b ".repeat(20_000)}')`],
  ])("%s", (_, expression) => {
    expect(evaluate(expression, text)).toBeUndefined();
  });

  it.each<[string, string, (size: number) => string]>([
    ["keys", "j['x'] == 1", around("{", '"a":1,', '"b":1}')],
    ["keys with escapes", "j['x'] == 1", around("{", '"\\u0061":1,', '"b":1}')],
    ["nested lists", "j[0][0][0] == 1", around("", "[")],
    ["an element far behind", "j[9999999] == 1", around("[", "1,", "1]")],
    ["a number of many digits", "j == 1", repeat("1")],
    ["a list", "json_contains_all(j, [1, 2, [3]])", around("[", "1,", "1]")],
    ["texts with escapes", "json_contains(j, 'b')", around("[", '"\\n",', '""]')],
    ["a text with escapes", "j like '%b%'", around('"', "\\n", '"')],
    ["something", "exists j['a']", around('{"a":[', "[],", "[]]}")],
  ])("JSON: %s", (_, expression, json) => {
    expect(evaluate(expression, (size) => ({ j: json(size) }))).toBeUndefined();
  });
});
