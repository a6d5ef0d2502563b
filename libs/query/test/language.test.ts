import { describe, expect, it, test } from "@jest/globals";
import { compileFilter, type TemplateValue } from "@sluice/query";
import { DataType } from "@sluice/schema";
import { collection, everyKind, field, fixedFields, refusal, select } from "./collection.ts";

/** Text of a program, where a backslash is a backslash. */
const raw = String.raw;

describe("tokens", () => {
  test.each<[literal: string, value: bigint]>([
    ["0", 0n],
    ["42", 42n],
    ["010", 8n], // Surprise 8: octal.
    ["0x1F", 31n],
    ["0b101", 5n],
    ["9223372036854775807", 2n ** 63n - 1n],
    ["-9223372036854775808", -(2n ** 63n)],
    ["- 5", -5n],
    ["+7", 7n],
    ["~0", -1n],
  ])("integer %s", (literal, value) => {
    expect(select(`i64 == ${literal}`, [{ i64: value }, { i64: value === 1n ? 2n : 1n }])).toEqual([0]);
  });

  test.each<[literal: string, value: number]>([
    ["1.5", 1.5],
    [".5", 0.5],
    ["5.", 5],
    ["1e5", 1e5],
    ["1.5E-3", 1.5e-3],
    ["0x1p3", 8],
    ["0x1.8p1", 3],
    ["08.5", 8.5],
    ["-2.5", -2.5],
  ])("float %s", (literal, value) => {
    expect(select(`d == ${literal}`, [{ d: value }, { d: 77 }])).toEqual([0]);
  });

  test.each<[literal: string, value: string]>([
    [`"abc"`, "abc"],
    [`'abc'`, "abc"],
    [`'say "hi"'`, 'say "hi"'],
    [`"it's"`, "it's"],
    [raw`"a\a\b\f\n\r\t\v\\\'\"z"`, "a\u0007\b\f\n\r\t\v\\'\"z"],
    [raw`"\x41\102"`, "AB"],
    [raw`"\u00e9\U0001F600"`, "é😀"],
    [raw`"\xe4\xbd\xa0"`, "你"],
    ['"你好"', "你好"],
    [raw`r"a\d"`, raw`a\d`],
    [raw`R'\''`, raw`\'`],
    [raw`r"\\"`, raw`\\`],
  ])("string %s", (literal, value) => {
    expect(select(`s == ${literal}`, [{ s: value }, { s: "else" }])).toEqual([0]);
  });

  test.each<[text: string, cause: string | RegExp]>([
    ["`a` == 1", "line 1:0 token recognition error at: '`'"],
    ["i64 == 08", "invalid expression: i64 == 08 at column 8"],
    ["i64 == 1_000", /^invalid expression/],
    ["i64 == 9223372036854775808", "int64 overflow: 9223372036854775808 at column 7"],
    ["i64 == 99999999999999999999", "int64 overflow: 99999999999999999999 at column 7"],
    ["i64 == -(9223372036854775808)", /^int64 overflow/],
    ["d == 1e999", "float overflow: 1e999 at column 5"],
    [raw`s == "\d"`, raw`line 1:6 invalid escape \d in string; write \\d or a raw string r"..."`],
    [raw`s == "\%"`, /invalid escape/],
    [raw`s == "\_"`, /invalid escape/],
    [raw`s == "\ud800"`, /invalid escape/],
    [raw`s == "\xff"`, "line 1:5 string is not valid UTF-8"],
    [`s == "abc`, /^line 1:5 token recognition error at: '"abc'/],
    ['s == "a\nb"', /^line 1:5 token recognition error/],
    [`s == u8"x"`, "line 1:5 string prefix u8 is not supported"],
    [`s == L'x'`, "line 1:5 string prefix L is not supported"],
    [`j ["a"] == 1`, /^invalid expression/],
    ["ai[-1] == 1", /^invalid expression/],
    [`j[""] == 1`, `invalid identifier: j[""] at column 0`],
    ["名 == 1", /^line 1:0 token recognition error at: '名'/],
    ["my-key == 1", "field my not exist at column 0"],
    ["/* c */ i64 == 1", /^line 1:0 unexpected/],
    ["i64\n== @", "line 2:3 token recognition error at: '@'"],
    ["match_any(s, $.n > 1)", "line 1:13 token recognition error at: '$': a member of an element is written $[n]"],
    ["match_any(s, $n > 1)", "line 1:13 token recognition error at: '$': a member of an element is written $[n]"],
    ["match_any(s, $['n'] > 1)", "line 1:13 token recognition error at: '$': a member of an element is written $[n]"],
    ["match_any(s, $[ n ] > 1)", "line 1:13 token recognition error at: '$': a member of an element is written $[n]"],
    ["match_any(s, $ > 1)", "line 1:13 token recognition error at: '$'"],
    ["i64 ==\n\n x == 'a'", /^field x not exist at line 3 column 1/],
  ])("%j is refused", (text, cause) => {
    const actual = refusal(text, { schema: fixedFields });
    if (typeof cause === "string") expect(actual).toBe(cause);
    else expect(actual).toMatch(cause);
  });

  it("takes blanks, tabs and line breaks between tokens, and any blanks in `is not null`", () => {
    const rows = [{ i64: 1n }, {}];
    expect(select(" \t\r\ni64\n==\t1 ", rows)).toEqual([0]);
    expect(select("i64 IS  not\n NULL", rows)).toEqual([0]);
    expect(select("i64 is null", rows)).toEqual([1]);
  });

  it("decodes only \\u in path keys", () => {
    const rows = [{ j: raw`{"é": 1, "a\\n": 2, "a.b": 3}` }];
    expect(select(raw`j["\u00e9"] == 1`, rows)).toEqual([0]);
    expect(select(raw`j["a\n"] == 2`, rows)).toEqual([0]);
    expect(select(`j['a.b'] == 3`, rows)).toEqual([0]);
  });
});

describe("words", () => {
  it("surprise 1: operators in any case, unless a field is spelt so", () => {
    const rows = [{ i64: 1n, s: "ab" }];
    for (const text of ["i64 In [1] And s Like 'a%'", "i64 IN [1] AND s LIKE 'a%'", "Not (i64 nOt In [1]) oR false"]) {
      expect(select(text, rows)).toEqual([0]);
    }
    const schema = collection([field("id", DataType.Int64, { isPrimaryKey: true }), field("Like", DataType.Int64)]);
    expect(select("Like == 3 and id == 1", [{ id: 1n, Like: 3n }], { schema })).toEqual([0]);
    expect(refusal("id Like 'a'", { schema })).toMatch(/^invalid expression/);
    expect(refusal("id like 'a'", { schema })).toMatch(/^like operation on non-string/);
  });

  it("knows booleans in three spellings; any other is a name", () => {
    const rows = [{ flag: true }, { flag: false }];
    for (const word of ["true", "True", "TRUE"]) expect(select(`flag == ${word}`, rows)).toEqual([0]);
    for (const word of ["false", "False", "FALSE"]) expect(select(`flag == ${word}`, rows)).toEqual([1]);
    expect(refusal("flag == tRue", { schema: fixedFields })).toBe("field tRue not exist at column 8");
  });

  it("has && || ! as and, or, not", () => {
    const rows = [{ i64: 1n }, { i64: 2n }, { i64: 3n }];
    expect(select("i64 > 1 && !(i64 == 3) || i64 == 1", rows)).toEqual([0, 1]);
    expect(select("i64 !in [1]", rows)).toEqual([1, 2]);
  });

  it("takes fields called json, vector, name, iso, interval and is", () => {
    const names = ["json", "vector", "name", "iso", "interval", "is", "empty", "array_length"];
    const schema = collection([
      field("id", DataType.Int64, { isPrimaryKey: true }),
      ...names.map((name) => field(name, DataType.Int64)),
    ]);
    for (const name of names) expect(select(`${name} == 1`, [{ [name]: 1n }], { schema })).toEqual([0]);
  });
});

describe("names", () => {
  it("resolves fields first, then keys of $meta", () => {
    const rows = [{ i64: 1n, $meta: '{"color": {"a": "red"}, "i64": 5, "my-key": 7}' }];
    for (const text of [
      "i64 == 1",
      `$meta["i64"] == 5`,
      `color["a"] == "red"`,
      `$meta["color"]["a"] == "red"`,
      `$meta["my-key"] == 7`,
      "exists color",
    ]) {
      expect(select(text, rows)).toEqual([0]);
    }
    expect(select("nothing == 1", rows)).toEqual([]);
  });

  test.each<[text: string, cause: string]>([
    ["nothing == 1", "field nothing not exist at column 0"],
    ["$meta['a'] == 1", "field $meta not exist at column 0"],
    ["I64 == 1", "field I64 not exist at column 0"],
    ["s['a'] == 1", "VarChar data type not supported accessed with [] at column 0"],
    ["i64[0] == 1", "Int64 data type not supported accessed with [] at column 0"],
    ["ai['0'] == 1", "can only access array field with integer index at column 0"],
    [
      "i64 == null",
      "NULL literal is not supported in expressions; use '<field> is null' or '<field> is not null' instead at column 7",
    ],
    ["sub[a] == 1", "field sub[a] not exist at column 0"],
    ["sub[0][a] == 1", "field sub[a] not exist at column 0"],
    [
      "$[a] == 1",
      "$[a] is an element of a struct array, which is known within match_any and the like alone, as a member of that array at column 0",
    ],
  ])("%s", (text, cause) => {
    expect(refusal(text, { schema: fixedFields })).toBe(cause);
  });

  it("takes null as a name when a field is called so", () => {
    const schema = collection([field("id", DataType.Int64, { isPrimaryKey: true }), field("null", DataType.Int64)]);
    expect(select("null == 1", [{ null: 1n }, { null: 2n }], { schema })).toEqual([0]);
  });

  it("addresses array elements and keys alike by an integer step, and walks ~ and / in keys", () => {
    const rows = [{ j: '{"a": [10, {"b/c~d": 20}], "0": 30}' }];
    for (const text of [`j["a"][0] == 10`, `j["a"]["0"] == 10`, `j["a"][1]["b/c~d"] == 20`, "j[0] == 30"])
      expect(select(text, rows)).toEqual([0]);
    for (const text of [`j["a"][2] == 10`, `j["a"]["00"] == 10`, `j["a"]["x"] == 10`])
      expect(select(text, rows)).toEqual([]);
  });
});

describe("precedence", () => {
  test.each<[text: string, meaning: string]>([
    ["i64 == 1 or i64 == 2 and s == 'x'", "i64 == 1 or (i64 == 2 and s == 'x')"],
    ["not s like 'x%'", "not (s like 'x%')"],
    ["not s is null", "not (s is null)"],
    ["not exists j['a']", "not (exists j['a'])"],
    ["i64 == 1 + 2 * 3", "i64 == 7"],
    ["i64 == 2 - 3 - 4", "i64 == -5"],
    ["i64 == -2 ** 2", "i64 == -4"],
    ["d == 2 ** -1", "d == 0.5"],
    ["i64 == 1 << 1 + 1", "i64 == 4"],
    ["i64 + 1 << 0 == 2", ""],
    ["i64 == (6 & 3) + 1", "i64 == 3"],
    ["1 < 2 and i64 == 1", "i64 == 1"],
    ["i64 in [1, 2,]", "i64 in [1, 2]"],
    ["3 == i64", "i64 == 3"],
    ["3 < i64", "i64 > 3"],
    ["1 < i64 <= 3", "i64 > 1 and i64 <= 3"],
    ["3 >= i64 > 1", "i64 > 1 and i64 <= 3"],
  ])("%s", (text, meaning) => {
    const rows = [
      ...[-5n, -4n, 1n, 2n, 3n, 4n, 7n].map((i64) => ({ i64, s: i64 > 2 ? "x" : "yx", d: 0.5, j: '{"a":1}' })),
      {},
    ];
    if (meaning === "") expect(refusal(text)).toBeDefined();
    else expect(select(text, rows)).toEqual(select(meaning, rows));
  });

  test.each<[text: string, cause: string]>([
    // Surprise 2, with the hint.
    [
      "not i64 == 1",
      "not op can only be applied on boolean expression; 'not' binds tighter, write: not (i64 == 1) at column 0",
    ],
    [
      "not i64 in [1]",
      "not op can only be applied on boolean expression; 'not' binds tighter, write: not (i64 in [1]) at column 0",
    ],
    [
      "i64 & 1 == 0",
      "bitwise operations can only apply on integer types; comparisons bind tighter than '&', use parentheses at column 0",
    ],
    // Surprise 6.
    ["flag", "predicate is not a boolean expression: flag, data type: Bool at column 0"],
    ["flag and i64 == 1", "'and' can only be used between boolean expressions at column 0"],
    ["i64 == 1 or flag", "'or' can only be used between boolean expressions at column 12"],
    ["not flag", "not op can only be applied on boolean expression at column 0"],
    ["not 1", "not can only apply on boolean at column 0"],
    ["i64 + 1", "predicate is not a boolean expression: i64 + 1, data type: Int64 at column 0"],
    ["1 + 2", "predicate is not a boolean expression: 1 + 2, data type: Int64 at column 0"],
    ["j['a']", "predicate is not a boolean expression: j['a'], data type: JSON at column 0"],
  ])("%s is refused", (text, cause) => {
    expect(refusal(text)).toBe(cause);
  });

  test.each<[text: string, cause: RegExp]>([
    ["int64 inn [1, 2]", /^invalid expression: int64 inn \[1, 2\] at column 6/],
    ["meta['rank' >= 3", /^invalid expression: meta\['rank' >= 3/],
    ["i64 in", /^line 1:6 unexpected '<EOF>', expected a value, a field or '\('/],
    ["(i64 == 1", /^line 1:9 unexpected '<EOF>', expected '\)'/],
    ["i64 == ", /^line 1:7 unexpected '<EOF>'/],
    ["i64 in [1 2]", /^line 1:10 unexpected '2', expected '\]'/],
    ["i64 == 1)", /^invalid expression/],
    ["{1} == i64", /^line 1:1 unexpected '1', expected a template variable's name/],
  ])("%s: syntax", (text, cause) => {
    expect(refusal(text)).toMatch(cause);
  });
});

describe("the whole answer", () => {
  it("wraps the cause as Milvus does, for queries and deletes", () => {
    const cause = "cannot cast value to Int64, value: float_val:1.5 at column 7: query plan failed: invalid parameter";
    const message = (plan: string) => `failed to create ${plan} plan: cannot parse expression: i64 == 1.5: ${cause}`;
    expect(() => compileFilter("i64 == 1.5", everyKind)).toThrow(message("query"));
    expect(() => compileFilter("i64 == 1.5", everyKind, new Map(), { purpose: "delete" })).toThrow(message("delete"));
    expect(() => compileFilter("i64 == 1.5", everyKind)).toThrow(expect.objectContaining({ code: 1100 }));
  });

  it("repeats only the beginning of a long expression", () => {
    expect(() => compileFilter(`i64 in [${"1, ".repeat(10_000)}'x']`, everyKind)).toThrow(/^.{256,600}$/);
  });
});

describe("always true and always false", () => {
  test.each<[text: string, isTrue: boolean, isFalse: boolean]>([
    ["", true, false],
    [" \n", true, false],
    ["true", true, false],
    ["TRUE or i64 == 1", true, false],
    ["1 + 2 < 4", true, false],
    ["not (1 > 2)", true, false],
    ["false", false, true],
    ["false and i64 == 1", false, true],
    ["plain is null", false, true],
    ["i64 == 1", false, false],
    ["i64 == i64", false, false],
    ["plain is not null", false, false],
    ["not (plain is null)", false, false],
  ])("%j", (text, isTrue, isFalse) => {
    const filter = compileFilter(text, everyKind);
    expect([filter.isAlwaysTrue, filter.isAlwaysFalse]).toEqual([isTrue, isFalse]);
    if (isTrue || isFalse) expect(filter.fields).toEqual([]);
  });

  it("reads no column that cannot be null to say so", () => {
    expect(compileFilter("plain is not null or i64 == 1", everyKind).fields).toEqual([
      everyKind.fields.findIndex(({ name }) => name === "i64"),
    ]);
    expect(
      select("plain is not null and not (i64 is null)", [
        { plain: 1n, i64: null },
        { plain: 1n, i64: 2n },
      ]),
    ).toEqual([1]);
  });

  it("still checks the types of what is folded away", () => {
    expect(refusal("true or i64 == 1.5")).toMatch(/^cannot cast value to Int64/);
    expect(refusal("false and nothing", { schema: fixedFields })).toMatch(/^field nothing not exist/);
  });
});

describe("templates", () => {
  const rows = [1n, 2n, 3n].map((i64) => ({
    i64,
    s: `v${i64}`,
    j: `{"a":${i64},"l":[${i64}]}`,
    d: Number(i64),
    words: "big fish",
  }));
  test.each<[text: string, templates: Record<string, TemplateValue>, found: number[]]>([
    ["i64 == {x}", { x: 2n }, [1]],
    ["{x} < i64", { x: 2n }, [2]],
    ["{a} < i64 <= {b}", { a: 1n, b: 2n }, [1]],
    ["i64 in {x}", { x: [1n, 3n] }, [0, 2]],
    ["i64 in {x}", { x: [] }, []],
    ["i64 not in {x}", { x: [] }, [0, 1, 2]],
    ["s in {x}", { x: ["v1"] }, [0]],
    ["s like {x}", { x: "%3" }, [2]],
    ["i64 + {x} == {y}", { x: 1n, y: 3n }, [1]],
    ["json_contains(j['l'], {x})", { x: 3n }, [2]],
    ["json_contains_any(j['l'], {x})", { x: [3n, 1n] }, [0, 2]],
    ["j['a'] in {x}", { x: [1n, "a", true] }, [0]],
    ["d >= {x}", { x: 2.5 }, [2]],
    ["text_match(words, {x})", { x: "FISH" }, [0, 1, 2]],
  ])("%s %j", (text, templates, found) => {
    expect(select(text, rows, { templates })).toEqual(found);
  });

  test.each<[text: string, cause: string]>([
    ["i64 == {y}", "the value of expression template variable name {y} is not found at column 7"],
    ["i64 in {x}", "the value of term expression template variable {x} is not array at column 7"],
    ["i64 == {x} + 1", "placeholder was not supported between two constants with operator: + at column 7"],
    ["{x} == 1", "placeholder was not supported between two constants with operator: == at column 0"],
    ["i64 in [{x}]", "array element type must be generic value, but got: {x} at column 8"],
    ["i64 == {f}", "cannot cast value to Int64, value: float_val:1.5 at column 7"],
    ["s == {x}", "cannot cast value to VarChar, value: int64_val:1 at column 5"],
  ])("%s is refused", (text, cause) => {
    expect(refusal(text, { templates: { x: 1n, f: 1.5 } })).toBe(cause);
  });

  it("binds one text to other values each time", () => {
    for (const x of [1n, 2n, 3n]) expect(select("i64 == {x}", rows, { templates: { x } })).toEqual([Number(x) - 1]);
  });
});

describe("sizes", () => {
  it("takes 512 levels and refuses more, whatever they are made of", () => {
    const nest = (open: string, close: string, count: number) => `${open.repeat(count)}i64 == 1${close.repeat(count)}`;
    expect(refusal(nest("(", ")", 500))).toBeUndefined();
    expect(refusal(nest("not (", ")", 250))).toBeUndefined();
    expect(refusal(nest("s == 'a' or (s == 'b' and (", "))", 250))).toBeUndefined();
    const forms = [
      "(",
      "not (",
      "not ",
      "-",
      "exists ",
      "[",
      "f(",
      "true or false and 1 | 2 ^ 3 & 4 == 5 < 6 in 7 << 8 + 9 * -(",
      "1 < (",
    ];
    for (const open of forms) expect(refusal(nest(open, "", 100_000))).toMatch(/^expression is nested too deeply/);
    expect(refusal(`i64 == ${"1 + ".repeat(100_000)}1`)).toMatch(/^expression is nested too deeply/);
  });

  it("takes chains of 20 000 terms", () => {
    const rows = [
      { i64: 1n, d: 1, s: "a" },
      { i64: 19_999n, d: 19_999, s: "b" },
      { i64: -1n, d: -1, s: "c" },
    ];
    const terms = (term: (i: number) => string, op: string) =>
      Array.from({ length: 20_000 }, (_, i) => term(i)).join(` ${op} `);
    expect(
      select(
        terms((i) => `i64 == ${i}`, "or"),
        rows,
      ),
    ).toEqual([0, 1]);
    expect(
      select(
        terms((i) => `d != ${i}`, "and"),
        rows,
      ),
    ).toEqual([2]);
    expect(select(`not (${terms((i) => `d > ${i}`, "or")})`, rows)).toEqual([2]);
  });

  it("refuses what would take seconds to read, saying how it can be asked", () => {
    expect(refusal(`s == '${"a".repeat(8 << 20)}'`)).toMatch(/^expression has 8388615 characters, more than 8388608: /);
    expect(refusal(`flag${" or flag".repeat(65_537)}`)).toMatch(/^expression joins more than 65536 terms: use 'in'/);
    const many = "expression has more than 1048576 values in lists";
    expect(refusal(`i64 in [${"1,".repeat((1 << 20) + 1)}]`)).toMatch(many);
    const half = new Array(1 << 19).fill(1n);
    expect(refusal("i64 in {x} or i64 in {y}", { templates: { x: half, y: [...half, 1n] } })).toMatch(many);
    expect(refusal("i64 in {x} or i64 in {y}", { templates: { x: half, y: half } })).toBeUndefined();
    expect(refusal(`s like '${"a".repeat(65_537)}'`)).toBe(
      "the pattern of like has 65537 bytes, more than 65536 at column 7",
    );
    expect(refusal(`s like '%${"a_".repeat(513)}%'`)).toMatch(
      /^the pattern of like has 1026 bytes and _ between two %/,
    );
    expect(refusal(`json_contains_any(j, [${"[1],".repeat(257)}])`)).toMatch(
      /^257 of the values are lists, more than 256/,
    );
  });

  it("takes lists of 100 000 elements", () => {
    const list = Array.from({ length: 100_000 }, (_, i) => 3 * i);
    const rows = [
      { i64: 299_997n, s: "299997", j: '{"a":299997}' },
      { i64: 299_996n, s: "299996", j: '{"a":299996}' },
      {},
    ];
    expect(select(`i64 in [${list}]`, rows)).toEqual([0]);
    expect(select(`i64 not in [${list}]`, rows)).toEqual([1]);
    expect(select(`s in [${list.map((i) => `'${i}'`)}]`, rows)).toEqual([0]);
    expect(select(`j["a"] in [${list}]`, rows)).toEqual([0]);
  });
});
