import { beforeEach, expect, it } from "@jest/globals";
import { QuickCalls } from "../src/local/quick-calls.ts";

let ms: number;
let quick: QuickCalls;
beforeEach(() => {
  ms = 5000;
  quick = new QuickCalls(() => ms);
});

/** A call that takes so long. */
const taking = (tookMs: number) => () => {
  ms += tookMs;
  return tookMs;
};

it("are quick as long as none has taken two milliseconds", () => {
  expect(quick.areQuick).toBe(true);
  for (let i = 0; i < 100; i++) expect(quick.run(taking(1.9))).toBe(1.9);
  expect(quick.areQuick).toBe(true);
});

it("are left to the pool for a second after one that was slow, failed or not", () => {
  quick.run(taking(30));
  expect(quick.areQuick).toBe(false);
  ms += 999;
  expect(quick.areQuick).toBe(false);
  ms += 1;
  expect(quick.areQuick).toBe(true);
  const failing = () => {
    taking(3)();
    throw new Error("no such folder");
  };
  expect(() => quick.run(failing)).toThrow("no such folder");
  expect(quick.areQuick).toBe(false);
});
