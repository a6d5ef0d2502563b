import { describe, expect, it } from "@jest/globals";
import { dropRepeatedKeys } from "@sluice/values";
import fc from "fast-check";

function dropped(text: string): string {
  const bytes = Buffer.from(`<<${text}>>`);
  dropRepeatedKeys(bytes, 2, bytes.length - 2);
  const result = bytes.toString();
  expect([result.slice(0, 2), result.slice(-2)]).toEqual(["<<", ">>"]);
  return result.slice(2, -2);
}

describe("keys that an object repeats", () => {
  it.each([
    ['{"a":1,"a":2}', '{"a":2}'],
    ['{"a":1, "b":{"c":1,"c":2} ,"a" : 3}', '{ "b":{"c":2} ,"a" : 3}'],
    ['{"a":{"x":1,"x":2},"b":0,"a":{"x":3}}', '{"b":0,"a":{"x":3}}'],
    ['{"a":1,"\\u0061":2}', '{"\\u0061":2}'],
    ['[{"a":1},{"a":2,"a":[{"b":1,"b":2}]}]', '[{"a":1},{"a":[{"b":2}]}]'],
    ['{"a":1,"b":2,"a":3,"b":4,"a":5}', '{"b":4,"a":5}'],
    ['{"":1,"":"}"}', '{"":"}"}'],
  ])("%s becomes %s and blanks: the last counts", (text, expected) => {
    const result = dropped(text);
    expect(result).toBe(expected.padEnd(text.length));
    expect(dropRepeatedKeys(Buffer.from(text))).toBe(Buffer.byteLength(expected));
    expect(JSON.parse(result)).toEqual(JSON.parse(text));
  });

  it.each(['{"a":"b","b":"a"}', '{"a":{"a":{"a":1}}}', '[{"a":1},{"a":1}]', '"a"', "1", '{"a\\n":1,"b":2}'])(
    "%s stays as it is",
    (text) => expect(dropped(text)).toBe(text),
  );

  it("go in any text, which then means what it meant, and repeats no key", () => {
    const name = fc.constantFrom("a", "b", "\\u0061", "a\\\\", "ü", "");
    const { value } = fc.letrec<{ value: string }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom("1", "-1.50", '"a"', '"{\\"a\\":1,"', "null", " true "),
        fc.array(tie("value"), { maxLength: 4 }).map((items) => `[ ${items.join(" , ")}]`),
        fc
          .array(fc.tuple(name, tie("value")), { maxLength: 6 })
          .map((members) => `{${members.map(([key, item]) => `"${key}" :${item}`).join(",")} }`),
      ),
    }));
    fc.assert(
      fc.property(value, (text) => {
        const result = dropped(text);
        expect(JSON.parse(result)).toEqual(JSON.parse(text));
        expect(dropped(result)).toBe(result);
        const keys = (result.match(/"[^"]*(?:\\"[^"]*)*" :/g) ?? []).length;
        let seen = 0;
        JSON.parse(result, (_key, item) => {
          if (typeof item === "object" && item !== null && !Array.isArray(item)) seen += Object.keys(item).length;
          return item;
        });
        if (!result.includes('\\"')) expect(keys).toBe(seen);
      }),
      { seed: 41, numRuns: 2000 },
    );
  });

  it("of large objects go in linear time, the last of each staying", () => {
    const text = `{${Array.from({ length: 5000 }, (_, i) => `"k${i % 3000}":${i}`).join(",")}}`;
    expect(JSON.parse(dropped(text))).toEqual(JSON.parse(text));
  });
});
