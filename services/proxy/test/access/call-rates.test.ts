import { expect, it } from "@jest/globals";
import { CallRates } from "../../src/access/call-rates.ts";

it("a client makes twice as many calls at once as a second, and then so many a second; others are not kept waiting", () => {
  let nowMs = 0;
  const rates = new CallRates(10, () => nowMs);
  const admitted = (client: string) => Array.from({ length: 100 }, () => rates.admits(client)).filter(Boolean).length;
  expect([admitted("a"), admitted("a"), admitted("b")]).toEqual([20, 0, 20]);
  nowMs = 500;
  expect([admitted("a"), admitted("c")]).toEqual([5, 20]);
  nowMs = 60_000;
  expect(admitted("a")).toBe(20);
});

it("nobody is counted where there is no limit", () => {
  expect(Array.from({ length: 1000 }, () => new CallRates(0).admits("a")).every(Boolean)).toBe(true);
});
