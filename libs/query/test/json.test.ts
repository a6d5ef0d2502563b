import { describe, expect, it, test } from "@jest/globals";
import { metaProjection } from "@sluice/query";
import fc from "fast-check";
import { projectMeta } from "../src/project-meta.ts";
import { select, truth } from "./collection.ts";

const raw = String.raw;

describe("§2.4 JSON values", () => {
  const values = [
    "2",
    "3",
    '"x"',
    "null",
    "true",
    "false",
    "2.0",
    "2.5",
    "[1, 2]",
    '{"b":1}',
    "9007199254740993",
    "1e1",
    "-0",
    '""',
  ];
  const rows = [...values.map((value) => ({ j: `{"a":${value}}` })), { j: "{}" }, { j: '{"b":2}' }, {}];
  test.each<[text: string, truths: string]>([
    // values:          2 3 x n t f 2.0 2.5 [] {} 2^53+1 10 -0 ""  {} {b} null
    ["j['a'] == 2", "TFUUUUTFUUFFFUUUU"],
    ["j['a'] != 2", "FTUUUUFTUUTTTUUUU"],
    ["not (j['a'] > 2)", "TFUUUUTFUUFFTUUUU"],
    ["j['a'] >= 2.0", "TTUUUUTTUUTTFUUUU"],
    ["j['a'] == 10", "FFUUUUFFUUFTFUUUU"],
    ["j['a'] == 0", "FFUUUUFFUUFFTUUUU"],
    ["j['a'] == 2.5", "FFUUUUFTUUFFFUUUU"],
    ["j['a'] == 9007199254740993", "FFUUUUFFUUTFFUUUU"],
    ["j['a'] == 9007199254740992", "FFUUUUFFUUFFFUUUU"],
    ["j['a'] > 9007199254740992", "FFUUUUFFUUTFFUUUU"],
    ["j['a'] == 9007199254740992.0", "FFUUUUFFUUTFFUUUU"],
    ["j['a'] == 'x'", "UUTUUUUUUUUUUFUUU"],
    ["j['a'] < 'y'", "UUTUUUUUUUUUUTUUU"],
    ["j['a'] == true", "UUUUTFUUUUUUUUUUU"],
    ["j['a'] != true", "UUUUFTUUUUUUUUUUU"],
    ["j['a'] == [1, 2]", "UUUUUUUUTUUUUUUUU"],
    ["j['a'] != [1, 2.0]", "UUUUUUUUFUUUUUUUU"],
    ["j['a'] == [1]", "UUUUUUUUFUUUUUUUU"],
    ["j['a'] < [1, 2]", "FFFFFFFFFFFFFFFFU"],
    ["j['a'] in [2, 2.5]", "TFUUUUTTUUFFFUUUU"],
    ["j['a'] not in [2]", "FTUUUUFTUUTTTUUUU"],
    ["j['a'] in [2, 'x', true]", "TUTUTUTUUUUUUUUUU"],
    ["j['a'] not in [2, 'x', true]", "FUFUFUFUUUUUUUUUU"],
    ["j['a'] in []", "FFFFFFFFFFFFFFFFU"],
    ["j['a'] not in []", "TTTTTTTTTTTTTTTTU"],
    ["j['a'] in [[1, 2]]", "UUUUUUUUTUUUUUUUU"],
    ["j['a'] in [9007199254740993]", "FFUUUUFFUUTFFUUUU"],
    ["j['a'] like '%'", "UUTUUUUUUUUUUTUUU"],
    ["1 < j['a'] <= 2.5", "TFUUUUTTUUFFFUUUU"],
    ["'w' < j['a'] < 'y'", "UUTUUUUUUUUUUFUUU"],
    ["array_length(j['a']) == 2", "UUUUUUUUTUUUUUUUU"],
    ["json_contains(j['a'], 1)", "UUUUUUUUTUUUUUUUU"],
    ["json_contains(j['a'], 1.0)", "UUUUUUUUTUUUUUUUU"],
    ["json_contains(j['a'], 3)", "UUUUUUUUFUUUUUUUU"],
    ["json_contains_all(j['a'], [2, 1, 2])", "UUUUUUUUTUUUUUUUU"],
    ["json_contains_all(j['a'], [])", "UUUUUUUUTUUUUUUUU"],
    ["json_contains_any(j['a'], [])", "UUUUUUUUFUUUUUUUU"],
    ["json_contains_any(j['a'], ['x', 2])", "UUUUUUUUTUUUUUUUU"],
  ])("%s", (text, truths) => {
    expect(truth(text, rows)).toBe(truths);
  });

  it("compares the root when there is no path", () => {
    const roots = ["1", '"a"', "[1]", "true", "null"].map((j) => ({ j }));
    expect(truth("j == 1", roots)).toBe("TUUUU");
    expect(truth("j == 'a'", roots)).toBe("UTUUU");
    expect(truth("json_contains(j, 1)", roots)).toBe("UUTUU");
    expect(truth("j[0] == 1", roots)).toBe("UUTUU");
  });

  it("takes the first of repeated keys, decodes escapes in keys and strings, and skips foreign content", () => {
    const rows = [
      { j: raw`{"x":{"a":9,"]":"}"},"s":"\"a\":1","a":1,"a":2,"k\u0065y":"v\u00e9\n\ud83d\ude00","\\":3}` },
    ];
    expect(truth("j['a'] == 1", rows)).toBe("T");
    expect(truth("j['key'] == 'vé\\n😀'", rows)).toBe("T");
    expect(truth("j['key'] like 'v_%_'", rows)).toBe("T");
    expect(truth("j['key'] in ['vé\\n😀']", rows)).toBe("T");
  });

  it("reads integers of any length exactly, and nested lists", () => {
    const rows = [{ j: '{"a":[18446744073709551615,[1,["x"]],-9223372036854775808]}' }];
    expect(truth("j['a'][0] > 9223372036854775807", rows)).toBe("T");
    expect(truth("j['a'][2] == -9223372036854775808", rows)).toBe("T");
    expect(truth("json_contains(j['a'], [1, ['x']])", rows)).toBe("T");
    expect(truth("json_contains(j['a'], [1])", rows)).toBe("F");
    expect(truth("json_contains_all(j['a'], [[1, ['x']], -9223372036854775808])", rows)).toBe("T");
  });

  it("distinguishes equal integer and float literals in lists", () => {
    const rows = ["[1]", "[1.0]", "[9007199254740993]"].map((j) => ({ j }));
    expect(truth("json_contains_all(j, [1, 1.0])", rows)).toBe("TTF");
    expect(truth("json_contains_any(j, [9007199254740992])", rows)).toBe("FFF");
    expect(truth("json_contains_any(j, [9007199254740992.0])", rows)).toBe("FFT");
  });
});

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** JSON text with random blanks, and here and there an escape where none is needed. */
const jsonText = fc.tuple(fc.jsonValue({ maxDepth: 4 }), fc.infiniteStream(fc.nat(5))).map(([value, noise]) => {
  const blank = () => ["", "", " ", "\n", "\t ", ""][noise.next().value ?? 0];
  const text = (one: string) =>
    JSON.stringify(one).replace(/[a-e]/g, (letter, at, all) =>
      all[at - 1] === "\\" || noise.next().value !== 1 ? letter : `\\u00${letter.charCodeAt(0).toString(16)}`,
    );
  const write = (one: Json): string => {
    if (typeof one === "string") return text(one);
    if (Array.isArray(one)) return `[${blank()}${one.map(write).join(`${blank()},${blank()}`)}${blank()}]`;
    if (typeof one !== "object" || one === null) return JSON.stringify(one);
    return `{${blank()}${Object.entries(one)
      .map(([key, item]) => `${text(key)}${blank()}:${blank()}${write(item)}`)
      .join(`${blank()},${blank()}`)}${blank()}}`;
  };
  return { value: value as Json, text: `${blank()}${write(value as Json)}${blank()}` };
});

describe("the scanner against JSON.parse", () => {
  it("finds every path and nothing else", () => {
    fc.assert(
      fc.property(jsonText, ({ value, text }) => {
        const rows = [{ j: text }];
        for (const { path, leaf } of leaves(value, "j")) {
          if (typeof leaf === "number") expect([path, truth(`${path} == ${literal(leaf)}`, rows)]).toEqual([path, "T"]);
          else if (leaf !== null)
            expect([path, truth(`${path} == ${JSON.stringify(leaf)}`, rows)]).toEqual([path, "T"]);
          expect([path, select(`exists ${path === "j" ? "j['x']" : path}`, rows).length]).toEqual([
            path,
            path === "j" ? 0 : leaf === null ? 0 : 1,
          ]);
        }
      }),
      { seed: 4, numRuns: 300 },
    );
  });

  it("survives text that is no JSON", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}[],:"\\ant1.e- fu') }), (j) => {
        for (const text of [
          "j['a'] == 1",
          "j[0] == 't'",
          "exists j['a']",
          "json_contains(j, 'n')",
          "array_length(j) == 1",
          "j['a'] + 1 == 2",
        ])
          truth(text, [{ j }]);
        projectMeta(Buffer.from(j), ["a", "n"]);
      }),
      { seed: 5, numRuns: 2000 },
    );
  });
});

/** A number as the expression language writes it. */
function literal(value: number): string {
  return Number.isSafeInteger(value) ? String(value + 0) : /[.e]/.test(String(value)) ? String(value) : `${value}.0`;
}

function* leaves(value: Json, path: string): Generator<{ path: string; leaf: null | boolean | number | string }> {
  if (typeof value !== "object" || value === null) yield { path, leaf: value };
  else {
    for (const [key, item] of Object.entries(value)) {
      // Escapes in keys are not part of the path's syntax (but for \u), and the empty key is refused.
      const step = Array.isArray(value) ? `[${key}]` : `["${key.replace(/["\\\n\r]/g, "\\u00") && escapeKey(key)}"]`;
      if (key !== "") yield* leaves(item, path + step);
    }
  }
}

function escapeKey(key: string): string {
  return key.replace(/[^a-zA-Z0-9]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

describe("projectMeta", () => {
  test.each<[cell: string, keys: string[], result: string]>([
    ['{"a":1,"b":2,"c":3}', ["c", "a"], '{"a":1,"c":3}'],
    [' { "a" : 1234567890123456789 , "b" : {"x": [1, "}"]} } ', ["a"], '{"a" : 1234567890123456789}'],
    ['{"b" : {"x": [1, "}"]} , "a":1}', ["b"], '{"b" : {"x": [1, "}"]}}'],
    ['{"a":1}', ["z"], "{}"],
    ["{}", ["a"], "{}"],
    ['{"a":1,"a":2}', ["a"], '{"a":1}'],
    [raw`{"\u0061":1.50,"b":2}`, ["a"], raw`{"\u0061":1.50}`],
    ['{"a":1}', [], "{}"],
    ["null", ["a"], "{}"],
    ["", ["a"], "{}"],
  ])("%s %j", (cell, keys, result) => {
    expect(Buffer.from(projectMeta(Buffer.from(cell), keys)).toString()).toBe(result);
  });

  it("equals a projection of the parsed object", () => {
    fc.assert(
      fc.property(jsonText, fc.array(fc.string({ maxLength: 3 })), ({ value, text }, more) => {
        if (typeof value !== "object" || value === null || Array.isArray(value)) return;
        const keys = [...Object.keys(value).filter((_, i) => i % 2 === 0), ...more];
        const wanted = Object.entries(value).filter(([key]) => keys.includes(key));
        expect(JSON.parse(Buffer.from(metaProjection(keys)(Buffer.from(text))).toString())).toEqual(
          Object.fromEntries(wanted),
        );
      }),
      { seed: 6, numRuns: 500 },
    );
  });
});
