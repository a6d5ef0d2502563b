import { describe, expect, it } from "@jest/globals";
import { parseOnError, tooManyRejected } from "../src/row-tolerance.ts";

describe("on_error", () => {
  it.each([
    ["", undefined],
    ["abort", undefined],
    ["skip", {}],
    ["SKIP", {}],
    ["skip:0", { maxRows: 0 }],
    ["skip:25", { maxRows: 25 }],
    ["skip: 5%", { maxPercent: 5 }],
    ["skip:0.5%", { maxPercent: 0.5 }],
    ["skip:100%", { maxPercent: 100 }],
  ])("%j is understood", (text, tolerance) => {
    expect(parseOnError(text)).toEqual(tolerance);
  });

  it.each(["skip:", "skip:-1", "skip:1.5", "skip:101%", "ignore", "skip:%", "skip:1e3", "0"])(
    "%j is refused",
    (text) => {
      expect(() => parseOnError(text)).toThrow(`option on_error must be "abort", "skip", "skip:ROWS"`);
    },
  );

  it("compares what was left out with what was read", () => {
    expect(tooManyRejected({}, { readRows: 3, rejectedRows: 3 })).toBeUndefined();
    expect(tooManyRejected({ maxRows: 2 }, { readRows: 9, rejectedRows: 2 })).toBeUndefined();
    expect(tooManyRejected({ maxRows: 2 }, { readRows: 9, rejectedRows: 3 })).toMatchObject({
      reason: "3 of 9 rows cannot be imported, more than option on_error=skip:2 allows",
    });
    expect(tooManyRejected({ maxRows: 0 }, { rejectedRows: 1 })?.reason).toMatch(/^1 row cannot be imported, more/);
    expect(tooManyRejected({ maxRows: 1 }, { rejectedRows: 2 })?.reason).toMatch(/^2 rows cannot be imported, more/);
    expect(tooManyRejected({ maxPercent: 10 }, { readRows: 30, rejectedRows: 3 })).toBeUndefined();
    expect(tooManyRejected({ maxPercent: 10 }, { readRows: 29, rejectedRows: 3 })?.reason).toContain("skip:10%");
    expect(tooManyRejected({ maxPercent: 0 }, { readRows: 0, rejectedRows: 0 })).toBeUndefined();
  });
});
