import { describe, expect, it, test } from "@jest/globals";
import fc from "fast-check";
import { formatBytes, formatDuration, parseBytes, parseDuration } from "../src/units.ts";

describe("units", () => {
  test.each([
    ["0", 0],
    ["4096", 4096],
    ["64MB", 64 * 2 ** 20],
    ["64 MiB", 64 * 2 ** 20],
    ["64m", 64 * 2 ** 20],
    ["1.5gb", 1.5 * 2 ** 30],
    ["2TB", 2 ** 41],
    ["10B", 10],
    ["0.3KB", undefined],
    ["-1", undefined],
    ["1PB", undefined],
    ["i", undefined],
    ["", undefined],
    ["1e3", undefined],
    ["9007199254740993", undefined],
  ])("parseBytes(%j) is %p", (text, bytes) => expect(parseBytes(text)).toBe(bytes));

  test.each([
    ["0", 0],
    ["500ms", 500],
    ["30s", 30_000],
    ["1.5h", 5_400_000],
    ["7d", 604_800_000],
    ["30", undefined],
    ["1 week", undefined],
    ["-1s", undefined],
    ["0.5ms", undefined],
  ])("parseDuration(%j) is %p", (text, ms) => expect(parseDuration(text)).toBe(ms));

  it("formats so that parsing gives the same", () => {
    const whole = fc.oneof(fc.nat(5000), fc.maxSafeNat());
    fc.assert(
      fc.property(whole, (n) => parseBytes(formatBytes(n)) === n && parseDuration(formatDuration(n)) === n),
      { seed: 3 },
    );
    expect(formatBytes(64 * 2 ** 20)).toBe("64MB");
    expect(formatDuration(90_000)).toBe("90s");
  });
});
