import { expect, it } from "@jest/globals";
import { giveSpareMemory, releaseMemory, spareMemory } from "@sluice/async";

it("gives back large memory that begins with the bytes, once or twice, and no other", () => {
  const [large, small, shared] = [
    new Uint8Array(1 << 20),
    new Uint8Array(100),
    new Uint8Array(new SharedArrayBuffer(1 << 20)),
  ];
  const inside = large.subarray(8);
  for (const bytes of [inside, small, shared]) releaseMemory(bytes);
  expect([large, small, shared].map(({ byteLength }) => byteLength)).toEqual([1 << 20, 100, 1 << 20]);
  releaseMemory(large.subarray(0, 1000));
  releaseMemory(large);
  expect([large.byteLength, inside.byteLength]).toEqual([0, 0]);
});

it("leaves small buffers alone that Node takes out of one memory, also the first of them", () => {
  let first = Buffer.allocUnsafe(100);
  while (first.byteOffset !== 0) first = Buffer.allocUnsafe(100);
  const next = Buffer.allocUnsafe(100).fill(7);
  expect(next.buffer).toBe(first.buffer);
  releaseMemory(first);
  expect([first.length, next.length, next[99]]).toEqual([100, 100, 7]);
});

it("gives large memory out again that was given back, which is empty for whoever had it before", () => {
  const first = spareMemory(500_000);
  expect([first.length, first.byteOffset]).toEqual([500_000, 0]);
  first.fill(7);
  const view = first.subarray(10);
  giveSpareMemory(first);
  giveSpareMemory(first);
  const [second, third] = [spareMemory(480_000), spareMemory(480_000)];
  expect([first.length, view.length, second.length, second[479_999]]).toEqual([0, 0, 480_000, 7]);
  second.fill(1);
  third.fill(2);
  expect([second[0], third[0]]).toEqual([1, 2]);
});

it("keeps of what is given back only so much, and nothing that is much larger than what is asked for", () => {
  const all = Array.from({ length: 40 }, () => spareMemory(500_000).fill(9));
  for (const bytes of all) giveSpareMemory(bytes);
  const again = Array.from({ length: 40 }, () => spareMemory(500_000));
  const kept = again.filter((bytes) => bytes[0] === 9 && bytes[499_999] === 9).length;
  expect(kept * 500_000).toBeLessThanOrEqual(8 << 20);
  giveSpareMemory(spareMemory(1_900_000));
  giveSpareMemory(spareMemory(100));
  expect(spareMemory(70_000).buffer.byteLength).toBe(128 << 10);
  expect(spareMemory(100).length).toBe(100);
});
