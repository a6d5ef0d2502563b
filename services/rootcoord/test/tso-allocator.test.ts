import { expect, it } from "@jest/globals";
import { composeTso } from "@sluice/schema";
import { TsoAllocator } from "../src/tso-allocator.ts";

it("hands out strictly increasing timestamps, also when the clock stands still or goes back", () => {
  let now = 1000;
  const tso = new TsoAllocator({ floor: composeTso(500), now: () => now });
  const first = tso.allocate(10);
  expect(first).toBe(composeTso(1000));
  expect(tso.allocate(1)).toBe(first + 10n);
  now = 10;
  expect(tso.allocate(1)).toBe(first + 11n);
  now = 2000;
  expect(tso.allocate(1)).toBe(composeTso(2000));
});

it("repeats nothing of a predecessor whose clock was ahead", () => {
  const tso = new TsoAllocator({ floor: composeTso(9000), now: () => 1000 });
  expect(tso.allocate(1)).toBe(composeTso(9000) + 1n);
});
