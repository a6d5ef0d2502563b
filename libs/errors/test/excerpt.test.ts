import { describe, expect, it, test } from "@jest/globals";
import { excerpt, excerptOfBytes, excerptOfList } from "@sluice/errors";

describe("what a reason repeats of a value", () => {
  test.each([
    ["", ""],
    ["short", "short"],
    ["a".repeat(60), "a".repeat(60)],
    ["a".repeat(61), `${"a".repeat(60)}…`],
    ["a".repeat(1 << 24), `${"a".repeat(60)}…`],
    [`${"a".repeat(59)}😀`, `${"a".repeat(59)}�…`],
  ])("text %#", (text, shown) => {
    expect(excerpt(text)).toBe(shown);
    expect(excerptOfBytes(Buffer.from(text))).toBe(shown);
  });

  it("of bytes that are no UTF-8 is readable", () => {
    expect(excerptOfBytes(Uint8Array.of(0x74, 0xff, 0xfe))).toBe("t\ufffd\ufffd");
  });

  it("of a list are its first values and how many there are", () => {
    expect(excerptOfList(["a", "b"])).toBe("a, b");
    expect(excerptOfList(["a", "b".repeat(100), "c"], 2)).toBe(`a, ${"b".repeat(60)}…, … (3 in all)`);
  });
});
