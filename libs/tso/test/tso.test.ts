import { expect, it } from "@jest/globals";
import { composeTso, physicalMs, TsoAllocator } from "@sluice/tso";

it("composes as Milvus does", () => {
  expect(composeTso(1_700_000_000_000)).toBe(445644800000000000n);
  expect(physicalMs(445644800000000005n)).toBe(1_700_000_000_000);
});

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
