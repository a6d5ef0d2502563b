import { describe, expect, it } from "@jest/globals";
import { StatusError } from "@sluice/errors";
import { compileFilter } from "@sluice/query";
import fc from "fast-check";
import { columnsOf, everyKind } from "./collection.ts";

const words = [
  "i64",
  "s",
  "j",
  "ai",
  "ts",
  "geo",
  "words",
  "flag",
  "d",
  "$meta",
  "color",
  "j['a']",
  "ai[0]",
  '$meta["k"]',
  "null",
  "s[sub]",
  "$[a]",
];
const literals = [
  "1",
  "0",
  "-1",
  "1.5",
  "'a'",
  '"b"',
  "true",
  "FALSE",
  "[1, 2]",
  "[]",
  "{x}",
  "9223372036854775808",
  "0x1F",
  "08",
  ".5",
  "r'x'",
  "1e999",
  "ISO '2025-01-01T00:00:00Z'",
];
const operators = [
  "==",
  "!=",
  "<",
  "<=",
  ">",
  ">=",
  "+",
  "-",
  "*",
  "/",
  "%",
  "**",
  "&",
  "|",
  "^",
  "<<",
  ">>",
  "~",
  "!",
  "not",
  "and",
  "or",
  "&&",
  "||",
];
const others = [
  "in",
  "not in",
  "like",
  "=~",
  "exists",
  "is null",
  "is not null",
  "(",
  ")",
  "[",
  "]",
  "{",
  "}",
  ",",
  "=",
  "interval 'P1M'",
  "@",
  "`",
  "\\",
  '"',
];
const functions = [
  "array_length(",
  "json_contains(",
  "json_contains_any(",
  "text_match(",
  "phrase_match(",
  "st_equals(",
  "random_sample(",
  "nothing(",
];
const token = fc.constantFrom(
  ...words,
  ...words,
  ...literals,
  ...literals,
  ...operators,
  ...operators,
  ...others,
  ...functions,
);

const columns = columnsOf(everyKind, [
  { i64: 1n, s: "a", j: '{"a":1}', ai: [1], ts: 1n, words: "a", flag: true, d: 1, $meta: "{}" },
  {},
]);
const templates = new Map([["x", 1n]]);

/** Whatever the text: an answer or a StatusError 1100, and no other exception. */
function tryText(text: string): void {
  try {
    const found = compileFilter(text, everyKind, templates).evaluate(columns, 2);
    expect(found.length).toBeLessThanOrEqual(2);
  } catch (error) {
    expect([text, error]).toEqual([text, expect.any(StatusError)]);
    expect([text, (error as StatusError).code]).toEqual([text, 1100]);
    expect((error as StatusError).message).toMatch(/^failed to create query plan: cannot parse expression: /);
  }
}

describe("any text is answered or refused", () => {
  it("sequences of tokens", () => {
    fc.assert(
      fc.property(fc.array(token, { maxLength: 14 }), fc.constantFrom(" ", ""), (tokens, glue) =>
        tryText(tokens.join(glue)),
      ),
      { seed: 1, numRuns: 8000 },
    );
  });

  it("any characters", () => {
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 40 }), tryText), { seed: 2, numRuns: 2000 });
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(..."ai64 '\"\\xu01.[]{}()=<>&|!*-+,$r\n"), maxLength: 30 }),
        tryText,
      ),
      { seed: 3, numRuns: 5000 },
    );
  });

  it("correct expressions with one character changed", () => {
    const good =
      "not (i64 + 1 in [1, 2]) and j['a'] >= 0x1F or s like \"a\\\\%\" && 1 < d <= 2.5e0 || array_contains(ai, {x}) and ts + INTERVAL 'P1M' < ISO '2025-06-02T00:00:00Z'";
    fc.assert(
      fc.property(fc.nat(good.length), fc.constantFrom("", ..." '\"\\x0.[](){}=<a"), (at, char) =>
        tryText(good.slice(0, at) + char + good.slice(at + 1)),
      ),
      { seed: 4, numRuns: 3000 },
    );
  });

  it("long texts of one kind, in time linear in their length", () => {
    const units = [
      "(",
      "[",
      "{",
      "'",
      '"',
      "\\",
      "-",
      "!",
      "not ",
      "a",
      "1",
      "0x",
      "1.",
      "a[",
      "a['",
      "is ",
      "%",
      "f(",
      "a and ",
      "a == 1 or ",
      "[1, ",
      "j['a']",
      "['a']",
      "r'\\",
      "\n",
      "é",
    ];
    for (const unit of units) tryText(unit.repeat(50_000));
  });
});
