import { describe, expect, it } from "@jest/globals";
import { keyPathText, parseStrictJson } from "@sluice/values";
import fc from "fast-check";

const parse = (text: string) => parseStrictJson("options", text);

describe("JSON that a person wrote", () => {
  it.each([
    ['{"a":1,"b":{"a":2},"a":3}', "options.a is given twice"],
    ['{"a":[{"x":1},{"y":1,"z":[],"y":2}]}', "options.a[1].y is given twice"],
    ['{"a\\u0062":1,"ab":2}', "options.ab is given twice"],
    ['{"{\\"x\\":1,":1,"y":{},"y":[]}', "options.y is given twice"],
    ["{", "options is no JSON"],
    [`${"[".repeat(65)}${"]".repeat(65)}`, "lies too deep"],
  ])("%s is refused: %s", (text, words) => expect(() => parse(text)).toThrow(words));

  it("never shows what stands around an error", () => {
    expect(() => parse('{"accesskey_secret":"hunter2" x}')).toThrow(/^(?!.*hunter2)/);
  });

  it("keeps numbers that a double does not hold as they are", () => {
    const text = '{"id":9007199254740993,"big":1e400,"half":0.5,"one":1.0}';
    expect(JSON.stringify(parse(text))).toBe('{"id":9007199254740993,"big":1e400,"half":0.5,"one":1}');
  });

  it("is what the engine reads, when no key stands twice", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), (text) =>
        expect(JSON.parse(JSON.stringify(parse(text)))).toEqual(JSON.parse(text)),
      ),
      { seed: 11 },
    );
  });

  it("a path is written as in JavaScript", () => {
    expect(keyPathText("options", ["chunks", 0, "files", 12])).toBe("options.chunks[0].files[12]");
    expect(keyPathText("", ["a", "b"])).toBe("a.b");
  });
});
