import { expect, it } from "@jest/globals";
import { lineOf } from "../src/jobs/source-line.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const whole = { isCutBefore: false, isCutAfter: false };

it("a line is told apart from its neighbours, in two pieces around the place", () => {
  expect(lineOf(bytes("one\ntwo\r\nthree"), 5, true)).toEqual({ before: "t", after: "wo", ...whole });
  expect(lineOf(bytes("one\ntwo\nthree"), 4, true)).toEqual({ before: "", after: "two", ...whole });
  expect(lineOf(bytes("one"), 0, true)).toEqual({ before: "", after: "one", ...whole });
  expect(lineOf(bytes("one\n"), 4, true)).toEqual({ before: "", after: "", ...whole });
});

it("a long line is cut on either side, between characters", () => {
  const long = bytes("é".repeat(4000));
  const line = lineOf(long.subarray(1, 4097), 2047, false);
  expect(line).toEqual({ before: "é".repeat(1023), after: "é".repeat(1024), isCutBefore: true, isCutAfter: true });
});

it("what is no text has no lines", () => {
  expect(() => lineOf(Uint8Array.of(1, 0, 2), 1, true)).toThrow("no text");
});
