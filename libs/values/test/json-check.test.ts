import { describe, expect, it } from "@jest/globals";
import { describeJsonError, findJsonError, jsonTypeAt } from "@sluice/values";
import fc from "fast-check";

const check = (text: string) => findJsonError(Buffer.from(text));

/** JSON that comes back as it went in: without infinite numbers and half characters. */
function parses(text: string): boolean {
  let isKept = true;
  try {
    JSON.parse(text, (key, value) => {
      if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) isKept = false;
      if (!key.isWellFormed() || (typeof value === "string" && !value.isWellFormed())) isKept = false;
      return value;
    });
    return isKept;
  } catch {
    return false;
  }
}

describe("what is JSON and cannot be kept", () => {
  const beyond = "beyond the greatest double: clients could not read it back";
  const half = "half of a surrogate pair is escaped without the other half, which is no character";
  it.each<[string, number, string]>([
    ["1e400", 0, `the number 1e400 is ${beyond}`],
    ['{"a":[1,-1E+309]}', 8, `the number -1E+309 is ${beyond}`],
    ["9".repeat(400), 0, `the number ${"9".repeat(60)}… is ${beyond}`],
    [`0.${"0".repeat(2000)}1`, 0, "a number has 2003 characters, more than 1024"],
    ['"a\\ud800"', 2, half],
    ['{"\\udc00":1}', 2, half],
    ['"\\ud800\\ud800"', 1, half],
    ['"\\ud800x"', 1, half],
    ['"\\udbff\\udg00"', 1, half],
    ['"\\ud83d\\ude"', 11, 'unexpected "\\""'],
    ["[".repeat(600), 512, "it is nested deeper than 512 levels"],
    ['{"a":1', 6, "it is cut short"],
    ["[1 2]", 3, 'unexpected "2]"'],
  ])("%p: at byte %i, %s", (text, offset, reason) => {
    expect(check(text)).toBe(offset);
    expect(describeJsonError(Buffer.from(text), offset)).toBe(reason);
  });

  it.each(["1e308", "-1.7976931348623157e308", "1e-400", "12345678901234567890", '"\\ud83d\\uDE00"', '"\\\\ud800"'])(
    "%s is kept",
    (text) => expect(check(text)).toBe(-1),
  );
});

describe("findJsonError", () => {
  it.each([
    "{}",
    " [ ] ",
    '{"a":[1,{"b":null}],"c":"\\u00e9\\n"}',
    "-0",
    "0.5e-7",
    "1E+2",
    "true",
    '""',
    "\t\r\n null \n",
    "[[[]],{}]",
  ])("passes %p", (text) => expect(check(text)).toBe(-1));

  it.each([
    ["", 0],
    ["  ", 2],
    ["{", 1],
    ['{"a"', 4],
    ['{"a":', 5],
    ['{"a":1', 6],
    ['{"a":1,', 7],
    ['{"a":1,}', 7],
    ["[1,]", 3],
    ["[1 2]", 3],
    ["[1}", 2],
    ["{1:2}", 1],
    ['{"a" 1}', 5],
    ["01", 1],
    ["-", 1],
    ["-a", 1],
    ["1.", 2],
    ["1.e1", 2],
    ["1e", 2],
    ["1e+", 3],
    [".5", 0],
    ["+1", 0],
    ["NaN", 0],
    ["nul", 3],
    ["nulL", 3],
    ["truex", 4],
    ['"abc', 4],
    ['"a\\x"', 3],
    ['"\\u12G4"', 5],
    ['"\\u12', 5],
    ['"\\', 2],
    ['"a\nb"', 2],
    ["{} {}", 3],
    ["]", 0],
    ["'a'", 0],
    ["\uFEFF{}", 0],
  ])("%p fails at byte %i", (text, offset) => {
    expect(check(text)).toBe(offset);
  });

  it("allows 512 levels and reports the bracket that opens the next one", () => {
    expect(check("[".repeat(512) + "]".repeat(512))).toBe(-1);
    expect(check(`${"[".repeat(513)}${"]".repeat(513)}`)).toBe(512);
    expect(check('{"a":'.repeat(600))).toBe(512 * 5);
  });

  it("looks at the given part only", () => {
    const bytes = Buffer.from("x[1]y");
    expect(findJsonError(bytes, 1, 4)).toBe(-1);
    expect(findJsonError(bytes, 1, 3)).toBe(3);
    expect(findJsonError(bytes, 1)).toBe(4);
  });

  it("agrees with JSON.parse on valid texts, mutated texts and every cut", () => {
    const mutation = fc.record({ at: fc.nat(), char: fc.constantFrom(...'{}[],:"\\0123e+-.tfnu \n\u0001é') });
    const agree = (text: string, { at, char }: { at: number; char: string }) => {
      expect(check(text)).toBe(-1);
      const position = at % (text.length + 1);
      for (const changed of [
        text.slice(0, position) + char + text.slice(position + 1),
        text.slice(0, position) + char + text.slice(position),
      ]) {
        expect([changed, check(changed) === -1]).toEqual([changed, parses(changed)]);
      }
    };
    fc.assert(fc.property(fc.json({ depthSize: "medium" }), mutation, agree), { seed: 31, numRuns: 5_000 });
  });

  it("no valid text starts with the bytes up to and with the error", () => {
    // Of ASCII texts: what lies before the offset can still be completed, so a cut there is reported as the end.
    const prefixIsOpen = (text: string, position: number) => {
      const cut = text.slice(0, position % (text.length + 1));
      const error = check(cut);
      expect(error === -1 || error === Buffer.byteLength(cut)).toBe(true);
    };
    fc.assert(fc.property(fc.json(), fc.nat(), prefixIsOpen), { seed: 32, numRuns: 2_000 });
  });

  it.each([
    [' {"a"', "object"],
    ["[", "array"],
    ['"', "string"],
    ["-1", "number"],
    ["false", "bool"],
    ["null", "null"],
    ["", "invalid"],
    ["x", "invalid"],
  ])("jsonTypeAt of %p is %s", (text, type) => {
    expect(jsonTypeAt(Buffer.from(text), 0)).toBe(type);
  });
});
